"""How a layer is built and called: shapes handed to `build`, `training` and masks handed to `call`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish.backend.interface import Shape
from kerasish.core import tree
from kerasish.core.configurable import argument_names
from kerasish.core.context import current_call, masks, scope
from kerasish.core.registry import did_you_mean
from kerasish.core.symbolic import SymbolicTensor

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_ONLY)


def once(build: Callable[..., None]) -> Callable[..., None]:
    """Make `build` run at most once, under the layer's path, and leave no weights behind if it fails."""

    @functools.wraps(build)
    def build_once(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.built:
            return
        before = [(x, _attributes(x)) for x in self.layers_inside()]
        try:
            with scope(path=self.path, dtype=None):
                self.built_path = current_call().path
                build(self, *args, **kwargs)
        except BaseException:
            for layer, attributes in before:
                vars(layer).clear()
                vars(layer).update(attributes)
            raise
        given = inspect.signature(build).bind(self, *args, **kwargs).arguments
        self.build_shapes = _build_config(dict(list(given.items())[1:]))  # without `self`
        self.built = True

    return build_once


def _attributes(layer: Any) -> dict[str, Any]:
    """The attributes of `layer`, and copies of its lists, to go back to."""
    return {name: list(value) if type(value) is list else value for name, value in vars(layer).items()}


def _build_config(shapes: dict[str, Any]) -> dict[str, Any] | None:
    if not shapes:
        return None
    if len(shapes) == 1:
        return {"input_shape": next(iter(shapes.values()))}
    return {"shapes_dict": shapes}


def first_input_shape(cls: type, kwargs: dict[str, Any]) -> Shape | None:
    """The shape given to a layer by `input_shape`, `input_dim` or `batch_input_shape`, as in old Keras code.

    Raises:
        TypeError: `kwargs` holds anything else.
    """
    given = dict(kwargs)
    batch = given.pop("batch_size", None)
    shape: Shape | None = None
    if "batch_input_shape" in given or "batch_shape" in given:
        shape = tuple(given.pop("batch_input_shape", None) or given.pop("batch_shape"))
    elif "input_shape" in given:
        shape = (batch, *given.pop("input_shape"))
    elif "input_dim" in given:
        shape = (batch, given.pop("input_dim"))
    if given:
        names = ", ".join(map(repr, given))
        near = did_you_mean(next(iter(given)), argument_names(cls))
        raise TypeError(f"{cls.__name__} got an argument that it doesn't know: {names}.{near}"[:600])
    return shape


class CallSignature:
    """What a layer's `call` takes."""

    def __init__(self, call: Callable[..., Any]) -> None:
        parameters = [p for p in list(inspect.signature(call).parameters.values())[1:] if p.kind in NAMED]
        self.names = [p.name for p in parameters]
        self.defaults = {p.name: p.default for p in parameters}
        self.takes_training = "training" in self.names
        self.training_index = self.names.index("training") if self.takes_training else len(self.names) + 99
        self.mask_names = {
            name: f"{name}_mask" if index or "mask" not in self.names else "mask"
            for index, name in enumerate(self.names)
            if f"{name}_mask" in self.names or (index == 0 and "mask" in self.names)
        }

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name."""
        return dict(zip(self.names, args, strict=False)) | kwargs

    def training_given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The argument `training`; None if there is none."""
        return args[self.training_index] if len(args) > self.training_index else kwargs.get("training")

    def add_training(self, args: tuple[Any, ...], kwargs: dict[str, Any], training: bool | None) -> None:
        """Put `training` into `kwargs` where `call` takes it, and out of them where it doesn't."""
        if not self.takes_training:
            kwargs.pop("training", None)
        elif len(args) <= self.training_index and kwargs.get("training") is None:
            default = self.defaults["training"]
            fallback = False if default is inspect.Parameter.empty else default
            kwargs["training"] = fallback if training is None else training

    def add_masks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Put the masks of the inputs into `kwargs` where `call` takes them; returns that of the first input."""
        given = self.arguments(args, kwargs)
        first = self.names[0] if self.names else None
        for name, mask_name in self.mask_names.items():
            if name in given and given.get(mask_name) is None and mask_name in self.names[len(args) :]:
                found = _masks_of(given[name])
                if found is not None:
                    kwargs[mask_name] = found
        if first is None or first not in given:
            return None
        explicit = kwargs.get(self.mask_names[first]) if first in self.mask_names else None
        return _masks_of(given[first]) if explicit is None else explicit


def _masks_of(x: Any) -> Any:
    """The masks of a tensor, or of each of a structure of them; None if there are none at all."""
    if not tree.is_nested(x):
        return masks.get(x)
    found = tree.map(masks.get, x)
    return None if all(mask is None for mask in tree.leaves(found)) else found


@functools.cache
def call_signature(cls: type) -> CallSignature:
    """What the `call` of this class of layers takes."""
    return CallSignature(cls.call)  # pyright: ignore[reportAttributeAccessIssue]


def names_argument(cls: type, base: type, name: str) -> bool:
    """Whether a constructor below `base` names this argument."""
    for one in cls.__mro__:
        if one is base:
            return False
        if "__init__" in vars(one) and name in inspect.signature(vars(one)["__init__"]).parameters:
            return True
    return False


@functools.cache
def declared(cls: type, what: str) -> dict[str, Any]:
    """What a class, and those that it comes from, declare in a dict of the name `what`."""
    return {name: x for base in reversed(cls.__mro__) for name, x in vars(base).get(what, {}).items()}


def shapes_for(
    build: Callable[..., None], signature: CallSignature, args: tuple[Any, ...], kwargs: dict[str, Any], layer: str
) -> dict[str, Any]:
    """The arguments of `build`: shapes of the arguments of `call`."""
    given = signature.arguments(args, kwargs)
    parameters = [p for p in inspect.signature(build).parameters.values() if p.kind in NAMED]
    if not parameters:
        return {}
    by_name = {p.name: given.get(p.name.removesuffix("_shape")) for p in parameters}
    if len(parameters) == 1:  # a `call(*inputs)` names none of them
        return {parameters[0].name: shape_of(next(iter(given.values()), args[0] if args else None))}
    found = {name: shape_of(x) for name, x in by_name.items() if x is not None}
    missing = [p.name for p in parameters if p.name not in found and p.default is p.empty]
    if missing:
        raise ValueError(
            f"The `build` of layer {layer!r} takes {', '.join(missing)}, for which the call has no argument: "
            f"name each argument of `build` after one of `call`, as in `query_shape` for `query`."
        )
    return found


def named_for(build: Callable[..., None], shapes: dict[str, Any]) -> dict[str, Any]:
    """`shapes` under the names that `build` gives its arguments."""
    parameters = [p.name for p in inspect.signature(build).parameters.values() if p.kind in NAMED]
    if parameters and (len(parameters) == len(shapes) == 1 or list(shapes) == ["input_shape"]):
        return {parameters[0]: next(iter(shapes.values()))}
    return {name: shape for name, shape in shapes.items() if name in parameters}


def shape_of(x: Any) -> Any:
    """The shape of a tensor, as a tuple; of a structure of tensors, the structure of shapes."""
    return tree.map(lambda leaf: tuple(leaf.shape) if leaf is not None else None, _arrays(x))


def _arrays(x: Any) -> Any:
    return tree.map(lambda leaf: np.asarray(leaf) if isinstance(leaf, int | float | bool) else leaf, x)


def is_shape(x: Any) -> bool:
    """Whether `x` is one shape, and not a structure of shapes."""
    return isinstance(x, list | tuple) and all(d is None or isinstance(d, int | np.integer) for d in x)


def as_shape(x: Any) -> Any:
    """Shapes read from JSON, as tuples."""
    if is_shape(x):
        return tuple(x)
    if isinstance(x, dict):
        return {key: as_shape(value) for key, value in x.items()}
    return [as_shape(value) for value in x] if isinstance(x, list | tuple) else x


def symbolic_like(shapes: Any, dtype: str) -> Any:
    """Symbolic tensors of these shapes."""
    if is_shape(shapes):
        return SymbolicTensor(tuple(shapes), dtype)
    if isinstance(shapes, dict):
        return {key: symbolic_like(value, dtype) for key, value in shapes.items()}
    return [symbolic_like(value, dtype) for value in shapes]
