"""What ops do at the edges: huge numbers, ties, empty arrays, wrong arguments, unknown labels."""

import numpy as np
import pytest

from kerasish import ops
from kerasish.backend import backend, engine
from kerasish.core.symbolic import SymbolicTensor

HUGE = np.array([-1e30, -200.0, -90.0, 0.0, 90.0, 200.0, 1e30], "float32")


def values(x):
    """As NumPy arrays."""
    return np.asarray(ops.convert_to_numpy(x), "float64")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmoid", [0, 0, 0, 0.5, 1, 1, 1]),
        ("softplus", [0, 0, 0, np.log(2), 90, 200, 1e30]),
        ("log_sigmoid", [-1e30, -200, -90, -np.log(2), 0, 0, 0]),
        ("relu", [0, 0, 0, 0, 90, 200, 1e30]),
        ("elu", [-1, -1, -1, 0, 90, 200, 1e30]),
        ("silu", [0, 0, 0, 0, 90, 200, 1e30]),
        ("hard_sigmoid", [0, 0, 0, 0.5, 1, 1, 1]),
        ("softmax", [0, 0, 0, 0, 0, 0, 1]),
        ("tanh", [-1, -1, -1, 0, 1, 1, 1]),
    ],
)
def test_huge_numbers_overflow_nowhere(name, expected):
    np.testing.assert_allclose(values(getattr(ops, name)(HUGE)), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["relu", "relu6", "hard_tanh", "leaky_relu", "elu", "softplus", "sigmoid", "celu"])
def test_gradients_are_finite_everywhere(name):
    if not engine.differentiable:
        pytest.skip("gradients")
    fn = engine.value_and_grad(lambda x: (ops.sum(getattr(ops, name)(x)), None))
    assert np.isfinite(values(fn(np.clip(HUGE, -1e4, 1e4))[1])).all()


def test_cross_entropies_of_huge_logits_are_exact():
    logits = np.array([[1e4, 0.0, -1e4]], "float32")
    assert values(ops.sparse_categorical_crossentropy([2], logits, from_logits=True)).tolist() == [2e4]
    assert values(ops.categorical_crossentropy([[0.0, 0.0, 1.0]], logits, from_logits=True)).tolist() == [2e4]
    binary = values(ops.binary_crossentropy([[1.0, 0.0, 1.0]], logits, from_logits=True))
    np.testing.assert_allclose(binary, [[0, np.log(2), 1e4]], rtol=1e-6)


def test_a_label_that_is_no_class_gives_nan_and_never_a_perfect_score():
    loss = values(ops.sparse_categorical_crossentropy([0, 3, -1], np.zeros((3, 3), "float32"), from_logits=True))
    assert np.isnan(loss).tolist() == [False, True, True]


def test_sparsemax_gives_probabilities():
    p = values(ops.sparsemax([[0.0, 0.2, 0.4, 0.6], [5.0, 0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(p, [[0, 2 / 15, 1 / 3, 8 / 15], [1, 0, 0, 0]], atol=1e-6)  # by hand


def test_zeros_stay_zeros_when_normalized():
    assert values(ops.normalize(np.zeros((2, 3), "float32"))).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_query_that_sees_no_key_sees_all_alike():
    x = np.random.default_rng(0).normal(size=(1, 2, 1, 3)).astype("float32")
    seen = ops.dot_product_attention(x, x, x, mask=np.zeros((1, 1, 2, 2), bool))
    np.testing.assert_allclose(values(seen)[0, :, 0], np.tile(x.mean(1)[0], (2, 1)), rtol=1e-5)


def test_pools_touch_by_default():
    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    assert values(ops.max_pool(x, 2)).reshape(-1).tolist() == [5, 7, 13, 15]
    assert values(ops.average_pool(x, 2)).reshape(-1).tolist() == [2.5, 4.5, 10.5, 12.5]


def test_a_causal_convolution_sees_only_the_past():
    x = np.arange(1, 5, dtype="float32").reshape(1, 4, 1)
    y = ops.conv(x, np.ones((2, 1, 1), "float32"), padding="causal")
    assert values(y).reshape(-1).tolist() == [1, 3, 5, 7]


def test_empty_batches_keep_their_shape():
    x = np.zeros((0, 4), "float32")
    assert ops.softmax(x).shape == (0, 4)
    assert ops.matmul(x, np.zeros((4, 2), "float32")).shape == (0, 2)
    assert ops.layer_normalization(x).shape == (0, 4)
    assert ops.sparse_categorical_crossentropy(np.zeros(0, "int32"), x).shape == (0,)


def test_take_outside_gives_nan():
    assert np.isnan(values(ops.take(np.ones((2, 2), "float32"), [2], axis=0))).all()


def test_saturate_cast_stops_at_the_extremes():
    assert values(ops.saturate_cast([3e9, -3e9, 7.9], "int32")).tolist() == [2147483520, -2147483648, 7]
    assert values(ops.saturate_cast([300, -4], "uint8")).tolist() == [255, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.conv(np.ones((1, 4, 4, 3)), np.ones((2, 2, 2, 4))), "must divide the 3 channels"),
        (lambda: ops.conv(np.ones((1, 4, 4, 3)), np.ones((2, 3, 4))), "kernel with as many axes"),
        (lambda: ops.conv(np.ones((1, 4, 3)), np.ones((2, 3, 4)), padding="full"), "padding must be 'valid' or"),
        (lambda: ops.conv(np.ones((1, 4, 3)), np.ones((2, 3, 4)), 2, dilation_rate=2), "not both"),
        (lambda: ops.depthwise_conv(np.ones((1, 4, 3)), np.ones((2, 2, 1))), "is for 2 channels"),
        (lambda: ops.max_pool(np.ones((1, 4, 3)), 0), "pool_size must be a positive integer"),
        (lambda: ops.split(np.ones(5), 2), "does not split into 2 equal parts"),
        (lambda: ops.unstack(np.ones(5), 2), "does not unstack into 2"),
        (lambda: ops.where(np.ones(2), 1), "both x1 and x2, or neither"),
        (lambda: ops.select([], []), "one choice for each condition"),
        (lambda: ops.pad(np.ones(2), 1, "reflect", 3), "is for mode='constant'"),
        (lambda: ops.average(np.ones((2, 3)), weights=np.ones(3)), "weights of an average"),
        (lambda: ops.bincount([1], sparse=True), "not supported"),
        (lambda: ops.one_hot([1], 2, sparse=True), "not supported"),
        (lambda: ops.multi_hot([1]), "needs `num_classes`"),
        (lambda: ops.scatter_update(np.ones(2), [[0]], [1], "median"), "None or 'add'"),
        (lambda: ops.binary_crossentropy(np.ones((2, 1)), np.ones(2)), "the target has the shape"),
        (lambda: ops.categorical_crossentropy(np.ones((2, 3)), np.ones((2, 4))), "must be the same"),
        (lambda: ops.sparse_categorical_crossentropy(np.ones((2, 3)), np.ones((2, 3))), "labels are one-hot"),
        (lambda: ops.sparse_categorical_crossentropy(1, 1.0), "with a class axis"),
        (lambda: ops.glu(np.ones(3)), "even size"),
        (lambda: ops.normalize(np.ones(3), order=0), "at least 1"),
        (lambda: ops.convert_to_tensor([1], sparse=True), "dense arrays"),
        (lambda: ops.cond(np.ones(2), lambda: 1, lambda: 2), "takes one condition"),
        (lambda: ops.dot_product_attention(*[np.ones((2, 3, 4))] * 3), "three times"),
        (lambda: ops.dot_product_attention(*[np.ones((1, 2, 3, 4))] * 2, np.ones((1, 2, 3, 5))), "must agree"),
        (lambda: ops.dot_product_attention(np.ones((1, 2, 3, 4)), *[np.ones((1, 2, 2, 4))] * 2), "must divide"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert len(str(caught.value)) <= 600


def test_an_unknown_argument_is_named():
    with pytest.raises(TypeError, match="does not know: sort"):
        ops.layer_normalization(np.ones(3), sort=True)
    with pytest.raises(TypeError, match="does not know: sort"):
        ops.multi_hot([1], 2, sort=True)
    with pytest.raises(TypeError, match="does not know: order"):
        ops.einsum("i->i", [1], order="C")


def test_facts_of_symbolic_tensors_are_those_that_are_known():
    x = SymbolicTensor((None, 3), "int32")
    assert (ops.shape(x), ops.ndim(x), ops.dtype(x)) == ((None, 3), 2, "int32")
    assert (ops.size(x).shape, ops.size(x).dtype, ops.size(SymbolicTensor((2, 3)))) == ((), "int32", 6)
    assert not ops.is_tensor(x)
    assert ops.is_tensor(ops.ones(2))
    assert backend() == "numpy" or not ops.is_tensor(np.ones(2))
