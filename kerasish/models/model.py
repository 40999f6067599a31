"""`Model`: a layer that can be trained, summarized and saved."""

from __future__ import annotations

import json
from typing import Any, Self

from kerasish import saving
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.configurable import serialize
from kerasish.core.context import masks
from kerasish.core.names import unique_name
from kerasish.core.registry import did_you_mean
from kerasish.core.symbolic import Operation, abstract_eval
from kerasish.layers import building
from kerasish.layers.layer import Layer
from kerasish.models import checks, inputs as model_inputs
from kerasish.models.costs import costs_of
from kerasish.models.exploring import Exploring
from kerasish.models.graph import Graph
from kerasish.models.graph_config import FUNCTIONAL, graph_from_config, graph_to_config
from kerasish.models.host import Prepared
from kerasish.models.inputs import holds_strings
from kerasish.models.outputs import names_of
from kerasish.models.step import CompiledMethod
from kerasish.models.summary import print_summary


class Model(Exploring):
    """A layer that can be trained.

    Either give `inputs` and `outputs`, and the model is the graph between them;
    or write a subclass with a `call` of its own.

    A `training=...` that was given while the graph was made stays as it is, as in `base(x, training=False)`;
    in Keras 3.15, `fit` and `predict` overrule it. The only output of a list is returned without the list.

    Args:
        inputs: A symbolic tensor, or a list or dict of them; see `Input`.
        outputs: What was made of them.
        name: By default the class's name and a number.

    Example:
        >>> import numpy as np
        >>> from kerasish.layers import Dense, Input
        >>> x = Input((4,))
        >>> model = Model(x, Dense(2)(x))
        >>> model.predict(np.zeros((3, 4), "float32")).shape
        (3, 2)
    """

    supports_masking = True
    takes_strings = True

    def __init__(self, inputs: Tree = None, outputs: Tree = None, **kwargs: Any) -> None:
        if (inputs is None) != (outputs is None):
            raise ValueError("Give a model both `inputs` and `outputs`, or neither and write its `call`.")
        if outputs is not None and "name" not in kwargs and type(self) is Model:
            kwargs["name"] = unique_name("functional")
        super().__init__(**kwargs)
        self.programs: dict[Any, CompiledMethod] = {}
        self.graph: Graph | None = None
        self.graph_layers: list[Layer] = []
        if outputs is not None:
            self.set_graph(Graph(inputs, outputs))

    def set_graph(self, graph: Graph | None) -> None:
        """Make the model the computation of `graph`."""
        self.graph = graph
        self.graph_layers = [x for x in graph.operations if isinstance(x, Layer)] if graph else []
        self.built = graph is not None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"programs": {}}  # a copy compiles its own

    # Computation ---------------------------------------------------------------------------------------------------
    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Tree:
        if self.graph is None:
            raise NotImplementedError(
                f"Model {self.name!r} has no `call`: write one in {type(self).__name__}, or make the model from "
                "`inputs` and `outputs`."
            )
        del training  # in the context of the call
        if isinstance(inputs, Prepared):
            return self.graph.finish(inputs)
        values = model_inputs.arrange(self.graph, inputs, self.name)
        if mask is not None:
            for value, one in zip(values, tree.leaves(mask), strict=False):
                masks.set(value, one)
        return self.graph.run(values)

    # Strings -------------------------------------------------------------------------------------------------------
    def prepare_on_host(self, x: Tree) -> Tree:
        """What is done to a batch of inputs on the host, before the compiled step takes it.

        In a functional or sequential model, these are the calls on strings. A model with a `call` of its own may
        override it: what it returns is what `call` gets in `fit`, `evaluate` and `predict`.
        """
        if self.graph is None or self.graph.host is None:
            return x
        return self.graph.host.prepare(model_inputs.arrange(self.graph, x, self.name, on_device=False))

    def prepares_on_host(self) -> bool:
        """Whether `prepare_on_host` does anything."""
        return type(self).prepare_on_host is not Model.prepare_on_host or self._has_host_part()

    def _has_host_part(self) -> bool:
        return self.graph is not None and self.graph.host is not None

    def prepares_by_row(self) -> bool:
        """Whether `prepare_on_host` gives a row the same whatever rows are beside it."""
        whole = not self.prepares_on_host()
        return whole or (self.graph is not None and self.graph.host is not None and self.graph.host.by_row())

    def _preparation(self, x: Any) -> Preparation | None:
        if self.prepares_on_host():
            return Preparation(self)
        if self.graph is None and any(x.takes_strings for x in self.layers_inside()[1:]) and holds_strings(x):
            raise TypeError(
                f"Model {self.name!r} has a `call` of its own, which is compiled, and compiled programs take no "
                "strings. Write `def prepare_on_host(self, x)` beside it: it gets each batch first, and returns what "
                "`call` takes, as in `return self.vectorize.run_on_host(x)`. Or make the model from Inputs."
            )
        return None

    def _column_inputs(self) -> list[str] | None:
        if self.graph is None:
            return None
        if isinstance(self.graph.inputs, dict):
            return list(self.graph.inputs)
        return self.graph.input_names if len(self.graph.input_names) > 1 else None

    def _is_whole_on_host(self) -> bool:
        return self.graph is not None and self.graph.host is not None and self.graph.host.is_whole

    def splits_on_host(self) -> bool:
        return self.graph is not None and self.graph.host is not None and not self.graph.host.is_whole

    def prepared_shapes(self, x: Tree) -> Tree:
        """What `prepare_on_host` would return for symbolic tensors."""
        assert self.graph is not None and self.graph.host is not None
        return self.graph.host.shapes(model_inputs.arrange(self.graph, x, self.name))

    def host_spec(self, *args: Any, **kwargs: Any) -> Tree:
        if self.graph is None or self.graph.host is None:
            return super().host_spec(*args, **kwargs)
        return super()._shaped((self.prepared_shapes(args[0]),), {})

    def _pass_mask(self, args: tuple[Any, ...], mask: Any, outputs: Tree) -> None:
        """The masks of the outputs are those that the layers inside gave them."""

    def build(self, input_shape: Any) -> None:
        """Make the weights, for inputs of this shape, by a call that computes nothing."""
        if self.graph is None:
            abstract_eval(lambda x: self._run((x,), {}), building.symbolic_like(input_shape, self.input_dtype))

    def _build_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if type(self).build is not Model.build:
            super()._build_for(args, kwargs)
        elif len(args) == 1:
            self.build_shapes = {"input_shape": tree.map(lambda x: (None, *x.shape[1:]), args[0])}
        self.built = True  # the layers inside are built when the call meets them

    @property
    def fixed_batch_size(self) -> int | None:
        """How many samples a batch must have, as the `Input`s of a functional model say; None: any number."""
        sizes = [x.shape[0] for x in self.graph.input_tensors if x.shape] if self.graph else []
        return next((size for size in sizes if size is not None), None)

    def check_inputs(self, x: Tree) -> None:
        if self.graph is not None and not isinstance(x, Prepared):
            model_inputs.arrange(self.graph, x, self.name)

    def check_outputs(self, losses: list[Any], names: list[str]) -> None:
        if self.graph is not None:
            checks.check_outputs(self.graph.output_tensors, losses, names)

    def output_names_of(self, y_pred: Tree) -> list[str]:
        return names_of(y_pred, self.output_names)

    # Parts ---------------------------------------------------------------------------------------------------------
    @property
    def layers(self) -> list[Layer]:
        """The layers, not those inside other layers."""
        if self.graph is not None:
            return self.graph_layers
        found = [x for path, x in self.held() if isinstance(x, Layer)]
        return list({id(x): x for x in found}.values())

    @property
    def operations(self) -> list[Operation]:
        """The layers and ops of a functional model, in order."""
        return list(self.graph.operations) if self.graph else list(self.layers)

    def graph_operations(self) -> list[Operation]:
        return self.operations if self.graph else []

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs of a functional model."""
        return self._graph("inputs").input_tensors

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs of a functional model."""
        return self._graph("outputs").output_tensors

    @property
    def input(self) -> Tree:
        """The symbolic inputs, in the structure in which they were given."""
        return self._graph("input").inputs

    @property
    def output(self) -> Tree:
        """The symbolic outputs, in the structure in which they were given."""
        return self._graph("output").outputs

    @property
    def input_shape(self) -> Any:
        """The shape of the input; of several, their structure."""
        return self.inputs[0].shape if len(self.inputs) == 1 else tree.map(lambda x: x.shape, self.input)

    @property
    def output_shape(self) -> Any:
        """The shape of the output; of several, their structure."""
        return self.outputs[0].shape if len(self.outputs) == 1 else tree.map(lambda x: x.shape, self.output)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return self._graph("input_names").input_names

    @property
    def output_names(self) -> list[str] | None:
        """The names of the outputs of a functional model; None for others."""
        return self.graph.output_names if self.graph else None

    def _graph(self, what: str) -> Graph:
        if self.graph is None:
            raise AttributeError(
                f"Model {self.name!r} has no `{what}`: only a model made from symbolic tensors has, or a Sequential "
                "one that begins with an Input or has been built."
            )
        return self.graph

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place in `layers`."""
        if (name is None) == (index is None):
            raise ValueError(f"get_layer takes a name or an index; got name={name!r} and index={index!r}.")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"Model {self.name!r} has {len(self.layers)} layers; there is no layer {index}.")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"Model {self.name!r} has no layer named {name!r}.{did_you_mean(name, [x.name for x in self.layers])}"
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: list[str] | tuple[str, str] | None = None,
        flops: bool = False,
        batch_size: int = 1,
        input_shape: Any = None,
    ) -> None:
        """Print a table of the layers: output shapes, numbers of parameters, connections.

        Args:
            line_length, positions, print_fn, expand_nested, show_trainable, layer_range: See `print_summary`.
            flops: Whether to show how many operations on floating numbers the forward pass of each layer takes (a
                multiply-add is 2, a layer called twice counts twice, loops of unknown length count once), and an
                estimate of memory. Both follow from shapes; nothing is run.
            batch_size: Rows of the batch that `flops` is of.
            input_shape: For `flops`: the shape of the inputs, with None for the batch, where the model doesn't know
                its sizes; for several inputs their structure.

        Raises:
            ValueError: for `flops`, if there are sizes that are not known.
            NotImplementedError: for `flops`, on the NumPy backend.
        """
        costs = costs_of(self, batch_size, input_shape) if flops else None
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range, costs)

    # Configs and files ---------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        if self.graph is not None and type(self).__init__ is Model.__init__:
            return graph_to_config(self.graph, self.name, self.trainable)
        config = super().get_config()
        for name in ("inputs", "outputs"):
            if not building.names_argument(type(self), Model, name):
                config.pop(name, None)
        return config

    def _argument(self, name: str) -> Any:
        is_own = name in ("inputs", "outputs") and not building.names_argument(type(self), Model, name)
        return None if is_own else super()._argument(name)

    def written_as(self) -> tuple[str, str] | None:
        """Keras's `(module, class name)` for this model in files."""
        return FUNCTIONAL if type(self) is Model and self.graph is not None else super().written_as()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """The model that `get_config` described."""
        if "input_layers" not in config:
            return super().from_config(config)
        inputs, outputs = graph_from_config(config, custom_objects)[:2]
        model = cls(inputs, outputs, name=config.get("name"))
        if not config.get("trainable", True):
            model.trainable = False
        return model

    def to_json(self, **kwargs: Any) -> str:
        """The config of the model, as JSON text; `kwargs` are those of `json.dumps`."""
        return json.dumps(serialize(self), **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """The arguments of `compile`, as JSON can hold them; None if it was not called."""
        return None if self.training_setup is None else {k: serialize(v) for k, v in self.training_setup.given.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Call `compile` with what `get_compile_config` gave."""
        self.compile(**saving.revive_compile_config(config))
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Save the model, with its weights and the state of training, to a `.keras` or `.h5` file, as Keras opens."""
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
    ) -> None:
        """Save the weights to a `.weights.h5` or `.safetensors` file, or in shards; see `saving.save_weights`."""
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size, **kwargs)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load weights from a file of ours or of Keras's; see `saving.load_weights`. If that fails, nothing changes."""
        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)


class Preparation:
    """A model's `prepare_on_host`, as the data takes it."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, x: Tree) -> Tree:
        return self._model.prepare_on_host(x)

    def is_needed(self) -> bool:
        """Whether it does anything: known after the first batch, which may build the model."""
        return self._model.prepares_on_host()

    def by_row(self) -> bool:
        """Whether a row gives the same whatever rows are beside it."""
        return self._model.prepares_by_row()
