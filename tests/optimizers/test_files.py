"""Files with the state of an optimizer go both ways between Keras and us."""

import h5py
import numpy as np
import pytest

import kerasish

keras = pytest.importorskip("keras")

OPTIMIZERS = {
    "Adafactor": lambda package: package.Adafactor(0.1),
    "Muon": lambda package: package.Muon(0.1, exclude_layers=["head"]),
    "ScheduleFreeAdamW": lambda package: package.ScheduleFreeAdamW(0.1, warmup_steps=3),
    "MultiOptimizer": lambda package: package.MultiOptimizer(
        package.OptimizerMap(package.Adam(0.1), {".*bias": package.SGD(0.2, momentum=0.5)})
    ),
}


def compiled(package, name):
    package.utils.clear_session(free_memory=False)
    layers = [package.layers.Dense(4, name="body"), package.layers.Dense(1, name="head")]
    model = package.Sequential([package.Input((3,), name="x"), *layers], name="model")
    model.compile(OPTIMIZERS[name](package.optimizers), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("writer", "reader"), [(kerasish, keras), (keras, kerasish)], ids=["to Keras", "from Keras"])
def test_the_state_is_what_it_was(tmp_path, name, writer, reader, suffix):
    model = compiled(writer, name)
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(np.full(variable.shape, number + 1, variable.dtype))
    path = tmp_path / f"model{suffix}"
    if suffix == ".keras":
        model.save(path)
        again = reader.models.load_model(path)
    else:
        model.save_weights(path)
        again = compiled(reader, name)
        again.load_weights(path)
    found = [np.asarray(v.value) for v in again.optimizer.variables]
    assert len(found) == len(model.optimizer.variables)
    assert [x.ravel().tolist()[:1] for x in found] == [[number + 1] for number in range(len(found))]


def test_each_optimizer_of_several_has_a_place_of_its_own_where_keras_looks(tmp_path):
    compiled(kerasish, "MultiOptimizer").save_weights(tmp_path / "model.weights.h5")
    with h5py.File(tmp_path / "model.weights.h5") as file:
        assert {"optimizer/optimizers/adam/vars/0", "optimizer/optimizers/sgd/vars/2", "optimizer/vars/11"} <= {
            *_names(file)
        }


def _names(file):
    found = []
    file.visit(found.append)
    return found
