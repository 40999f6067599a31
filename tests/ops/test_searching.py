"""Ops whose shape depends on values: they work on known values, and say clearly where values are not known."""

import numpy as np
import pytest

from kerasish import ops
from kerasish.backend import backend, engine
from kerasish.core import tree
from kerasish.core.symbolic import SymbolicTensor

NUMBERS = np.array([[3, 0, 2], [3, 0, 2], [0, 1, 7]], "int32")


def lists(x):
    """The outputs as nested lists."""
    return [engine.to_numpy(part).tolist() for part in tree.leaves(x)]


def test_nonzero_gives_the_indices_along_each_axis():
    assert lists(ops.nonzero(NUMBERS)) == [part.tolist() for part in np.nonzero(NUMBERS)]
    assert all(part.dtype == "int32" for part in ops.nonzero(NUMBERS != 0))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_unique_gives_values_first_indices_inverses_and_counts(axis):
    found = ops.unique(NUMBERS, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    expected = np.unique(NUMBERS, True, True, True, axis=axis)
    assert lists(found) == [part.tolist() for part in expected]


@pytest.mark.parametrize("call", [ops.nonzero, ops.unique])
def test_unknown_values_are_refused(call):
    with pytest.raises(ValueError, match="depends on the values of x.*(size|mask)"):
        call(SymbolicTensor((None, 3)))
    if backend() == "jax":
        with pytest.raises(ValueError, match="while a function is being compiled"):
            engine.jit(call)(np.ones(3, "float32"))


def test_a_size_makes_unique_possible_in_a_model():
    assert ops.unique(SymbolicTensor((None, 3)), size=4).shape == (4,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.bitwise_and(1.5, 2), "bitwise_and takes integers or booleans; got float"),
        (lambda: ops.gcd(1.5, 2), "gcd takes integers"),
        (lambda: ops.ldexp(1.0, 2.0), "exponents of ldexp are integers"),
        (lambda: ops.cholesky(-np.eye(2)), "symmetric positive definite"),
        (lambda: ops.inv(np.ones((2, 3))), r"inv takes square matrices.*\(2, 3\)"),
        (lambda: ops.qr(np.eye(2), mode="raw"), "'reduced' or 'complete'; got 'raw'"),
        (lambda: ops.solve(np.eye(2), np.ones(3)), "as many rows in b as in a"),
        (lambda: ops.solve_triangular(np.eye(2), np.ones(3)), "as many rows in b as in a"),
        (lambda: ops.lstsq(np.ones((2, 3, 2)), np.ones(2)), r"lstsq takes a matrix \(rows, n\)"),
        (lambda: ops.cdist(np.ones((2, 3)), np.ones((2, 4))), "cdist takes rows of one length"),
        (lambda: ops.quantile(np.ones(3), 0.5, method="odd"), "must be one of linear.*got 'odd'"),
        (lambda: ops.quantile(np.ones(3), np.ones((1, 2))), "a number or a vector"),
        (lambda: ops.histogram(np.ones(3), bins=0), "at least 1; got 0"),
        (lambda: ops.histogram(np.ones(3), range=(2, 1)), r"must rise; got \(2, 1\)"),
        (lambda: ops.histogram(np.ones((2, 2))), "takes a vector; got the shape"),
        (lambda: ops.corrcoef(np.ones((2, 2, 2))), "two axes at most"),
        (lambda: ops.correlate(np.ones(3), np.ones(2), mode="odd"), "'valid', 'same' or 'full'; got 'odd'"),
        (lambda: ops.searchsorted(np.ones((2, 2)), 1.0), "one sorted vector"),
        (lambda: ops.searchsorted(np.ones(2), 1.0, side="up"), "'left' or 'right'; got 'up'"),
        (lambda: ops.argpartition(np.ones(2), 2), "kth must number one of the 2 elements"),
        (lambda: ops.dsplit(np.ones((2, 2)), 2), "dsplit takes an array of 3 axes or more"),
        (lambda: ops.array_split(np.ones(2), 0), "one part or more; got 0"),
        (lambda: ops.rot90(np.ones(2)), "two different axes"),
        (lambda: ops.fliplr(np.ones(2)), "two axes or more"),
        (lambda: ops.flipud(1.0), "one axis or more"),
        (lambda: ops.vander(np.ones((2, 2))), "vander takes a vector"),
        (lambda: ops.logspace(0, 1, -1), "can't be negative; got -1"),
        (lambda: ops.hanning(SymbolicTensor((), "int32")), "a window of a known size"),
        (lambda: ops.view(np.ones((2, 3), "float16"), "float32"), "whole numbers of 4 bytes"),
        (lambda: ops.view_as_complex(np.ones((2, 3))), "a last axis of size 2"),
        (lambda: ops.vectorize(3), "vectorize takes a function; got int"),
        (lambda: ops.fft(np.ones(3)), r"a pair \(real, imaginary\)"),
        (lambda: ops.fft((np.ones(3), np.ones(4))), "parts of one shape"),
        (lambda: ops.extract_sequences(np.ones(3), 0, 1), "at least 1; got 0 and 1"),
        (lambda: ops.stft(np.ones(9), 8, 2, 4), "fft_length not below the sequence length"),
        (lambda: ops.stft(np.ones(9), 8, 2, 8, window="odd"), "'hann' or 'hamming'; got 'odd'"),
        (lambda: ops.stft(np.ones(9), 8, 2, 8, window=np.ones(5)), "a vector of the sequence length, 8"),
        (lambda: ops.stft(np.ones(9), 8, 2, 16, center=False), "longer than the signal"),
        (lambda: ops.istft((np.ones((2, 4)),) * 2, 8, 2, 8), r"\(..., frames, 5\) for fft_length=8"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b c -> a b c"), "is of 3 axes; got an array of 2"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b -> a"), "Both sides .* same axes"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b"), "has two sides"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a (b -> a b"), "not closed"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a a -> a a"), "Each axis stands once"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a ? -> a ?"), "does not understand"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a (b c) -> a b c", b=2), "size 3 can't be split"),
        (lambda: ops.rearrange(np.ones((2, 3)), "a b -> b a", c=2), "no axis named c"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize(
    ("pattern", "lengths", "shape"),
    [
        ("b (h w) c -> b h w c", {"h": 2}, (2, 2, 3, 4)),
        ("b ... c -> (b c) ...", {}, (8, 6)),
        ("b n c -> b 1 n c", {}, (2, 1, 6, 4)),
        ("... c -> c ...", {}, (4, 2, 6)),
        ("b n c -> (b n c)", {}, (48,)),
    ],
)
def test_rearrange_keeps_elements_in_the_order_of_the_pattern(pattern, lengths, shape):
    x = np.arange(48, dtype="float32").reshape(2, 6, 4)
    made = engine.to_numpy(ops.rearrange(x, pattern, **lengths))
    assert made.shape == shape
    back = " -> ".join(reversed(pattern.split(" -> ")))
    known = {"b": 2, "c": 4} | lengths if "(b c)" in pattern or "(b n c)" in pattern else lengths
    known = known | ({"n": 6} if "(b n c)" in pattern else {})
    assert engine.to_numpy(ops.rearrange(made, back, **known)).tolist() == x.tolist()


def test_a_vectorized_function_takes_symbolic_tensors():
    doubled = ops.vectorize(lambda x, y: x * 2 + y)
    assert doubled(SymbolicTensor((None, 3)), 1.0).shape == (None, 3)
    assert lists(doubled(np.ones(2, "float32"), 1.0)) == [[3.0, 3.0]]
    assert lists(ops.vectorize(lambda x: x.sum(), signature="(n)->()")(np.ones((2, 3), "float32"))) == [[3.0, 3.0]]


def test_frames_that_do_not_overlap_lie_side_by_side():
    x = np.arange(16, dtype="float32")
    found = ops.istft(ops.stft(x, 4, 4, 4, window=None, center=False), 4, 4, 4, window=None, center=False)
    np.testing.assert_allclose(engine.to_numpy(found), x, atol=1e-5)


@pytest.mark.parametrize("center", [True, False])
def test_the_inverse_transform_gives_the_signal_back(center):
    x = np.random.default_rng(0).normal(size=(2, 40)).astype("float32")
    found = engine.to_numpy(ops.istft(ops.stft(x, 8, 2, 8, center=center), 8, 2, 8, center=center))
    np.testing.assert_allclose(found[:, 2:38], x[:, 2:38], atol=1e-4)


def test_the_gradient_of_a_distance_of_0_is_0():
    if backend() != "jax":
        pytest.skip("gradients")
    x = np.eye(3, dtype="float32")
    _, gradient = engine.value_and_grad(lambda x: (ops.sum(ops.cdist(x, x)), None))(x)
    assert np.isfinite(engine.to_numpy(gradient)).all()


def test_singular_matrices_give_no_error():
    ones = np.ones((2, 2, 2), "float32") + np.eye(2, dtype="float32") * np.array([0, 1], "float32")[:, None, None]
    found = engine.to_numpy(ops.inv(ones))
    assert not np.isfinite(found[0]).all() and np.isfinite(found[1]).all()
