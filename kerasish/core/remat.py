"""Rematerialization: computing intermediate results again when gradients need them, instead of keeping them."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.context import collected_losses, current_call, keep_losses, masks, scope
from kerasish.core.symbolic import any_symbolic
from kerasish.core.variable import Overlay, Variable

MODES = ("full", "activations", "larger_than", "list_of_layers", None)


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, whose intermediate results are not kept for its gradient: they are computed a second time.

    Less memory for more time. Variables that `f` assigns keep their new values; losses that it adds are kept.

    Args:
        f: A function of arrays, or a layer's `call`. Arguments that are not arrays are handed on as they are.

    Example:
        >>> int(remat(lambda x: x * 2)(3))
        6

    Source: Chen et al., 2016, https://arxiv.org/abs/1604.06174
    """

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Tree:
        if any_symbolic((args, kwargs)):
            return f(*args, **kwargs)
        return _run(f, args, kwargs)

    return call


def _run(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree:
    assigned: list[Variable] = []
    owners: list[Any] = []
    before = list(current_call().losses or ())
    leaves = tree.leaves((args, kwargs))
    given = [x for x in leaves if engine.is_array(x)]

    def of_arrays(arrays: list[Any], their_masks: list[Any]) -> Any:
        _set_masks(arrays, their_masks)
        found = iter(arrays)
        own_args, own_kwargs = tree.rebuild((args, kwargs), [next(found) if engine.is_array(x) else x for x in leaves])
        with Overlay() as overlay, scope(losses=[] if current_call().losses is not None else None):
            output, added = contextvars.copy_context().run(_with_losses, f, own_args, own_kwargs)
        pairs = overlay.assigned_besides(())
        assigned[:], owners[:] = [v for v, _ in pairs], [owner for owner, _ in added]
        return output, _masks_of(tree.leaves(output)), [value for _, value in pairs], [value for _, value in added]

    output, its_masks, values, added = engine.checkpoint(of_arrays)(given, _masks_of(given))
    _set_masks(tree.leaves(output), its_masks)
    for variable, value in zip(assigned, values, strict=True):
        variable.assign(value)
    if added or before:
        keep_losses(before + list(zip(owners, added, strict=True)))
    return output


def _masks_of(arrays: Sequence[Any]) -> list[Any]:
    return [masks.get(x) for x in arrays]


def _set_masks(arrays: Sequence[Any], found: Sequence[Any]) -> None:
    """Masks belong to arrays, and the inner trace has arrays of its own."""
    for x, mask in zip(arrays, found, strict=True):
        if mask is not None:
            masks.set(x, mask)


def _with_losses(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tree, list[Any]]:
    """What `f` returns, and the losses that it adds: they belong to the inner trace, and go out of it as results."""
    keep_losses([])
    output = f(*args, **kwargs)
    inner = current_call().losses
    return output, collected_losses() if inner is None else inner


class RematScope:
    """Layers that are made inside it compute their intermediate results again when gradients need them.

    Args:
        mode: `"full"` and `"activations"`: every layer; `"larger_than"`: those whose output has more elements than
            `output_size_threshold`; `"list_of_layers"`: those named in `layer_names`; None: none.
        output_size_threshold: See `mode`.
        layer_names: See `mode`.

    Example:
        >>> with RematScope("list_of_layers", layer_names=["encoder"]):
        ...     applies_to("encoder"), applies_to("head")
        (True, False)
    """

    def __init__(
        self, mode: str | None = "full", output_size_threshold: int = 1024, layer_names: Sequence[str] | None = None
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"RematScope's mode must be one of {', '.join(map(repr, MODES))}; got {mode!r}.")
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or ())

    def __enter__(self) -> RematScope:
        self._token = _scope.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _scope.reset(self._token)


_scope: ContextVar[RematScope | None] = ContextVar("kerasish_remat", default=None)


def current_scope() -> RematScope | None:
    """The innermost `RematScope`, or None."""
    return _scope.get()


def applies_to(layer_name: str, output_size: int | None = None, remat_scope: RematScope | None = None) -> bool:
    """Whether a layer of this name is rematerialized in the scope.

    Args:
        output_size: The number of elements of its output, which one mode asks for.
        remat_scope: By default the innermost.
    """
    remat_scope = remat_scope or current_scope()
    if remat_scope is None or remat_scope.mode is None:
        return False
    if remat_scope.mode == "list_of_layers":
        return layer_name in remat_scope.layer_names
    return remat_scope.mode != "larger_than" or (output_size or 0) > remat_scope.output_size_threshold
