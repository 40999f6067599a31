"""`Loss`: a function of targets and predictions, with weights, masks and a reduction."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish.backend import engine, floatx
from kerasish.backend.interface import Array, Tree
from kerasish.core import policies, tree
from kerasish.core.configurable import Configurable
from kerasish.core.names import snake_case, unique_name
from kerasish.losses import shapes
from kerasish.losses.masking import both, counting, mask_of, neutralized, reduced

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
        mask = mask_of(y_pred)
        y_true, y_pred = self._prepared(y_true, y_pred)
        weight = None if sample_weight is None else engine.asarray(sample_weight, self.dtype)
        if self.ignore_class is not None and self.shape_rule == shapes.SPARSE:
            mask = both(mask, y_true != self.ignore_class)
        per_row = mask is not None or (weight is not None and weight.ndim > 0)
        as_rows = per_row and self.shape_rule == shapes.ELEMENTWISE and y_pred.ndim == 1
        if as_rows:  # one number per sample: the mean over the last axis would be over the samples
            y_true, y_pred = y_true[:, None], y_pred[:, None]
        if per_row and not tree.is_nested(y_pred):
            counts = counting(mask, weight)
            y_true, y_pred = neutralized(y_true, y_pred, counts, self.shape_rule, self.axis, self.neutral)
        values = engine.asarray(self.call(y_true, y_pred), self.dtype)
        if as_rows and weight is None:  # as without a mask, where it is the mean already, whatever the reduction
            return reduced(values, None, mask, "mean", self.name)
        return reduced(values, weight, mask, self.reduction, self.name)

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


def _name_of(fn: Any) -> str:
    return fn.__name__ if inspect.isfunction(fn) else snake_case(type(fn).__name__)
