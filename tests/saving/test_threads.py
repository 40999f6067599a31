"""Several threads save, load, train and predict with one model or one file: each gets whole values, or a clear error."""

import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import load_model
from tests.conftest import IS_NUMPY

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 4)).astype("float32")


def model_of():
    return kerasish.Sequential([kerasish.Input((4,)), layers.Dense(3), layers.Dense(2)])


def together(work, count):
    """What `work` returns in each of so many threads; an error in one of them is raised here."""
    found, errors = [], []

    def run():
        try:
            found.append(work())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if errors:
        raise errors[0]
    return found


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_c03_sixteen_threads_load_the_same_weights(tmp_path, name):
    model = model_of()
    model.save(tmp_path / name)
    found = together(lambda: load_model(tmp_path / name), 16)
    for other in found:
        for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_c05_eight_threads_predict_what_one_does():
    model = model_of()
    expected, before = model.predict(X, verbose=0), model.get_weights()
    for found in together(lambda: [model.predict(X, verbose=0) for _ in range(200)], 8):
        for outputs in found:
            np.testing.assert_array_equal(outputs, expected)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@kerasish.saving.register_keras_serializable("tests")
class Steps(layers.Layer):
    """Each of its weights loses one at each step of SGD."""

    def build(self, shape):
        self.parts = [self.add_weight(shape=(50,), initializer="zeros", name=f"w{n}") for n in range(20)]

    def call(self, x):
        total = sum(kerasish.ops.sum(part) for part in self.parts)
        return 0 * kerasish.ops.sum(x, axis=-1, keepdims=True) + total


def training(rows=64):
    model = kerasish.Sequential([kerasish.Input((4,)), Steps()])
    model.compile(kerasish.optimizers.SGD(1.0), lambda y, p: kerasish.ops.mean(p, axis=-1))
    return model, lambda: model.fit(X[:rows], X[:rows, :1], batch_size=8, epochs=60, verbose=0, shuffle=False)


@pytest.mark.skipif(IS_NUMPY, reason="trains")
def test_c04_what_is_saved_beside_a_training_is_one_step_s_weights(tmp_path):
    model, fit = training()
    fit()
    thread = threading.Thread(target=lambda: [fit() for _ in range(3)])
    thread.start()
    saved = 0
    while thread.is_alive():
        path = tmp_path / f"{saved}.weights.h5"
        try:
            model.save_weights(path)
        except RuntimeError as error:
            assert "train" in str(error)
            continue
        other, _ = training()
        other.load_weights(path)
        values = {float(x) for w in other.get_weights() for x in np.unique(w)}
        assert len(values) == 1, f"weights of different steps: {sorted(values)[:5]}"
        saved += 1
    thread.join()


@pytest.mark.skipif(IS_NUMPY, reason="trains")
def test_c06_predicting_beside_a_training_uses_one_step_s_weights():
    model, fit = training()
    fit()
    model.predict(X[:8], verbose=0)
    thread = threading.Thread(target=fit)
    thread.start()
    while thread.is_alive():
        try:
            found = model.predict(X[:8], verbose=0)
        except RuntimeError as error:
            assert "train" in str(error)
            continue
        assert len(set(found.ravel().tolist())) == 1
        assert float(found[0, 0]) % 1000 == 0  # 1,000 weights, all the same whole number
    thread.join()
