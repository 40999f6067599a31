"""`MultiOptimizer` and `OptimizerMap`: an optimizer for each weight, by its path."""

import numpy as np
import pytest

from kerasish import optimizers
from kerasish.core.context import name_scope
from kerasish.core.variable import Variable
from tests.optimizers.test_against_keras import all_gradients, run_keras, run_ours, weights_of

keras = pytest.importorskip("keras")


def made(package, **options):
    return package.MultiOptimizer(
        package.OptimizerMap(
            package.Adam(0.02, gradient_accumulation_steps=2),
            {".*/bias": package.SGD(0.1, momentum=0.9), "model/dense/cub.": package.RMSprop(0.01, use_ema=True)},
        ),
        **options,
    )


@pytest.mark.parametrize("options", [{}, {"loss_scale_factor": 4.0, "name": "several"}], ids=str)
def test_it_is_keras_multi_optimizer(options):
    keras.utils.clear_session(free_memory=False)
    theirs, ours = made(keras.optimizers, **options), made(optimizers, **options)
    expected, actual = run_keras(theirs, all_gradients()), run_ours(ours, all_gradients())
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * np.max(np.abs(b)))
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    assert optimizers.deserialize(keras.optimizers.serialize(theirs)).get_config() == ours.get_config()
    stores = {}, {}
    ours.save_own_variables(stores[0])
    theirs.save_own_variables(stores[1])
    assert list(stores[0]) == list(stores[1])


def test_the_map_finds_what_keras_finds():
    adam, sgd, rms = optimizers.Adam(), optimizers.SGD(), optimizers.RMSprop()
    found = optimizers.OptimizerMap(adam, {".*bias": sgd, "kernel": rms, "model/.*": sgd})
    assert found["kernel"] is rms and found["model/kernel"] is sgd and found["a/kernel"] is adam
    assert found["model/bias"] is sgd, "two patterns with one optimizer are no contradiction"
    assert found[".*bias"] is sgd and "a/bias" not in found and list(found) == [".*bias", "kernel", "model/.*"]
    del found["kernel"]
    assert found["kernel"] is adam and len(found) == 2


def test_averages_and_decay_are_each_optimizers_own():
    weights = weights_of(Variable, name_scope)
    optimizer = optimizers.MultiOptimizer(
        optimizers.OptimizerMap(
            optimizers.SGD(0.0, weight_decay=0.1), {".*/bias": optimizers.SGD(1.0, use_ema=True, weight_decay=0.5)}
        )
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(weights)
    assert optimizer.keeps_averages and [w.name for w, _ in optimizer.averaged_weights()] == ["bias"]
    start = weights[1].numpy()
    for _ in range(2):
        optimizer.apply([np.ones(w.shape, "float32") for w in weights], weights)
    np.testing.assert_allclose(weights[1].numpy(), start - 2, rtol=1e-6)
    optimizer.finalize_variable_values(weights)
    np.testing.assert_allclose(weights[1].numpy(), start - 1.01, rtol=1e-5)  # 0.99 * (start - 1) + 0.01 * (start - 2)
    assert int(optimizer.iterations) == 2


def test_a_gradient_that_is_missing_leaves_its_weight_and_warns():
    weights = weights_of(Variable, name_scope)
    optimizer = made(optimizers)
    before = weights[0].numpy()
    with pytest.warns(UserWarning, match="Gradients do not exist for variables .'model/dense/kernel'"):
        optimizer.apply([None, np.ones(3, "float32"), np.ones((2, 1, 2), "float32")], weights)
    np.testing.assert_array_equal(weights[0].numpy(), before)


def test_a_pattern_that_fits_nothing_is_a_warning():
    optimizer = optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(), {"bias": optimizers.Adam()}))
    with pytest.warns(UserWarning, match="No weight has a path that fits 'bias'.*must be the whole path"):
        optimizer.build(weights_of(Variable, name_scope))


def test_what_is_refused():
    adam, sgd = optimizers.Adam(), optimizers.SGD()
    with pytest.raises(TypeError, match="takes an OptimizerMap; got {'bias'"):
        optimizers.MultiOptimizer({"bias": sgd})
    with pytest.raises(TypeError, match="default_optimizer of an OptimizerMap must be an optimizer; got 'adam'"):
        optimizers.OptimizerMap("adam")
    with pytest.raises(TypeError, match="optimizer of 'a' of an OptimizerMap must be an optimizer; got 'sgd'"):
        optimizers.OptimizerMap(adam, {"a": "sgd"})
    found = optimizers.OptimizerMap(adam, {"a.*": sgd, ".*b": optimizers.Lion()})
    with pytest.raises(ValueError, match="has 'a.*' already"):
        found["a.*"] = sgd
    with pytest.raises(ValueError, match="must be a string, a regular expression; got 3"):
        found[3] = sgd
    with pytest.raises(ValueError, match="no regular expression, '.'"):
        found["("] = sgd
    with pytest.raises(ValueError, match="'ab' fits several patterns"):
        found["ab"]
    several = optimizers.MultiOptimizer(found)
    with pytest.raises(AttributeError, match=r"no learning rate: each of its optimizers \(sgd.*, lion.*, adam.*\)"):
        _ = several.learning_rate
    with pytest.raises(AttributeError, match="no learning rate"):
        several.learning_rate = 0.1
    scaled = optimizers.OptimizerMap(optimizers.SGD(loss_scale_factor=2.0))
    with pytest.raises(ValueError, match="which only the MultiOptimizer can have"):
        optimizers.MultiOptimizer(scaled)
