"""Laws of every optimizer."""

import numpy as np
import pytest

from kerasish import optimizers
from kerasish.core.variable import Variable

OPTIMIZERS = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adam": {"amsgrad": True},
    **{name: {} for name in ("AdamW", "Adadelta", "Adagrad", "Adamax", "Nadam", "Ftrl", "Lion", "Lamb")},
    "Adafactor": {"relative_step": False},
    "Muon": {},
    "ScheduleFreeAdamW": {"warmup_steps": 3},
}
every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)
GRADIENTS = np.random.default_rng(0).normal(size=(6, 2, 3)).astype("float32")
START = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")


def make(name, **options):
    return getattr(optimizers, name)(0.1, **OPTIMIZERS[name], weight_decay=0.1, **options)


def weights(dtype="float32"):
    return [Variable(START, dtype=dtype, name="matrix"), Variable(START[0], dtype=dtype, name="vector")]


def test_the_table_is_complete():
    classes = {name for name in optimizers.__all__ if isinstance(getattr(optimizers, name), type)}
    wrappers = {"Optimizer", "OptaxOptimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
    assert set(OPTIMIZERS) == classes - wrappers


@every_optimizer
def test_accumulating_small_batches_is_one_large_batch(name):
    small, large = weights(), weights()
    slow, fast = make(name, clipnorm=0.5, gradient_accumulation_steps=3), make(name, clipnorm=0.5)
    for gradient in GRADIENTS:
        slow.apply([gradient, gradient[1]], small)
    for gradient in GRADIENTS.reshape(2, 3, 2, 3).mean(1):
        fast.apply([gradient, gradient[1]], large)
    for a, b in zip(small, large, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=2e-5, atol=1e-6)
    assert int(slow.iterations) == int(fast.iterations) == 2


@every_optimizer
def test_weights_are_moved_together_as_each_alone_and_without_side_effects(name):
    together, alone = weights(), weights()
    optimizer, one, other = make(name), make(name), make(name)
    optimizer.build(together)
    state = [v.value for v in optimizer.variables]
    values = [w.value for w in together]
    for gradient in GRADIENTS[:2]:
        values, state = optimizer.stateless_apply(state, [gradient, gradient[1]], values)
        one.apply([gradient], alone[:1])
        other.apply([gradient[1]], alone[1:])
    for value, weight in zip(values, alone, strict=True):
        np.testing.assert_allclose(value, weight.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(together[0].numpy(), START)


@every_optimizer
def test_16_bit_weights_move_as_wide_ones_but_for_rounding(name):
    narrow, broad = weights("bfloat16"), weights()
    for optimizer, moved in ((make(name), narrow), (make(name), broad)):
        for gradient in GRADIENTS[:2]:
            optimizer.apply([gradient, gradient[1]], moved)
    for a, b in zip(narrow, broad, strict=True):
        assert a.dtype == "bfloat16"
        np.testing.assert_allclose(a.numpy().astype("float32"), b.numpy(), rtol=0.03, atol=0.02)
