"""Connectionist temporal classification: sequences of labels, of which nobody knows where in time they stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.activation import log_softmax
from kerasish.ops.promotion import as_dtype, as_float
from kerasish.ops.reductions import HALF

NEVER = -1e5
"""The logarithm of the probability of what can't be: finite, so that losses and gradients are."""


@op
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Array:
    """`-log(p)`, where `p` is the probability that a path through the classes spells the target.

    A path spells what is left when its repetitions are merged and its blanks are dropped. A target that no path can
    spell, because it is too long, costs about 100,000.

    Args:
        target_length: How many labels of each target count.
        output_length: How many steps of each output count.
        mask_index: The class that means "blank".

    Shapes:
        target: `(batch, labels)`, whole numbers.
        output: `(batch, time, classes)`, logits.
        target_length, output_length: `(batch,)`.
        returns: `(batch,)`.

    Raises:
        ValueError: the shapes don't fit, or there is no class `mask_index`.

    Example:
        >>> import numpy as np
        >>> round(float(ctc_loss([[1]], np.zeros((1, 2, 3), "float32"), [1], [2])[0]), 4)  # 1 1, 1 _ and _ 1 of 9 paths
        1.0986

    Source: Graves et al., 2006, section 4.1, https://doi.org/10.1145/1143844.1143891
    """
    target, output = as_dtype(target, "int32"), _wide(output)
    labels, ends = as_dtype(target_length, "int32"), as_dtype(output_length, "int32")
    if target.ndim != 2 or output.ndim != 3 or not len(target) == len(output) == len(labels) == len(ends):
        raise ValueError(
            "ctc_loss takes a target `(batch, labels)`, an output `(batch, time, classes)` and two lengths `(batch,)`; "
            f"got the shapes {tuple(target.shape)}, {tuple(output.shape)}, {tuple(labels.shape)}, {tuple(ends.shape)}."
        )
    _check_blank(mask_index, output.shape[-1], "ctc_loss")
    log_p = xp.maximum(log_softmax(output), as_dtype(NEVER, output.dtype))
    states = _between_blanks(target, mask_index)
    emitted = xp.take_along_axis(log_p, xp.broadcast_to(states[:, None], (*log_p.shape[:2], states.shape[1])), axis=2)
    reached = _reached(emitted, states, ends, mask_index)
    last = 2 * labels[:, None]
    ended = xp.take_along_axis(reached, xp.concatenate([last, xp.maximum(last - 1, 0)], axis=1), axis=1)
    return -xp.where(labels > 0, xp.logaddexp(ended[:, 0], ended[:, 1]), ended[:, 0])


def _wide(x: Any) -> Array:
    """`x` in at least 32 bits: sums over many steps need them."""
    x = as_float(x)
    return as_dtype(x, "float32") if str(x.dtype) in HALF else x


def _check_blank(index: int, classes: int, owner: str) -> None:
    if not 0 <= index < classes:
        raise ValueError(
            f"{owner}'s mask_index is the number of the class that means blank, from 0 to {classes - 1}; got {index!r}."
        )


def _between_blanks(target: Array, blank: int) -> Array:
    """The states of a path: `blank, label, blank, label, ..., blank`."""
    batch, labels = target.shape
    filled = xp.stack([xp.full_like(target, blank), target], axis=2)
    return xp.concatenate([xp.reshape(filled, (batch, 2 * labels)), xp.full((batch, 1), blank, dtype="int32")], axis=1)


def _reached(emitted: Array, states: Array, ends: Array, blank: int) -> Array:
    """The logarithm of the probability to stand in each state after the last step."""
    batch, steps, count = emitted.shape
    never = as_dtype(NEVER, emitted.dtype)
    # From label to label without a blank between them, where they differ.
    jump = (states[:, 2:] != states[:, :-2]) & (states[:, 2:] != blank)

    def advance(alpha: Array, inputs: tuple[Array, Array]) -> tuple[Array, None]:
        log_p, time = inputs
        stepped = xp.concatenate([xp.full((batch, 1), never), alpha[:, :-1]], axis=1)
        jumped = xp.where(jump, alpha[:, :-2], never)
        jumped = xp.concatenate([xp.full((batch, min(2, count)), never), jumped], axis=1)
        new = xp.logaddexp(xp.logaddexp(alpha, stepped), jumped) + log_p
        return xp.where((time < ends)[:, None], new, alpha), None

    first = np.full((batch, count), NEVER, emitted.dtype)
    first[:, 0] = 0
    times = xp.arange(steps, dtype="int32")
    return engine.scan(advance, engine.asarray(first), (xp.swapaxes(emitted, 0, 1), times))[0]


@op
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Array, Array]:
    """The labels that an output most likely spells.

    Args:
        sequence_lengths: How many steps of each output count.
        strategy: `"greedy"`: the labels of the likeliest path; `"beam_search"`: the likeliest labels, over all paths,
            among those whose beginnings are always among the `beam_width` likeliest.
        beam_width: How many beginnings beam search keeps.
        top_paths: How many answers beam search gives.
        merge_repeated: Whether the greedy strategy makes one label of equal ones that follow each other; beam search
            always does.
        mask_index: The class that means "blank".

    Shapes:
        inputs: `(batch, time, classes)`, logits.
        sequence_lengths: `(batch,)`.
        returns: labels `(paths, batch, time)`, filled with -1 at their ends; and scores `(batch, paths)`: logarithms
            of probabilities, `-inf` where there are not so many answers; for `"greedy"` one path, and the negative sum
            of its logits.

    Raises:
        ValueError: the shapes don't fit, or there is no such strategy or class (Keras gives NaN).

    Example:
        >>> import numpy as np
        >>> path = np.eye(3, dtype="float32")[[1, 1, 0, 2]]
        >>> np.asarray(ctc_decode(path[None] * 5, [4])[0]).tolist()
        [[[1, 2, -1, -1]]]

    Source: beam search: Hannun et al., 2014, algorithm 1, https://arxiv.org/abs/1408.2873
    """
    x, ends = _wide(inputs), as_dtype(sequence_lengths, "int32")
    if x.ndim != 3 or ends.shape != x.shape[:1]:
        raise ValueError(
            "ctc_decode takes inputs `(batch, time, classes)` and sequence_lengths `(batch,)`; got the shapes "
            f"{tuple(x.shape)} and {tuple(ends.shape)}."
        )
    _check_blank(mask_index, x.shape[-1], "ctc_decode")
    if strategy == "greedy":
        return _greedy(x, ends, merge_repeated, mask_index)
    if strategy != "beam_search":
        raise ValueError(f"ctc_decode's strategy must be 'greedy' or 'beam_search'; got {strategy!r}.")
    if beam_width < 1 or top_paths < 1:
        raise ValueError(f"ctc_decode needs beam_width and top_paths of at least 1; got {beam_width} and {top_paths}.")
    return _beam_search(x, ends, beam_width, top_paths, mask_index)


def _greedy(x: Array, ends: Array, merge_repeated: bool, blank: int) -> tuple[Array, Array]:
    counts = xp.arange(x.shape[1], dtype="int32") < ends[:, None]
    path = as_dtype(xp.argmax(x, axis=-1), "int32")
    kept = counts & (path != blank)
    if merge_repeated:
        repeats = xp.concatenate([xp.zeros_like(kept[:, :1]), path[:, 1:] == path[:, :-1]], axis=1)[:, : path.shape[1]]
        kept = kept & ~repeats
    labels = _to_the_left(xp.where(kept, path, as_dtype(-1, "int32")))
    best = xp.max(x, axis=-1)
    return labels[None], -xp.sum(xp.where(counts, best, xp.zeros_like(best)), axis=1, keepdims=True)


def _to_the_left(labels: Array) -> Array:
    """The labels in their order, and behind them the -1s that stood between them."""
    order = xp.argsort(as_dtype(labels < 0, "int32"), axis=-1, stable=True)
    return xp.take_along_axis(labels, order, axis=-1)


def _beam_search(x: Array, ends: Array, width: int, paths: int, blank: int) -> tuple[Array, Array]:
    batch, steps, _ = x.shape
    times = xp.arange(steps, dtype="int32")

    def advance(beam: Any, inputs: tuple[Array, Array]) -> tuple[Any, Any]:
        log_p, time = inputs
        new, (parents, labels) = _extended(beam, log_p, blank)
        going = (time < ends)[:, None]
        itself = xp.broadcast_to(xp.arange(width, dtype="int32"), parents.shape)
        beam = tuple(xp.where(going, after, before) for after, before in zip(new, beam, strict=True))
        return beam, (xp.where(going, parents, itself), xp.where(going, labels, xp.full_like(labels, -1)))

    beam, history = engine.scan(advance, _first_beam(batch, width, blank, x.dtype), (_by_time(log_softmax(x)), times))
    scores = xp.logaddexp(beam[0], beam[1])[:, :paths]
    slots = xp.broadcast_to(xp.arange(min(paths, width), dtype="int32"), scores.shape)
    labels = _spelled(slots, history)
    labels = xp.where(xp.isfinite(scores)[..., None], labels, xp.full_like(labels, -1))
    more = paths - scores.shape[1]
    labels = xp.pad(labels, ((0, 0), (0, more), (0, 0)), constant_values=-1)
    scores = xp.pad(scores, ((0, 0), (0, more)), constant_values=-np.inf)
    return xp.swapaxes(labels, 0, 1), scores


def _by_time(x: Array) -> Array:
    return xp.swapaxes(x, 0, 1)


def _first_beam(batch: int, width: int, blank: int, dtype: Any) -> tuple[Array, ...]:
    """The empty beginning, and `width - 1` places for others."""
    ends_in_blank = np.full((batch, width), -np.inf, dtype)
    ends_in_blank[:, 0] = 0
    nothing = np.full((batch, width), -np.inf, dtype)
    last = np.full((batch, width), blank, "int32")
    keys = [np.full((batch, width), key, "uint32") for key in (1, 7)]
    return tuple(engine.asarray(part) for part in (ends_in_blank, nothing, last, *keys))


def _extended(beam: tuple[Array, ...], log_p: Array, blank: int) -> tuple[tuple[Array, ...], tuple[Array, Array]]:
    """The likeliest beginnings one step later; where each comes from, and which label was added (-1: none).

    A beginning is known by two keys of 32 bits, by which two different ones are taken for the same with a probability
    of 2^-64.
    """
    in_blank, in_label, last, *keys = beam
    batch, width = in_blank.shape
    classes = log_p.shape[-1]
    total = xp.logaddexp(in_blank, in_label)
    numbers = xp.arange(classes, dtype="int32")
    # After its last label, a beginning gets that label again only with a blank between.
    longer = xp.where(numbers == last[..., None], in_blank[..., None], total[..., None]) + log_p[:, None]
    longer = xp.where(numbers == blank, as_dtype(-np.inf, longer.dtype), longer)
    longer, joining = _joined(longer, last, keys, total, blank)
    stay_blank = total + log_p[:, blank : blank + 1]
    stay_label = xp.logaddexp(in_label + xp.take_along_axis(log_p, last, axis=1), joining)
    stay = xp.logaddexp(stay_blank, stay_label)
    _, chosen = engine.top_k(xp.concatenate([stay, xp.reshape(longer, (batch, width * classes))], axis=1), width)
    is_longer = chosen >= width
    place = xp.maximum(chosen - width, 0)
    parents = xp.where(is_longer, place // classes, xp.minimum(chosen, width - 1))
    labels = xp.where(is_longer, place % classes, xp.full_like(chosen, -1))

    def pick(values: Array) -> Array:
        return xp.take_along_axis(values, parents, axis=1)

    nothing = xp.full_like(total, -np.inf)
    grown = xp.take_along_axis(xp.reshape(longer, (batch, width * classes)), place, axis=1)
    new = (
        xp.where(is_longer, nothing, pick(stay_blank)),
        xp.where(is_longer, grown, pick(stay_label)),
        xp.where(is_longer, labels, pick(last)),
        *(xp.where(is_longer, _key(pick(key), labels, n), pick(key)) for n, key in enumerate(keys)),
    )
    return new, (parents, labels)


def _joined(longer: Array, last: Array, keys: list[Array], total: Array, blank: int) -> tuple[Array, Array]:
    """What flows from a beginning into one that is kept already: without it, and itself, for each that is kept."""
    batch, width, _ = longer.shape
    label = xp.broadcast_to(last[:, None], (batch, width, width))
    same = (total > -np.inf)[:, None]
    for number, key in enumerate(keys):
        same = same & (_key(key[..., None], label, number) == key[:, None])
    flow = xp.take_along_axis(longer, label, axis=2)
    joining = xp.max(xp.where(same, flow, xp.full_like(flow, -np.inf)), axis=1)  # from one of them, at most
    rows, slots = np.ogrid[:batch, :width]
    index = (rows[..., None], slots[..., None], xp.where(same, label, xp.full_like(label, blank)))
    return engine.scatter_update(longer, index, as_dtype(-np.inf, longer.dtype)), joining


def _key(key: Array, label: Array, number: int) -> Array:
    """The key of a beginning, when `label` is added to it."""
    factor, shift = ((0x9E3779B1, 15), (0x85EBCA77, 13))[number]
    mixed = (key ^ as_dtype(label + 1, "uint32")) * as_dtype(factor, "uint32")
    return mixed ^ (mixed >> as_dtype(shift, "uint32"))


def _spelled(slots: Array, history: tuple[Array, Array]) -> Array:
    """The labels `(batch, paths, time)` that led to these places in the last beam."""

    def back(slot: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        parents, labels = (xp.take_along_axis(x, slot, axis=1) for x in step)
        return parents, labels

    _, labels = engine.scan(back, slots, tuple(xp.flip(x, axis=0) for x in history))
    return _to_the_left(xp.moveaxis(xp.flip(labels, axis=0), 0, -1))


__all__ = ["ctc_decode", "ctc_loss"]
