"""Configs as Keras 2 wrote them, and as old `.h5` files have them, made configs of today."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from kerasish.core.configurable import argument_names
from kerasish.core.registry import find_public, get_registered_object
from kerasish.layers.layer import Layer
from kerasish.ops.names import OP_NAMES
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError

_TENSOR = "__keras_tensor__"
_MODELS = {"Model": "Functional", "Functional": "Functional", "Sequential": "Sequential"}
_HOMES = {"Functional": "keras.src.models.functional", "Sequential": "keras"}
_MODULES = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "activation": "keras.activations",
}
"""Where the objects are that arguments of these endings hold, as in `kernel_initializer`."""
_ELSEWHERE = ("keras.layers", "keras", "keras.models", *_MODULES.values(), "keras.losses", "keras.metrics")
_RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "SeparableConv2D": {"kernel_initializer": "depthwise_initializer"},
}
_NEUTRAL: dict[str, Any] = {
    "time_major": False,
    "implementation": ...,  # every value: how it is computed, not what
    "zero_output_for_mask": ...,
    "groups": 1,
    "input_length": ...,
    "input_dim": ...,
    "input_shape": ...,
    "batch_input_shape": ...,
    "ragged": False,
    "sparse": False,
    "expects_training_arg": ...,
    "query_shape": ...,
    "key_shape": ...,
    "value_shape": ...,
    "function_type": ...,
    "output_shape_type": ...,
    "module": ...,
    "kernel_initializer": ...,
    "kernel_regularizer": None,
    "kernel_constraint": None,
    "virtual_batch_size": None,
}
"""Arguments of Keras 2 that are gone, and the values that say nothing."""
_GONE = {"jit_compile", "is_legacy_optimizer", "schedule_decay", "dtype", "fn"}
"""Of optimizers, initializers and losses: gone whatever they say."""
_OPS = {class_name: module for module, class_name in OP_NAMES}
_DISTRIBUTIONS = {"normal": "truncated_normal"}


def modern_model(config: Any, where: str) -> dict[str, Any]:
    """The config of a model, in the form that `.keras` files have.

    Args:
        config: In that form already, or in Keras 2's.
        where: What errors call the file.

    Raises:
        CorruptModelError: it isn't the config of a model.
        IncompatibleModelError: it says what there is no way to say today.
    """
    if isinstance(config, dict) and config.get("class_name") == "Sequential" and isinstance(config.get("config"), list):
        config = config | {"config": {"layers": config["config"]}}  # Keras before 2.2
    if not _is_config(config):
        raise CorruptModelError(f"{where}: the config is not that of a model: it has no 'class_name' and 'config'.")
    return _Translator(where).item(config, "layer")


def modern_object(config: Any, module: str, where: str) -> Any:
    """The config of an optimizer, a loss or a metric; text, lists and dicts of them too."""
    translator = _Translator(where)
    if isinstance(config, list):
        return [modern_object(item, module, where) for item in config]
    if not isinstance(config, dict):
        return config
    if not _is_config(config):
        return {key: modern_object(item, module, where) for key, item in config.items()}
    return translator.object(config, (module, *_ELSEWHERE))


def _is_config(x: Any) -> bool:
    return (
        isinstance(x, dict) and isinstance(x.get("class_name"), str) and isinstance(x.get("config"), dict | str | list)
    )


class _Translator:
    def __init__(self, where: str) -> None:
        self.where = where

    def item(self, x: Any, key: str) -> Any:
        """An argument of that name, or a layer."""
        if isinstance(x, list):
            return [self.item(item, key) for item in x]
        if not isinstance(x, dict) or x.get("class_name") == _TENSOR:
            return x
        if not _is_config(x):
            return {name: self.item(item, name) for name, item in x.items()}
        ending = key.rpartition("_")[2]
        return self.object(x, (_MODULES[ending], *_ELSEWHERE) if ending in _MODULES else _ELSEWHERE)

    def object(self, x: dict[str, Any], modules: tuple[str, ...]) -> dict[str, Any]:
        """The config of one object, and of those in it."""
        name = x["class_name"]
        if name in ("Policy", "PolicyV1"):
            return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": x["config"]["name"]}}
        if name in _MODELS and "layers" in x["config"]:
            return self.model(x)
        home, name, known = self._home(x, modules)
        config = x["config"]
        if isinstance(config, dict):
            config = {key: self.item(value, key) for key, value in config.items()}
            config = _renamed(name, config) if inspect.isclass(known) else config
            config = _without_gone(known, config)
        written = {"module": home, "class_name": name, "config": config, "registered_name": x.get("registered_name")}
        return {key: value for key, value in x.items() if key not in written} | written

    def _home(self, x: dict[str, Any], modules: tuple[str, ...]) -> tuple[Any, str, Any]:
        """`(module, class name, class)`; without the class where nothing is known by that name."""
        name = x["class_name"]
        registered = get_registered_object(x.get("registered_name") or name)
        if registered is not None:
            return x.get("module"), name, registered
        if isinstance(x.get("module"), str):
            return x["module"], name, find_public(x["module"], name)
        name = name.removeprefix("Custom>")  # what Keras 2.11 called its own optimizers
        for module in modules:
            found = find_public(module, name)
            if found is not None:
                return module, name, found
        return None, name, None

    # Models ----------------------------------------------------------------------------------------------------------
    def model(self, x: dict[str, Any]) -> dict[str, Any]:
        """The config of a functional or sequential model."""
        kind, config = _MODELS[x["class_name"]], dict(x["config"])
        layers = config["layers"]
        if not isinstance(layers, list) or not all(_is_config(layer) for layer in layers):
            raise CorruptModelError(f"{self.where}: the layers of a model in the config are not layers.")
        if kind == "Sequential" and layers and layers[0]["class_name"] != "InputLayer":
            layers = [*self._first_input(layers[0]), *layers]
        inner = {layer["class_name"] in _MODELS and _name_of(layer) for layer in layers} - {False}
        functional = {name for name in inner for x in layers if _name_of(x) == name and x["class_name"] != "Sequential"}
        old = any(isinstance(node, list) for layer in layers for node in layer.get("inbound_nodes") or [])
        config["layers"] = [self._layer(layer, inner) for layer in layers]
        if old:
            config["input_layers"] = [_moved(one, set()) for one in _triples(config.get("input_layers"))]
            config["output_layers"] = [_moved(one, inner - functional) for one in _triples(config.get("output_layers"))]
        config = {key: value for key, value in config.items() if key != "build_input_shape" or kind == "Sequential"}
        written = {"module": _HOMES[kind], "class_name": kind, "config": config, "registered_name": None}
        return {key: value for key, value in x.items() if key not in written} | written

    def _first_input(self, layer: dict[str, Any]) -> list[dict[str, Any]]:
        config = layer["config"]
        if layer["class_name"] in _MODELS or not isinstance(config.get("batch_input_shape"), list):
            return []
        shape, dtype = config["batch_input_shape"], config.get("dtype")
        dtype = "int32" if layer["class_name"] == "Embedding" else dtype if isinstance(dtype, str) else None
        given = {"batch_shape": shape, "dtype": dtype, "name": f"{config.get('name', 'layer')}_input"}
        return [{"class_name": "InputLayer", "config": given}]

    def _layer(self, x: dict[str, Any], inner: set[Any]) -> dict[str, Any]:
        config = dict(x["config"]) if isinstance(x["config"], dict) else {}
        if x["class_name"] == "InputLayer" and "batch_input_shape" in config:
            config["batch_shape"] = config.pop("batch_input_shape")
            x = x | {"config": config}
        if x["class_name"] in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ModuleWrapper"):
            raise IncompatibleModelError(
                f"{self.where}: the layer {_name_of(x)!r:.80} is a function of TensorFlow's, which this package does "
                "not have. Where the model was made use a layer instead, such as Rescaling or Add, and save it again."
            )
        x = (
            x | {"inbound_nodes": [_modern_node(node, inner) for node in x["inbound_nodes"]]}
            if "inbound_nodes" in x
            else x
        )
        if x.get("module") is None and "trainable" not in config and x["class_name"] in _OPS:
            module = _OPS[x["class_name"]]  # an op: of layers the config says whether they are trained
            return x | {"module": module, "registered_name": x["class_name"]}
        made = self.object(x, _ELSEWHERE)
        if "name" not in made["config"] and "name" in x:
            made["config"] = made["config"] | {"name": x["name"]}
        return made


def _name_of(layer: Mapping[str, Any]) -> Any:
    return layer.get("name") or (layer["config"].get("name") if isinstance(layer["config"], dict) else None)


def _renamed(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Arguments under the names, and with the values, that they have today."""
    names = _RENAMED.get(name, {})
    config = {(names.get(key, key) if names.get(key) not in config else key): value for key, value in config.items()}
    if "lr" in config and "learning_rate" not in config:
        config["learning_rate"] = config.pop("lr")
    decay = config.pop("decay", 0) if "learning_rate" in config else 0
    if decay:
        config["learning_rate"] = _decaying(config["learning_rate"], decay)
    if config.get("distribution") in _DISTRIBUTIONS:
        config["distribution"] = _DISTRIBUTIONS[config["distribution"]]
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    if name == "BatchNormalization" and isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    if name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)
    return config


def _decaying(rate: Any, decay: float) -> dict[str, Any]:
    """`rate / (1 + decay * step)`, which optimizers of Keras 2 did themselves."""
    given = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
    home = "keras.optimizers.schedules"
    return {"module": home, "class_name": "InverseTimeDecay", "config": given, "registered_name": None}


def _without_gone(known: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Without the arguments that the class no longer takes, where their values say nothing. Others stay: an error."""
    if not inspect.isclass(known):
        return config
    names = set(argument_names(known)) | ({"input_layers", "output_layers"} if issubclass(known, Layer) else set())
    kept = {}
    for key, value in config.items():
        neutral = _NEUTRAL.get(key)
        says_nothing = value in (None, False) or neutral is ... or (key in _NEUTRAL and value == neutral)
        if key in names or not says_nothing:
            kept[key] = value
    return {key: value for key, value in kept.items() if key in names or key not in _GONE}


# Calls ---------------------------------------------------------------------------------------------------------------
def _modern_node(node: Any, inner: set[Any]) -> Any:
    """A call: `[[layer, call, output, kwargs], ...]` of its inputs is made `{"args": ..., "kwargs": ...}`."""
    if isinstance(node, dict):
        return node
    if not isinstance(node, list) or not node:
        raise CorruptModelError(f"A call in the config of a functional model is no list of inputs: {node!r:.100}.")
    inputs = [node] if isinstance(node[0], str) else node
    if not all(_is_reference(one) for one in inputs):
        raise CorruptModelError(f"A call in the config of a functional model names no layers: {node!r:.100}.")
    tensors = [_tensor(one, inner) for one in inputs]
    kwargs: dict[str, Any] = {}
    for one in inputs:
        kwargs |= one[3] if len(one) > 3 and isinstance(one[3], dict) else {}
    kwargs = {key: _tensor(value, inner) if _is_reference(value) else value for key, value in kwargs.items()}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": kwargs}


def _is_reference(x: Any) -> bool:
    return isinstance(x, list) and len(x) in (3, 4) and isinstance(x[0], str) and all(type(i) is int for i in x[1:3])


def _tensor(reference: list[Any], inner: set[Any]) -> dict[str, Any]:
    history = _moved(reference, inner)
    return {"class_name": _TENSOR, "config": {"shape": None, "dtype": None, "keras_history": history}}


def _moved(reference: Any, inner: set[Any]) -> list[Any]:
    """Keras 2 counts a nested model's own graph as its first call."""
    if not _is_reference(reference):
        raise CorruptModelError(f"A functional model's input or output is no [layer, call, output]: {reference!r:.80}.")
    name, call, index = reference[:3]
    return [name, max(call - 1, 0) if name in inner else call, index]


def _triples(x: Any) -> list[Any]:
    if _is_reference(x):
        return [x]
    return x if isinstance(x, list) else [x]
