"""The loss scale."""

import numpy as np
import pytest

from kerasish import optimizers
from kerasish.backend import engine
from kerasish.core.variable import Variable, pure

G = np.array([1.0, 2.0], "float32")


def weight():
    return Variable(np.ones(2, "float32"), name="weight")


def scaled(inner=None, **options):
    return optimizers.LossScaleOptimizer(inner or optimizers.SGD(0.5), initial_scale=8.0, **options)


def test_the_inner_optimizer_gets_the_gradients_of_the_loss():
    w, optimizer = weight(), scaled()
    assert float(optimizer.scale_loss(np.float32(1))) == 8.0
    optimizer.apply([8 * G], [w])
    np.testing.assert_array_equal(w.numpy(), [0.5, 0.0])
    assert int(optimizer.iterations) == int(optimizer.inner_optimizer.iterations) == 1


def test_a_step_that_is_not_finite_is_left_out():
    w, optimizer = weight(), scaled(optimizers.Adam(0.5, use_ema=True))
    optimizer.apply([np.array([np.inf, 1], "float32")], [w])
    np.testing.assert_array_equal(w.numpy(), [1.0, 1.0])
    assert float(optimizer.dynamic_scale) == 4.0
    assert int(optimizer.iterations) == 0
    assert not any(v.numpy().any() for v in optimizer.inner_optimizer.variables[2:])


def test_half_precision_gradients_are_divided_in_32_bits():
    """2**-24 is the least number of float16: divided by the scale there, it would be 0."""
    w, optimizer = weight(), scaled(optimizers.SGD(2.0**26))
    optimizer.apply([engine.asarray(np.full(2, 2.0**-24), "float16")], [w])
    np.testing.assert_array_equal(w.numpy(), [0.5, 0.5])


def test_accumulation_inside_a_compiled_step():
    w, optimizer = weight(), scaled(optimizers.SGD(0.5, gradient_accumulation_steps=2))
    optimizer.build([w])
    variables = [w, *optimizer.variables]
    run = engine.jit(pure(lambda gradient: optimizer.apply([gradient]), variables))
    values = [v.value for v in variables]
    for gradient in (8 * G, np.inf * G, 12 * G):  # after the second, the scale is 4: mean of 1 G and 3 G
        _, values = run(values, gradient)
    np.testing.assert_array_equal(values[0], 1 - 0.5 * 2 * G)


def test_the_factor_of_the_inner_optimizer_counts_too():
    """Keras leaves it out of the loss, but divides by it."""
    w, optimizer = weight(), scaled(optimizers.SGD(0.5, loss_scale_factor=4.0))
    loss_scale = float(optimizer.scale_loss(np.float32(1)))
    assert loss_scale == 32.0
    optimizer.apply([loss_scale * G], [w])
    np.testing.assert_array_equal(w.numpy(), [0.5, 0.0])


def test_the_learning_rate_decay_and_averages_are_the_inner_optimizers():
    w, inner = weight(), optimizers.SGD(0.5, weight_decay=0.5, use_ema=True)
    optimizer = scaled(inner)
    optimizer.exclude_from_weight_decay([w])
    optimizer.learning_rate = 0.25
    assert float(inner.learning_rate) == float(optimizer.learning_rate) == 0.25
    for _ in range(2):
        optimizer.apply([8 * G], [w])
    optimizer.finalize_variable_values([w])
    np.testing.assert_allclose(w.numpy(), 0.99 * (1 - 0.25 * G) + 0.01 * (1 - 0.5 * G), rtol=1e-6)


def test_thawed_weights_reach_the_inner_optimizer():
    a, b = weight(), weight()
    optimizer = scaled(optimizers.SGD(0.5, momentum=0.5))
    optimizer.build([a])
    optimizer.build([a, b])
    assert len(optimizer.variables) == 8
    optimizer.apply([8 * G, 8 * G], [a, b])
    np.testing.assert_array_equal(b.numpy(), [0.5, 0.0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.LossScaleOptimizer("sgd"), TypeError, "wraps an optimizer; got 'sgd'"),
        (lambda: scaled(clipnorm=1.0), ValueError, "does not support `clipnorm`: set `clipnorm` on the inner"),
        (lambda: scaled(dynamic_growth_steps=0), ValueError, "dynamic_growth_steps at least 1; got 8.0 and 0"),
        (
            lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), initial_scale=-1.0),
            ValueError,
            "initial_scale must be at least 0; got -1.0",
        ),
        (lambda: scaled().apply([G]), ValueError, "one gradient for each variable; got 1 for 0"),
        (lambda: scaled().apply([G[:1]], [weight()]), ValueError, "must have its shape"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
