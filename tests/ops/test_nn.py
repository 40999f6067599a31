"""Convolutions backwards, pooling to a size, blocks, CTC and flash attention: what the table of cases can't say."""

import itertools
import re

import numpy as np
import pytest

from kerasish import config, ops
from kerasish.backend import backend, engine

RNG = np.random.default_rng(0)
needs_gradients = pytest.mark.skipif(backend() != "jax", reason="gradients")


def every_path(log_p, blank):
    """What each path spells, and with which probability: by trying all of them, in float64."""
    found = {}
    steps, classes = log_p.shape
    for path in itertools.product(range(classes), repeat=steps):
        merged = [c for i, c in enumerate(path) if i == 0 or path[i - 1] != c]
        spelled = tuple(c for c in merged if c != blank)
        found[spelled] = found.get(spelled, 0.0) + np.exp(sum(log_p[t, c] for t, c in enumerate(path)))
    return {spelled: np.log(p) for spelled, p in found.items()}


def log_softmax(x):
    return x.astype("float64") - np.log(np.exp(x.astype("float64")).sum(-1, keepdims=True))


@pytest.mark.parametrize("blank", [0, 2])
def test_ctc_counts_every_path_that_spells_the_target(blank):
    logits = RNG.normal(size=(2, 5, 3)).astype("float32")
    target = np.array([[1, 1, 0], [1, 0, 0]]) if blank else np.array([[1, 1, 2], [2, 0, 0]])
    lengths, ends = np.array([3, 1] if not blank else [2, 1]), np.array([5, 4])
    losses = np.asarray(ops.ctc_loss(target, logits, lengths, ends, mask_index=blank))
    for row in range(2):
        paths = every_path(log_softmax(logits[row, : ends[row]]), blank)
        np.testing.assert_allclose(losses[row], -paths[tuple(target[row, : lengths[row]])], rtol=1e-5)


def test_a_wide_beam_finds_the_likeliest_labels():
    logits = RNG.normal(size=(2, 5, 3)).astype("float32")
    labels, scores = ops.ctc_decode(logits, [5, 3], "beam_search", beam_width=60, top_paths=3, mask_index=1)
    for row, end in enumerate((5, 3)):
        paths = sorted(every_path(log_softmax(logits[row, :end]), 1).items(), key=lambda pair: -pair[1])[:3]
        found = [tuple(int(c) for c in labels[path, row] if c >= 0) for path in range(3)]
        assert found == [spelled for spelled, _ in paths]
        np.testing.assert_allclose(scores[row], [p for _, p in paths], rtol=1e-5)


def test_an_empty_output_spells_nothing_with_certainty():
    logits = RNG.normal(size=(1, 4, 3)).astype("float32")
    labels, scores = ops.ctc_decode(logits, [0], "beam_search", beam_width=2, top_paths=3)
    assert (np.asarray(labels) == -1).all() and np.asarray(scores).tolist() == [[0, -np.inf, -np.inf]]


@needs_gradients
def test_the_gradient_of_an_impossible_target_is_finite():
    logits = RNG.normal(size=(1, 2, 3)).astype("float32")

    def loss(x):
        return ops.sum(ops.ctc_loss([[1, 1, 1]], x, [3], [2])), None

    (value, _), gradient = engine.value_and_grad(loss)(engine.asarray(logits))
    assert float(value) > 9e4 and np.isfinite(np.asarray(gradient)).all()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: ops.ctc_loss([[1]], x, [1], [2], mask_index=3), "from 0 to 2; got 3"),
        (lambda x: ops.ctc_loss([1], x, [1], [2]), "an output `(batch, time, classes)`"),
        (lambda x: ops.ctc_decode(x, [2], mask_index=-1), "from 0 to 2; got -1"),
        (lambda x: ops.ctc_decode(x, [2], "best"), "'greedy' or 'beam_search'; got 'best'"),
        (lambda x: ops.ctc_decode(x, [2], "beam_search", beam_width=0), "at least 1; got 0 and 1"),
        (lambda x: ops.ctc_decode(x, 2), "sequence_lengths `(batch,)`"),
        (lambda x: ops.conv_transpose(x, np.ones((2, 4, 5), "float32")), "is for 5 channels"),
        (lambda x: ops.conv_transpose(x, np.ones((2, 4), "float32")), "a kernel with as many axes"),
        (lambda x: ops.conv_transpose(x, np.ones((2, 4, 3), "float32"), padding="causal"), "got 'causal'"),
        (lambda x: ops.conv_transpose(x, np.ones((2, 4, 3), "float32"), output_padding=-1), "at least 0"),
        (lambda x: ops.adaptive_max_pool(x, 0), "output_size must be a positive integer"),
        (lambda x: ops.adaptive_average_pool(x, (1, 2)), "output_size must be a positive integer"),
        (lambda x: ops.adaptive_max_pool(x[:, :0], 1), "nothing to pool"),
        (lambda x: ops.unfold(x, 2), "unfold takes images"),
        (lambda x: ops.unfold(x[None], 2, padding=-1), "padding must be an integer of at least 0"),
        (lambda x: ops.fold(x, 3, 2), "fold takes columns"),
        (lambda x: ops.space_to_depth(x, 2), "space_to_depth takes images"),
        (lambda x: ops.space_to_depth(x[None], 1), "at least 2; got 1"),
        (lambda x: ops.space_to_depth(x[None], 2), "must divide height and width"),
        (lambda x: ops.depth_to_space(x[None], 2), "must divide the channels"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        call(np.ones((1, 2, 3), "float32"))
    assert len(str(error.value)) <= 600


@needs_gradients
@pytest.mark.parametrize("strides, dilation, padding", [(1, 1, "same"), (1, 2, "valid"), (3, 1, "valid")])
def test_a_transposed_convolution_is_the_gradient_of_a_convolution(strides, dilation, padding):
    x, kernel = RNG.normal(size=(2, 7, 3)).astype("float32"), RNG.normal(size=(3, 3, 4)).astype("float32")
    y = ops.conv(x, kernel, strides, padding, dilation_rate=dilation)
    weights = RNG.normal(size=y.shape).astype("float32")

    def total(x):
        return ops.sum(ops.conv(x, kernel, strides, padding, dilation_rate=dilation) * weights), None

    _, gradient = engine.value_and_grad(total)(engine.asarray(x))
    back = np.asarray(ops.conv_transpose(weights, kernel, strides, padding, dilation_rate=dilation))
    size = back.shape[1]
    np.testing.assert_allclose(back, np.asarray(gradient)[:, :size], rtol=1e-4, atol=1e-5)
    assert not np.asarray(gradient)[:, size:].any()


def test_unfold_and_fold_touch_no_neighbour():
    x = np.zeros((1, 1, 4, 4), "float32")
    x[0, 0, 0, 0] = np.inf
    again = np.asarray(ops.fold(ops.unfold(x, 2, stride=2), 4, 2, stride=2))
    np.testing.assert_array_equal(again, x)


def test_space_to_depth_and_back_is_the_same():
    x = RNG.normal(size=(2, 4, 6, 3)).astype("float32")
    np.testing.assert_array_equal(ops.depth_to_space(ops.space_to_depth(x, 2), 2), x)


def test_flash_attention_is_used_where_it_can_be_and_demanded_only_when_asked():
    x = RNG.normal(size=(1, 3, 2, 8)).astype("float32")
    plain = ops.dot_product_attention(x, x, x, flash_attention=False)
    assert config.is_flash_attention_enabled() is None
    try:
        config.enable_flash_attention()
        assert config.is_flash_attention_enabled() is True
        np.testing.assert_array_equal(ops.dot_product_attention(x, x, x), plain)
        config.disable_flash_attention()
        assert config.is_flash_attention_enabled() is False
        np.testing.assert_array_equal(ops.dot_product_attention(x, x, x), plain)
    finally:
        config.settings.flash_attention = None
    with pytest.raises(RuntimeError, match="dtype float32: it needs an NVIDIA GPU"):
        ops.dot_product_attention(x, x, x, flash_attention=True)
