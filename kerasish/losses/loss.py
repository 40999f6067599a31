"""`Loss`: a function of targets and predictions, with weights, masks and a reduction."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish.backend import engine, floatx, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import policies, tree
from kerasish.core.configurable import Configurable
from kerasish.core.context import masks
from kerasish.core.names import snake_case, unique_name
from kerasish.losses import shapes

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss(Configurable):
    """`reduction(weight * call(y_true, y_pred))`. Subclasses write `call`, which returns one value per sample.

    A value counts where the mask of `y_pred` is True (all of them, if it has none). What a value that does not count,
    or has the weight 0, was computed from has no influence on the loss or its gradients, even if it is NaN.

    Args:
        name: Shown in the logs.
        reduction: `"sum_over_batch_size"` and `"mean"`: the sum, divided by the number of values that count.
            `"sum"`: the sum. `"mean_with_sample_weight"`: the sum divided by the sum of the weights, each counted as
            often as it is used (Keras divides by the sum of the array given, however it is broadcast).
            `"none"` or None: the weighted values.
        dtype: Of the computation; by default `floatx()`.

    Shapes:
        sample_weight: The first axes of the values': `()`, `(batch,)`, or all of them. Missing axes are added at the
            end, and never at the front, so that a weight belongs to its sample.

    Raises:
        ValueError: The shapes of targets, predictions or weights would only fit by broadcasting.

    Example:
        >>> class Distance(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return abs(y_true - y_pred)
        >>> float(Distance()(np.array([1.0, 2.0]), np.array([1.5, 2.0]), sample_weight=np.array([1.0, 9.0])))
        0.25
    """

    shape_rule: str | None = None
    """How targets and predictions must fit (`losses/shapes.py`); None: `call` takes what it is given."""
    mixes_samples = False
    """Whether the loss is a function of the batch as a whole, so that padding changes it."""
    axis: Any = -1
    ignore_class: int | None = None
    neutral = 0.5
    """A prediction that has a finite loss and gradient, beside a target of 0."""
    unwritten_defaults: tuple[str, ...] = ("dtype",)
    """Arguments that are written to a config only where they differ from their default, since Keras never does."""

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {', '.join(map(repr, REDUCTIONS))}; got {reduction!r}.")
        self.name = name or unique_name(snake_case(type(self).__name__))
        self.reduction = reduction
        self._dtype_policy = policies.get(floatx() if dtype is None else dtype)
        self._dtype_given = dtype

    @property
    def dtype(self) -> str:
        """The dtype of the computation."""
        return self._dtype_policy.compute_dtype

    def call(self, y_true: Tree, y_pred: Tree) -> Array:
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} has no `call(y_true, y_pred)`: write it in the class.")

    def __call__(self, y_true: Tree, y_pred: Tree, sample_weight: Any = None) -> Array:
        mask = _mask_of(y_pred)
        y_true, y_pred = self._prepared(y_true, y_pred)
        weight = None if sample_weight is None else engine.asarray(sample_weight, self.dtype)
        if self.ignore_class is not None and self.shape_rule == shapes.SPARSE:
            mask = _both(mask, y_true != self.ignore_class)
        per_row = mask is not None or (weight is not None and weight.ndim > 0)
        as_rows = per_row and self.shape_rule == shapes.ELEMENTWISE and y_pred.ndim == 1
        if as_rows:  # one number per sample: the mean over the last axis would be over the samples
            y_true, y_pred = y_true[:, None], y_pred[:, None]
        if per_row and not tree.is_nested(y_pred):
            y_true, y_pred = self._neutralized(y_true, y_pred, _counting(mask, weight))
        values = engine.asarray(self.call(y_true, y_pred), self.dtype)
        if as_rows and weight is None:  # as without a mask, where it is the mean already, whatever the reduction
            return reduce(values, None, mask, "mean", self.name)
        return reduce(values, weight, mask, self.reduction, self.name)

    def _prepared(self, y_true: Tree, y_pred: Tree) -> tuple[Tree, Tree]:
        """Both as arrays, in the dtype of the computation, of shapes that fit. Class numbers stay integers."""
        y_pred = self._arrays(y_pred, self.dtype)
        y_true = self._arrays(y_true, None if self.shape_rule == shapes.SPARSE else self.dtype)
        if self.shape_rule == shapes.SPARSE:
            y_true = shapes.squeeze_labels(y_true, y_pred)
        elif not (tree.is_nested(y_true) or tree.is_nested(y_pred)) and self._squeezes():
            y_true, y_pred = shapes.squeeze_to_pair(y_true, y_pred)
        shapes.check_pair(self.shape_rule, y_true, y_pred, self.name, self.axis)
        return y_true, y_pred

    def _squeezes(self) -> bool:
        return self.shape_rule is not None

    def _arrays(self, x: Tree, dtype: str | None) -> Tree:
        numbers = tree.is_nested(x) and all(np.ndim(leaf) == 0 for leaf in tree.leaves(x)) and not isinstance(x, dict)
        if self.shape_rule is not None or numbers:
            x = engine.asarray(x)
            return x if dtype is None else x.astype(dtype)
        return tree.map(lambda leaf: engine.asarray(leaf, dtype), x)

    def _neutralized(self, y_true: Tree, y_pred: Array, counts: Array) -> tuple[Tree, Array]:
        """Harmless numbers where nothing counts: a gradient through what is masked later would be NaN * 0."""
        counts = self._with_axis(counts, y_pred)
        if counts is None:
            return y_true, y_pred
        y_pred = xp.where(counts, y_pred, xp.asarray(self.neutral, y_pred.dtype))
        if not tree.is_nested(y_true):
            where = self._with_axis(counts[..., 0] if self.shape_rule == shapes.SPARSE else counts, y_true)
            if where is not None:
                y_true = xp.where(where, y_true, xp.asarray(0, y_true.dtype))
        return y_true, y_pred

    def _with_axis(self, counts: Array, x: Array) -> Array | None:
        """`counts` with axes of size 1 for those of `x` that it lacks; None where they don't fit."""
        axis = self.axis % x.ndim if isinstance(self.axis, int) and x.ndim else x.ndim
        if counts.ndim < x.ndim and counts.ndim > axis:
            counts = xp.expand_dims(counts, axis)
        fits = counts.ndim <= x.ndim and all(a in (1, b) for a, b in zip(counts.shape, x.shape, strict=False))
        return counts.reshape(tuple(counts.shape) + (1,) * (x.ndim - counts.ndim)) if fits else None

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        defaults = {p.name: p.default for p in inspect.signature(type(self)).parameters.values()}
        keep = {k: v for k, v in config.items() if k not in self.unwritten_defaults or v != defaults.get(k)}
        return {"name": keep.pop("name"), "reduction": keep.pop("reduction"), **keep}

    def _argument(self, name: str) -> Any:
        return self._dtype_given if name == "dtype" else super()._argument(name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class LossFunctionWrapper(Loss):
    """A function `(y_true, y_pred, **kwargs) -> values`, as a loss.

    Args:
        fn: The function.
        reduction: See `Loss`.
        name: By default the function's.
        dtype: See `Loss`.
        **kwargs: Given to `fn` at each call.

    Example:
        >>> loss = LossFunctionWrapper(lambda y_true, y_pred, scale: scale * abs(y_true - y_pred), name="d", scale=2.0)
        >>> float(loss(np.array([1.0]), np.array([1.5])))
        1.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or _name_of(fn), reduction, dtype)
        self.fn = fn
        self.fn_kwargs = kwargs
        self.shape_rule = SHAPE_RULES.get(fn)
        self.axis = kwargs.get("axis", -1)
        self.ignore_class = kwargs.get("ignore_class")

    def call(self, y_true: Tree, y_pred: Tree) -> Array:
        """The function's value."""
        return self.fn(y_true, y_pred, **self.fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, and the function's."""
        return super().get_config() | self.fn_kwargs

    def _squeezes(self) -> bool:
        return True  # Keras does, for every function


SHAPE_RULES: dict[Callable[..., Any], str] = {}
"""How targets and predictions must fit, for the functions that are known."""


def shape_rule(rule: str) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: targets and predictions of this function must fit so."""

    def note(fn: Callable[..., Any]) -> Callable[..., Any]:
        SHAPE_RULES[fn] = rule
        return fn

    return note


def reduce(values: Array, weight: Array | None, mask: Array | None, reduction: str | None, owner: str) -> Array:
    """One number of the values of the samples, as `Loss` says."""
    if values.ndim == 0 and weight is not None and weight.ndim > 0:
        values = xp.broadcast_to(values, weight.shape)
    if weight is not None:
        weight = shapes.align(weight, values.shape, "sample_weight", owner)
    if mask is not None:
        mask = shapes.align(mask, values.shape, "the mask", owner) if values.ndim else xp.any(mask)
    counts = None if mask is None and (weight is None or weight.ndim == 0) else _counting(mask, weight)
    if counts is not None:
        values = xp.where(counts, values, xp.zeros_like(values))
    weighted = values if weight is None else values * weight
    if reduction in (None, "none"):
        return weighted
    total = xp.sum(weighted)
    if reduction == "sum":
        return total
    return _quotient(total, _divisor(values, weight, mask, reduction))


def _divisor(values: Array, weight: Array | None, mask: Array | None, reduction: str | None) -> Any:
    if reduction != "mean_with_sample_weight" or weight is None:
        if mask is None:
            return float(values.size)
        return xp.sum(xp.broadcast_to(mask, values.shape).astype(values.dtype))
    used = weight if mask is None else xp.where(mask, weight, xp.zeros_like(weight))
    return xp.sum(xp.broadcast_to(used, values.shape))


def _quotient(total: Array, divisor: Any) -> Array:
    """0 where there is nothing to divide by."""
    if isinstance(divisor, float):
        return total / divisor if divisor else xp.zeros_like(total)
    return xp.where(divisor == 0, xp.zeros_like(total), total / xp.where(divisor == 0, xp.ones_like(divisor), divisor))


def _counting(mask: Array | None, weight: Array | None) -> Any:
    """Where a value counts: the mask holds, and the weight is not 0."""
    if weight is None or weight.ndim == 0:
        return mask
    return _both(mask, weight != 0)


def _both(mask: Array | None, counts: Array) -> Array:
    if mask is None:
        return counts
    ndim = max(mask.ndim, counts.ndim)
    return _of_rank(mask, ndim) & _of_rank(counts, ndim)


def _of_rank(x: Array, ndim: int) -> Array:
    return x.reshape(tuple(x.shape) + (1,) * (ndim - x.ndim))


def _mask_of(y_pred: Tree) -> Array | None:
    """The mask of the predictions; of several of them, the first that there is."""
    found = [mask for mask in map(masks.get, tree.leaves(y_pred)) if mask is not None]
    return engine.asarray(found[0], "bool") if found else None


def _name_of(fn: Any) -> str:
    return fn.__name__ if inspect.isfunction(fn) else snake_case(type(fn).__name__)
