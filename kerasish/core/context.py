"""What a call passes on to the calls inside it: training or not, the dtype, losses, the path of names; and masks."""

from __future__ import annotations

import contextlib
import dataclasses
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from kerasish.backend.interface import Array


@dataclasses.dataclass(slots=True)
class Call:
    """One call of a layer, seen from inside."""

    path: str = ""
    training: bool | None = None
    dtype: str | None = None
    """Floating variables are read in this dtype; None: in their own."""
    losses: list[tuple[Any, Array]] | None = None
    """`(layer, value)` for each `add_loss` since the outermost call began; None outside of calls."""


_NONE = Call()
_watch: ContextVar[Callable[[Any, tuple[Any, ...], dict[str, Any]], None] | None] = ContextVar(
    "kerasish_watch", default=None
)
_listener: ContextVar[Callable[[str, Any, Any], None] | None] = ContextVar("kerasish_listener", default=None)
_call: ContextVar[Call] = ContextVar("kerasish_call", default=_NONE)
_last_losses: ContextVar[list[tuple[Any, Array]]] = ContextVar("kerasish_last_losses", default=[])  # noqa: B039


def current_call() -> Call:
    """The innermost call in progress, or one that says nothing."""
    return _call.get()


@contextlib.contextmanager
def watching() -> Iterator[list[Any]]:
    """A list of the layers that are called inside."""
    called: list[Any] = []
    with watching_calls(lambda layer, args, kwargs: called.append(layer)):
        yield called


@contextlib.contextmanager
def watching_calls(watcher: Callable[[Any, tuple[Any, ...], dict[str, Any]], None]) -> Iterator[None]:
    """Inside it, `watcher(layer, args, kwargs)` is called before each call of a layer."""
    token = _watch.set(watcher)
    try:
        yield
    finally:
        _watch.reset(token)


def note(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Say that `layer` is called, to whoever is watching."""
    watcher = _watch.get()
    if watcher is not None:
        watcher(layer, args, kwargs)


@contextlib.contextmanager
def listening(listener: Callable[[str, Any, Any], None]) -> Iterator[None]:
    """Inside it, `listener(path, layer, output)` is called after each call of a layer that computes something."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(layer: Any, output: Any) -> Any:
    """Say that `layer`, whose call is in progress, returns `output`, to whoever is listening; returns `output`."""
    listener = _listener.get()
    if listener is not None:
        listener(_call.get().path, layer, output)
    return output


class GradientListener(Protocol):
    """What is told of each differentiation."""

    def forward(self, fn: Callable[[], tuple[Array, Any]]) -> None:
        """A function that returns the loss, and more, is about to be differentiated."""
        ...

    def gradients(self, variables: Sequence[Any], gradients: Sequence[Array]) -> None:
        """These are the gradients of its loss."""
        ...


_gradient_listener: ContextVar[GradientListener | None] = ContextVar("kerasish_gradients", default=None)


def gradient_listener() -> GradientListener | None:
    """Who listens to differentiations; None, as a rule."""
    return _gradient_listener.get()


@contextlib.contextmanager
def listening_to_gradients(listener: GradientListener) -> Iterator[None]:
    """Inside it, `listener` is told of each call of `value_and_grad`."""
    token = _gradient_listener.set(listener)
    try:
        yield
    finally:
        _gradient_listener.reset(token)


def enter(call: Call) -> Any:
    """Begin `call`; returns the token for `leave`. Losses are those of the outermost call."""
    outer = _call.get()
    if outer.losses is None:
        call.losses = []
        _last_losses.set(call.losses)
    else:
        call.losses = outer.losses
    return _call.set(call)


def leave(token: Any) -> None:
    """End the call that `enter` began."""
    _call.reset(token)


def add_loss(layer: Any, value: Array) -> None:
    """Collect a loss that `layer` adds in the call in progress."""
    losses = _call.get().losses
    if losses is None:
        raise ValueError(
            f"add_loss of {layer.name!r} was called outside of any `call`, where nothing would add it to a loss. Call "
            "it in the layer's `call`; for a penalty on a weight, give the weight a regularizer."
        )
    losses.append((layer, value))


def collected_losses() -> list[tuple[Any, Array]]:
    """What was added in the outermost call: the one in progress, else the last one."""
    return _last_losses.get()


def keep_losses(losses: list[tuple[Any, Array]]) -> None:
    """Make these the losses of the call in progress, or, outside of calls, of the last one."""
    own = _call.get().losses
    if own is None:
        _last_losses.set(losses)
    else:
        own[:] = losses


@contextlib.contextmanager
def scope(**changes: Any) -> Iterator[Call]:
    """A context that differs from the current one in `changes`."""
    call = dataclasses.replace(_call.get(), **changes)
    token = _call.set(call)
    try:
        yield call
    finally:
        _call.reset(token)


def name_scope(name: str, **kwargs: Any) -> contextlib.AbstractContextManager[Call]:
    """Variables made inside have `name/` in front of their path."""
    del kwargs
    return scope(path=join(_call.get().path, name))


def join(path: str, name: str) -> str:
    """`path/name`."""
    return f"{path}/{name}" if path else name


class MaskTable:
    """Masks of arrays, kept beside them and not on them; an entry goes when its array does.

    Weak references, and not only the span of a call, so that `lstm(embedding(ids))` means the same inside and outside
    a model.
    """

    def __init__(self) -> None:
        self._masks: dict[int, tuple[weakref.ref[Any], Array]] = {}

    def get(self, x: Array) -> Array | None:
        """The mask of `x`: boolean, True where `x` counts; None if it has none."""
        reference, mask = self._masks.get(id(x), (None, None))
        return mask if reference is not None and reference() is x else None

    def set(self, x: Array, mask: Array | None) -> None:
        """Give `x` a mask, or with None take it away."""
        key = id(x)
        if mask is None:
            self._masks.pop(key, None)
            return

        def forget(reference: weakref.ref[Any]) -> None:
            if self._masks.get(key, (None,))[0] is reference:
                del self._masks[key]

        with contextlib.suppress(TypeError):  # a scalar, which can't be referred to weakly and needs no mask
            self._masks[key] = (weakref.ref(x, forget), mask)


masks = MaskTable()
