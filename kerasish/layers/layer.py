"""`Layer`: constructor arguments, variables, computation. Everything common to layers is here."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasish import regularizers
from kerasish.backend import engine
from kerasish.backend.interface import Array, Shape, Tree
from kerasish.core import tree
from kerasish.core.configurable import Configurable
from kerasish.core.context import (
    Call,
    add_loss,
    collected_losses,
    current_call,
    enter,
    join,
    leave,
    masks,
    note,
    report,
    scope,
)
from kerasish.core.names import check_name, snake_case, unique_name
from kerasish.core.policies import cast_floats
from kerasish.core.remat import applies_to, current_scope, remat
from kerasish.core.strings import is_strings
from kerasish.core.symbolic import Node, Operation, abstract_eval, any_symbolic
from kerasish.core.variable import Overlay, Variable, pure
from kerasish.layers import building
from kerasish.layers.host import HostSide
from kerasish.layers.input_spec import check
from kerasish.layers.weights import Weights


class Layer(Weights, HostSide, Configurable, Operation):
    """Subclasses write `__init__` (arguments), `build` (variables) and `call` (computation).

    Args:
        activity_regularizer: A penalty on the output, added to the loss; divided by the batch size.
        trainable: Whether the optimizer may change this layer's weights.
        dtype: A dtype or a policy: in what the layer computes and keeps its weights.
        autocast: Whether floating inputs are cast to the dtype that the layer computes in.
        name: Unique among the layers of a model. By default, the class's name and a number.

    Example:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")
        ...     def call(self, x):
        ...         return x * self.factor
        >>> Scale()(np.ones((2, 3), "float32")).shape
        (2, 3)
    """

    built = False
    built_path = ""
    supports_masking = False
    mixes_samples = False
    """Whether an output row depends on other rows of the batch: always (True), or `"training"`: only then."""
    input_spec: Any = None
    unwritten: Mapping[str, Any] = {}
    """Arguments that Keras's config lacks, with the value at which ours lacks them too; `...` means: at any."""
    also_written: Mapping[str, Any] = {}
    """What Keras's config has though it is no argument here, with its value."""

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        kind = type(self).__name__
        self.nodes: list[Node] = []
        self.name = check_name(name, kind) if name is not None else unique_name(snake_case(kind))
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.autocast = autocast
        self.dtype_policy = dtype
        self._remat_scope = current_scope()
        self.first_input_shape: Shape | None = building.first_input_shape(type(self), kwargs)
        self.build_shapes: dict[str, Any] | None = None
        self._trainable = bool(trainable)
        self._own_trainable: list[Variable] = []
        self._own_fixed: list[Variable] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = building.once(cls.build)

    # What subclasses write -----------------------------------------------------------------------------------------
    def build(self, input_shape: Any) -> None:
        """Make the variables whose shape depends on the input's. May take `<argument>_shape` for each argument."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Tree:
        """The output. May take `training` and `mask` (for further arguments, `<argument>_mask`) too."""
        raise NotImplementedError(f"{type(self).__name__} has no `call` method: write one that returns the output.")

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the output: by default that of the input."""
        return previous_mask

    def graph_operations(self) -> list[Operation]:
        """The layers and ops that this layer is a graph of; empty if it is none."""
        return []

    # Losses --------------------------------------------------------------------------------------------------------
    def add_loss(self, loss: Any) -> None:
        """Add a scalar, or each of a list of them, to the loss of the call in progress. Call it in `call`."""
        for value in loss if isinstance(loss, list | tuple) else [loss]:
            add_loss(self, value)

    @property
    def losses(self) -> list[Array]:
        """What the last call added by `add_loss`, and the penalties on weights."""
        inside = self.layers_inside()
        known = {id(layer) for layer in inside}
        added = [value for layer, value in collected_losses() if id(layer) in known]
        penalized = [v for v in self.weights if v.regularizer is not None and v.trainable]
        return added + [v.regularizer(v) for v in penalized]

    # Calls ---------------------------------------------------------------------------------------------------------
    def __call__(self, *args: Any, **kwargs: Any) -> Tree:
        if "_dtype_policy" not in vars(self):
            raise RuntimeError(f"Write `super().__init__(**kwargs)` at the start of {type(self).__name__}.__init__.")
        signature = building.call_signature(type(self))
        outer = current_call()
        given = signature.training_given(args, kwargs)
        call = Call(join(outer.path, self.name), outer.training if given is None else bool(given))
        token = enter(call)
        note(self, args, kwargs)
        try:
            self._check_input(args)
            if not self.built:
                self._build_for(args, kwargs)
                self._check_input(args)  # `build` may demand more
            if any_symbolic((args, kwargs)):
                return self._record(args, kwargs)
            return report(self, self._run(args, kwargs))
        finally:
            leave(token)

    def _check_input(self, args: tuple[Any, ...]) -> None:
        if self.input_spec is not None and args:
            check(self.input_spec, args[0], self.name)

    def _build_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.build(**building.shapes_for(self.build, building.call_signature(type(self)), args, kwargs, self.name))
        self.built = True

    def _record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree:
        outputs = self._shaped(args, kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Tree:
        """Record the call, and return symbolic tensors."""
        return self(*args, **kwargs)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree:
        signature, call = building.call_signature(type(self)), current_call()
        args, kwargs = self._prepare(args, kwargs)
        mask = signature.add_masks(args, kwargs)
        signature.add_training(args, kwargs, call.training)
        call.dtype = self.compute_dtype if self.autocast else None
        outputs = self._call_or_remat(args, kwargs)
        if self.activity_regularizer is not None:
            for output in tree.leaves(outputs):
                self.add_loss(self.activity_regularizer(output) / output.shape[0])
        self._pass_mask(args, mask, outputs)
        return outputs

    def _call_or_remat(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree:
        """`call`; under a `RematScope` that was open when the layer was made, without keeping what it computes."""
        chosen = self._remat_scope
        if chosen is None:
            return self.call(*args, **kwargs)
        size = None
        if chosen.mode == "larger_than":
            with Overlay():
                found = engine.shapes_of(lambda: self.call(*args, **kwargs))
            size = sum(math.prod(x.shape) for x in tree.leaves(found) if x is not None)
        return (remat(self.call) if applies_to(self.name, size, chosen) else self.call)(*args, **kwargs)

    def _prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        self.check_strings(args, kwargs)
        converted = tree.map(_to_device, (args, kwargs))
        return cast_floats(converted, self.compute_dtype) if self.autocast else converted

    def _pass_mask(self, args: tuple[Any, ...], mask: Any, outputs: Tree) -> None:
        makes_mask = type(self).compute_mask is not Layer.compute_mask
        if not args or (not makes_mask and (mask is None or all(m is None for m in tree.leaves(mask)))):
            return
        if not self.supports_masking and not makes_mask:
            warnings.warn(
                f"Layer {self.name!r} of type {type(self).__name__} got a masked input and loses the mask: it doesn't "
                "support masking. Set `self.supports_masking = True` in it if its output has the same time steps.",
                stacklevel=2,
            )
            return
        new = self.compute_mask(args[0], mask)
        found = tree.leaves(new) if new is not None else []
        for output, one in zip(tree.leaves(outputs), found, strict=False):
            masks.set(output, one)

    def stateless_call(
        self,
        trainable_variables: Sequence[Array],
        non_trainable_variables: Sequence[Array],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """The call as a function of the values of the variables.

        Returns:
            `(outputs, new values of the non-trainable variables)`, and with `return_losses` the losses too.
        """
        if not self.built:
            raise ValueError(f"{self.name!r} has no variables yet: call it, or `build` it, before `stateless_call`.")
        trainable, fixed = self.trainable_variables, self.non_trainable_variables
        if len(trainable) != len(trainable_variables) or len(fixed) != len(non_trainable_variables):
            raise ValueError(
                f"{self.name!r} has {len(trainable)} trainable and {len(fixed)} non-trainable variables; "
                f"stateless_call got {len(trainable_variables)} and {len(non_trainable_variables)} values."
            )

        def call() -> tuple[Tree, list[Array]]:
            outputs = self(*args, **kwargs)
            return outputs, self.losses if return_losses else []

        known = {id(v) for v in (*trainable, *fixed)}
        metrics = [v for v in self.every_variable() if id(v) not in known]  # what `call` shows them is forgotten
        run = pure(call, [*trainable, *fixed, *metrics])
        given = [*trainable_variables, *non_trainable_variables, *metrics]
        (outputs, losses), new = run([x.value if isinstance(x, Variable) else x for x in given])
        updated = new[len(trainable) : len(known)]
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    # Shapes and configs --------------------------------------------------------------------------------------------
    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Tree:
        """What the call would return, as symbolic tensors. Builds the layer."""
        if not self.built:
            self._build_for(args, kwargs)
        return self._shaped(args, kwargs)

    def _shaped(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree:
        if self.takes_strings and self.runs_on_host(args, kwargs):
            return self.host_spec(*args, **kwargs)
        with scope(losses=[]):  # losses have no values here
            return abstract_eval(lambda *a, **k: self._run(a, k), *args, **kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for an input of this shape. Builds the layer."""
        inputs = [building.symbolic_like(shape, self.input_dtype) for shape in [*args, *kwargs.values()]]
        outputs = self.compute_output_spec(*inputs)
        return tree.map(lambda x: x.shape, outputs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        config = super().get_config()
        if config.get("activity_regularizer") is None and not building.names_argument(
            type(self), Layer, "activity_regularizer"
        ):
            config.pop("activity_regularizer", None)
        if config.get("autocast", True):
            config.pop("autocast", None)
        for name, value in building.declared(type(self), "unwritten").items():
            if value is ... or config.get(name) == value:
                config.pop(name, None)
        config = building.declared(type(self), "also_written") | config
        own = {key: config.pop(key) for key in ("name", "trainable", "dtype") if key in config}
        return own | config

    def _argument(self, name: str) -> Any:
        return self.dtype_policy if name == "dtype" else super()._argument(name)

    def get_build_config(self) -> dict[str, Any] | None:
        """The input shapes that the layer was built for."""
        return self.build_shapes

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the layer for the shapes that `get_build_config` gave."""
        if self.built or not config:
            return
        shapes = config.get("shapes_dict") or {"input_shape": config.get("input_shape")}
        if any(shape is not None for shape in shapes.values()):
            self.build(**building.named_for(self.build, {k: building.as_shape(v) for k, v in shapes.items()}))
            self.built = True

    def save_own_variables(self, store: dict[str, Any]) -> None:
        """Put this layer's own weights into `store`, numbered."""
        store.update({str(index): v.numpy() for index, v in enumerate(self.own_weights())})

    def load_own_variables(self, store: Any) -> None:
        """Set this layer's own weights from `store`, numbered."""
        weights = self.own_weights()
        if len(store) != len(weights):
            raise ValueError(f"Layer {self.name!r} has {len(weights)} own weights; the file has {len(store)} for it.")
        for index, variable in enumerate(weights):
            variable.assign(store[str(index)])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _to_device(x: Any) -> Any:
    return engine.asarray(x) if isinstance(x, np.ndarray) and not is_strings(x) else x
