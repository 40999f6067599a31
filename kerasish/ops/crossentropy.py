"""One-hot vectors, and cross-entropies. From logits nothing overflows, and no softmax is computed."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, epsilon, floatx, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical, result_type
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, promoted, tensor


def _integers(x: Any) -> Array:
    x = tensor(x)
    return x if x.dtype.kind in "iu" else as_dtype(x, "int32")


@op
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Array:
    """1 at the index that each element is, on a new axis of size `num_classes`, else 0; an index outside gives zeros.

    Example:
        >>> [[int(i) for i in row] for row in one_hot([1, 0], 3)]
        [[0, 1, 0], [1, 0, 0]]
    """
    if sparse:
        raise ValueError("one_hot(sparse=True) is not supported: arrays here are dense.")
    x = _integers(x)
    hits = x[..., None] == xp.arange(num_classes, dtype=x.dtype)
    return xp.moveaxis(hits.astype(canonical(dtype)), -1, axis)


@op
def multi_hot(
    inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Array:
    """1 at each index that is among the elements of a row, else 0.

    Shapes:
        inputs: `(..., n)`, integers.
        returns: `(..., num_classes)`.
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if kwargs:
        raise TypeError(f"multi_hot got an argument it does not know: {', '.join(kwargs)}.")
    if num_classes is None:
        raise ValueError("multi_hot needs `num_classes`: how long each row of the result is.")
    inputs = _integers(inputs)
    rows = one_hot(inputs, num_classes, -1, dtype, sparse)
    return xp.moveaxis(xp.max(rows, axis=-2), -1, axis)


def _same_shape(target: Array, output: Array, what: str) -> None:
    if target.shape != output.shape:
        raise ValueError(
            f"{what}: the target has the shape {tuple(target.shape)} and the output {tuple(output.shape)}; they must "
            "be the same."
        )


def _bounded(p: Array) -> Array:
    """Probabilities, kept off 0 and 1, so that their logarithm is finite."""
    margin = as_dtype(epsilon(), p.dtype)
    return xp.clip(p, margin, as_dtype(1, p.dtype) - margin)


@op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Array:
    """`-t * log(p) - (1 - t) * log(1 - p)`, element by element.

    Args:
        target: Probabilities `t`, mostly 0 or 1.
        output: Probabilities `p`; or, with `from_logits`, the `z` of which they are the sigmoid.
    """
    target, output = promoted(target, output, floating=True)
    _same_shape(target, output, "binary_crossentropy")
    if from_logits:
        return as_dtype(xp.logaddexp(output, xp.zeros_like(output)), output.dtype) - target * output
    p, one = _bounded(output), as_dtype(1, output.dtype)
    return -(target * xp.log(p) + (one - target) * xp.log(one - p))


def _distribution(output: Array, axis: int) -> Array:
    """Scores above 0, made to add up to 1, and kept off 0 and 1."""
    return _bounded(output / xp.sum(output, axis=axis, keepdims=True))


@op
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
    """`-sum(t * log(p))` along `axis`.

    Args:
        target: Probabilities `t` of the classes.
        output: Probabilities `p`; or, with `from_logits`, the `z` of which they are the softmax.
    """
    target, output = promoted(target, output, floating=True)
    _same_shape(target, output, "categorical_crossentropy")
    if output.ndim < 1:
        raise ValueError("categorical_crossentropy takes arrays with a class axis; got scalars.")
    if not from_logits:
        return -xp.sum(target * xp.log(_distribution(output, axis)), axis=axis)
    total = engine.logsumexp(output, axis=axis, keepdims=True)
    return xp.sum(target * (total - output), axis=axis)


@op
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
    """`-log(p[label])` along `axis`.

    A label that is no class gives NaN (Keras 3.15.1 gives 0, as if the prediction were perfect). Outputs of 16 bits
    give a loss in `floatx()`, as in Keras.

    Args:
        target: Labels: integers, of the shape of `output` without `axis`, or with that axis of size 1.
        output: Probabilities `p` of the classes; or, with `from_logits`, the `z` of which they are the softmax.
    """
    output, target = as_float(output), _integers(target)
    if output.ndim < 1:
        raise ValueError("sparse_categorical_crossentropy takes outputs with a class axis; got a scalar.")
    axis = axis % output.ndim
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = target[..., 0]
    rest = tuple(size for i, size in enumerate(output.shape) if i != axis)
    if tuple(target.shape) != rest:
        raise ValueError(
            f"sparse_categorical_crossentropy: outputs of shape {tuple(output.shape)} take labels of shape {rest}; got "
            f"{tuple(target.shape)}. If the labels are one-hot, use categorical_crossentropy."
        )
    zero = as_dtype(0, target.dtype)
    known = (target >= zero) & (target < as_dtype(output.shape[axis], target.dtype))
    index = xp.expand_dims(xp.where(known, target, zero), axis)
    if from_logits:
        picked = xp.squeeze(xp.take_along_axis(output, index, axis=axis), axis)
        loss = engine.logsumexp(output, axis=axis) - picked
    else:
        p = xp.take_along_axis(_distribution(output, axis), index, axis=axis)
        loss = -xp.log(xp.squeeze(p, axis))
    loss = as_dtype(loss, result_type(loss.dtype, floatx()))
    return xp.where(known, loss, as_dtype(float("nan"), loss.dtype))


__all__ = ["binary_crossentropy", "categorical_crossentropy", "multi_hot", "one_hot", "sparse_categorical_crossentropy"]
