"""`Variable`, a named array that can be assigned; `pure` and `value_and_grad`, which make functions of variables."""

from __future__ import annotations

import contextvars
import pathlib
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array, Shape
from kerasish.core.budget import take
from kerasish.core.configurable import Family
from kerasish.core.context import current_call, gradient_listener, join
from kerasish.core.dtypes import canonical, is_float_dtype, standardize_dtype
from kerasish.core.names import unique_name
from kerasish.core.operators import OPS, Operators
from kerasish.core.unfilled import waiting, zeros


class Variable(Operators):
    """A named array that can be assigned.

    Args:
        initializer: The first value: an array, a number, a function `(shape, dtype) -> array`, or the name of one.
        shape: Its shape, if `initializer` is a function.
        dtype: By default the array's, or `floatx()`.
        trainable: Whether an optimizer may change it.
        autocast: Whether a layer that computes in 16 bits reads it in 16 bits.
        aggregation: How replicas are merged: `"none"`, `"mean"`, `"sum"` or `"only_first_replica"`.
        synchronization: Accepted for Keras's sake; JAX's arrays need none.
        name: The last part of its path.
        layout: Accepted for Keras's sake.

    Example:
        >>> v = Variable(np.zeros(2, "float32"), name="v")
        >>> _ = v.assign_add(np.ones(2, "float32"))
        >>> v.numpy()
        array([1., 1.], dtype=float32)
    """

    def __init__(
        self,
        initializer: Any,
        shape: Shape | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ) -> None:
        self.name = name or unique_name("variable")
        self.path = join(current_call().path, self.name)
        if kwargs:
            raise TypeError(f"Variable {self.name!r} got an argument it does not know: {', '.join(kwargs)}.")
        self.trainable = trainable
        self.autocast = autocast
        self.aggregation = aggregation
        self.synchronization = synchronization
        self.layout = layout
        self.regularizer: Any = None
        self.constraint: Any = None
        self.overwrite_with_gradient = False
        # Outside the trace: a layer first met while a model is being traced gets a real array.
        with engine.outside_trace():
            self._value = _first_value(initializer, shape, dtype, self)
        self.shape = tuple(self._value.shape)
        self.dtype = standardize_dtype(self._value.dtype)
        self._floating = is_float_dtype(self.dtype)

    @property
    def value(self) -> Array:
        """The array: inside `pure`, the one that stands in; inside a layer, in the layer's compute dtype."""
        overlay = _overlay.get()
        value = self._value if overlay is None else overlay.read(self)
        dtype = current_call().dtype
        if dtype is not None and dtype != self.dtype and self._floating and self.autocast:
            return value.astype(dtype)
        return value

    def assign(self, value: Any) -> Array:
        """Set the value; it is cast to the variable's dtype, and must have its shape."""
        if isinstance(value, Variable):
            value = value.value
        shape = tuple(np.shape(value))
        if shape != self.shape:
            raise ValueError(f"The variable {self.path!r} has the shape {self.shape}; got a value of shape {shape}.")
        overlay = _overlay.get()
        if overlay is not None:
            value = engine.asarray(value, self.dtype)
            overlay.write(self, value)
            return value
        if engine.is_traced(value):
            raise RuntimeError(
                f"The variable {self.path!r} is assigned a traced value. Inside a function given to jit, grad or scan, "
                "a variable can't be assigned; wrap the function in `pure(fn, variables)` first."
            )
        self._value = engine.own(value, self.dtype)
        return self._value

    def adopt(self, value: np.ndarray) -> None:
        """Set the value to an array of the variable's shape that nobody else holds: it may be kept without a copy."""
        if _overlay.get() is not None or value.shape != self.shape:
            self.assign(value)
        else:
            self._value = engine.adopt(value, self.dtype)

    def assign_add(self, value: Any) -> Array:
        """Add `value` to the variable."""
        return self.assign(self._raw() + engine.asarray(_plain(value), self.dtype))

    def assign_sub(self, value: Any) -> Array:
        """Subtract `value` from the variable."""
        return self.assign(self._raw() - engine.asarray(_plain(value), self.dtype))

    def _raw(self) -> Array:
        overlay = _overlay.get()
        return self._value if overlay is None else overlay.read(self)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(np.prod(self.shape, dtype=np.int64))

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array of its own, which stays as it is when the variable changes."""
        return np.array(engine.to_numpy(self.value))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(engine.to_numpy(self.value), dtype)

    def __jax_array__(self) -> Array:
        return self.value

    def __len__(self) -> int:
        return self.shape[0]

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other if _has_identity(other) else OPS["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return self is not other if _has_identity(other) else OPS["not_equal"](self, other)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._value}>"


def _has_identity(other: object) -> bool:
    """Whether `variable == other` asks if both are the same one, as lists and dicts need, and not if values are."""
    return other is None or isinstance(other, Variable)


def _first_value(initializer: Any, shape: Shape | None, dtype: Any, variable: Variable) -> Array:
    path = variable.path
    if isinstance(initializer, str):
        initializer = _INITIALIZERS.get(initializer)
    if not callable(initializer):
        value = np.asarray(initializer) if isinstance(initializer, int | float | bool | list | tuple) else initializer
        if isinstance(value, Variable):
            value = value.value
        kind = None if dtype is None else standardize_dtype(dtype)
        if kind is None and isinstance(initializer, float | list | tuple) and value.dtype == np.float64:
            kind = standardize_dtype(None)
        return engine.own(value, canonical(kind or value.dtype))
    if shape is None or any(d is None for d in shape):
        raise ValueError(
            f"The shape of the variable {path!r} must be known when it is made; got {shape}. "
            "Give the layer an input whose axes that its weights depend on have a known size."
        )
    kind = canonical(dtype)
    sizes = tuple(int(d or 0) for d in shape)
    take(sizes, kind, path)
    later = waiting()
    if later is not None:
        later.add(variable, lambda: initializer(sizes, dtype=kind))
        return engine.adopt(zeros(sizes, kind), kind)
    value = engine.own(initializer(sizes, dtype=kind), kind)
    if tuple(value.shape) != sizes:
        raise ValueError(f"The initializer of {path!r} returned the shape {tuple(value.shape)}; expected {shape}.")
    return value


_INITIALIZERS = Family("initializer", "keras.initializers")


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, Variable) else x


class Overlay:
    """Values laid over some variables: inside it, what is read and assigned is the overlay, not the variable."""

    def __init__(self, variables: Iterable[Variable] = (), values: Iterable[Array] = ()) -> None:
        self._pairs = {id(v): (v, value) for v, value in zip(variables, values, strict=True)}
        self.assigned: dict[int, Variable] = {}
        self._below: Overlay | None = None

    def __enter__(self) -> Overlay:
        self._below = _overlay.get()
        self._token = _overlay.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _overlay.reset(self._token)

    def read(self, variable: Variable) -> Array:
        """The value of `variable`, as seen from inside."""
        if id(variable) in self._pairs:
            return self._pairs[id(variable)][1]
        return self._below.read(variable) if self._below else variable._value

    def write(self, variable: Variable, value: Array) -> None:
        """Assign `variable`, inside only."""
        self._pairs[id(variable)] = (variable, value)
        self.assigned[id(variable)] = variable

    def assigned_besides(self, variables: Iterable[Variable]) -> list[tuple[Variable, Array]]:
        """The `(variable, value)` pairs that were assigned, apart from `variables`."""
        known = {id(v) for v in variables}
        return [self._pairs[key] for key in self.assigned if key not in known]


_overlay: ContextVar[Overlay | None] = ContextVar("kerasish_overlay", default=None)


def pure(fn: Callable[..., Any], variables: Sequence[Variable]) -> Callable[..., tuple[Any, list[Array]]]:
    """Turn `fn`, which reads and assigns `variables`, into a function of their values.

    Args:
        fn: Any function or method.
        variables: Every variable that `fn` may assign.

    Returns:
        `run(values, *args) -> (what fn returned, the new values)`. It has no side effects.

    Raises:
        RuntimeError: `fn` assigned a variable that is not in `variables`.

    Example:
        >>> count = Variable(np.float32(0), name="count")
        >>> run = pure(lambda step: count.assign_add(step), [count])
        >>> output, (new,) = run([count.value], 2.0)
        >>> float(new), float(count)
        (2.0, 0.0)
    """

    def run(values: Sequence[Array], *args: Any) -> tuple[Any, list[Array]]:
        with Overlay(variables, values) as overlay:
            output = traced(fn, *args)
            new_values = [overlay.read(v) for v in variables]
        refuse_strays(fn, overlay.assigned_besides(variables))
        return output, new_values

    return run


def traced(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`fn(*args, **kwargs)`, in a copy of the context: what the call leaves there (losses) does not outlive the trace.

    Raises:
        TypeError: `fn` asked a traced array for its value; the error says what to do instead.
    """
    try:
        return contextvars.copy_context().run(fn, *args, **kwargs)
    except engine.tracer_errors as error:
        raise TypeError(
            f"An array was asked for its value while the program was being compiled, at {_users_line(error)}. Then "
            "arrays have shapes and no values: `if`, `while`, float(), int(), bool() and NumPy can't use them. Use "
            "kerasish.ops (ops.where, ops.cond, ops.while_loop), or see real values with compile(run_eagerly=True)."
        ) from error


def _users_line(error: BaseException) -> str:
    """Where the error arose: the innermost line that is neither the backend's nor ours."""
    lines = [x for x in traceback.extract_tb(error.__traceback__) if not _is_library(pathlib.Path(x.filename))]
    return f"{lines[-1].filename}:{lines[-1].lineno}: {lines[-1].line}" if lines else "an unknown line"


def _is_library(path: pathlib.Path) -> bool:
    return "site-packages" in path.parts or pathlib.Path(__file__).parents[1] in path.parents


def refuse_strays(fn: Callable[..., Any], strays: list[tuple[Variable, Array]]) -> None:
    """Raise if `fn` assigned variables that it was not told about."""
    if strays:
        raise RuntimeError(
            f"{getattr(fn, '__qualname__', fn)} assigned {', '.join(v.path for v, _ in strays)}, which it was not told "
            "about. Keep each variable as an attribute of a layer of the model, so that the model can find it."
        )


def value_and_grad(fn: Callable[[], tuple[Array, Any]], variables: Sequence[Variable]) -> Any:
    """Call `fn() -> (loss, aux)`, and differentiate the loss with respect to `variables`.

    Variables that `fn` assigns (running statistics, seeds, but also some of `variables`) keep their new values.

    Returns:
        `((loss, aux), gradients)`, one gradient for each of `variables`.

    Example:
        >>> w = Variable(np.float32(3), name="w")
        >>> (loss, _), (gradient,) = value_and_grad(lambda: (w.value**2, None), [w])
        >>> float(loss), float(gradient)
        (9.0, 6.0)
    """
    assigned: list[Variable] = []
    listener = gradient_listener()
    if listener is not None:
        listener.forward(fn)

    def loss_of(values: list[Array]) -> tuple[Array, Any]:
        with Overlay(variables, values) as overlay:
            # In a copy of the context, so that traced losses don't stay there.
            loss, aux = contextvars.copy_context().run(fn)
        pairs = overlay.assigned_besides(())
        assigned[:] = [v for v, _ in pairs]
        return loss, (aux, [value for _, value in pairs])

    (loss, (aux, new_values)), gradients = engine.value_and_grad(loss_of)([v._raw() for v in variables])
    for variable, value in zip(assigned, new_values, strict=True):
        variable.assign(value)
    if listener is not None:
        listener.gradients(variables, gradients)
    return (loss, aux), gradients
