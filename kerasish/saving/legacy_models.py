"""Whole models to and from `.h5` files, the format of Keras 2, which Keras 3 still reads and writes."""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from kerasish.backend import engine
from kerasish.core.budget import limited
from kerasish.core.configurable import serialize
from kerasish.core.registry import CustomObjectScope
from kerasish.core.unfilled import unfilled
from kerasish.saving.archive import KERAS_VERSION
from kerasish.saving.atomic import atomic_write
from kerasish.saving.configs import refuse_code, revive_model
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, UnsafeModelError
from kerasish.saving.hdf5 import Reader
from kerasish.saving.hdf5_write import Group, write_groups
from kerasish.saving.keras2 import modern_model, modern_object
from kerasish.saving.legacy_h5 import legacy_groups, optimizer_group, plan_legacy, plan_optimizer
from kerasish.saving.state import bytes_of, check_built, held, verify_state
from kerasish.saving.strict_json import LARGEST, read_json, write_json
from kerasish.saving.windows import length_of

OLD = (".h5", ".hdf5")
_CONFIG, _TRAINING, _DIGEST = "model_config", "training_config", "kerasish_config_sha256"
_SLACK, _PER_BYTE = 64 * 2**20, 16
_MODULES = {"loss": "keras.losses", "metrics": "keras.metrics", "weighted_metrics": "keras.metrics"}


def save_legacy_model(model: Any, path: str, include_optimizer: bool) -> None:
    """Write a whole model to a `.h5` file that Keras opens too."""
    check_built(model)
    config = serialize(model)
    config.pop("compile_config", None)
    training = _training_config(model) if include_optimizer else None
    texts = {_CONFIG: write_json(config, f"model {model.name!r}").decode()}
    if training is not None:
        texts[_TRAINING] = write_json(training, f"model {model.name!r}").decode()
    texts[_DIGEST] = _digest(texts)

    def groups() -> Iterator[Group]:
        yield Group("", {"backend": engine.name, "keras_version": KERAS_VERSION, **texts}, {})
        yield from legacy_groups(model, model.layers)
        if training is not None and model.optimizer is not None and model.optimizer.built:
            yield optimizer_group(model.optimizer.saved_variables())

    def write(file: BinaryIO) -> None:
        with held(model):
            write_groups(file, groups(), digests=True)

    atomic_write(path, write, lambda file: verify_state(file, path), needs=bytes_of(model))


def _digest(texts: Mapping[str, str]) -> str:
    return hashlib.sha256("|".join(texts.get(name, "") for name in (_CONFIG, _TRAINING)).encode()).hexdigest()


def _training_config(model: Any) -> dict[str, Any] | None:
    given = model.get_compile_config()
    if given is None:
        return None
    training = {key: value for key, value in given.items() if key != "optimizer"}
    optimizer = serialize(model.optimizer)
    known = ("loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile")
    training = {key: training.get(key) for key in known}
    return training | {"optimizer_config": {"class_name": optimizer["class_name"], "config": optimizer["config"]}}


def load_legacy_model(file: BinaryIO, path: str, custom_objects: Mapping[str, Any], compiled: bool) -> Any:
    """The model in an open `.h5` file, of ours, of Keras 3's or of Keras 2's."""
    with Reader(file, path) as reader:
        config, training = _configs(reader, path)
        with CustomObjectScope(custom_objects), _naming(path):
            config = modern_model(config, path)
            training = training if compiled else None
            with limited(_SLACK + _PER_BYTE * length_of(file)), unfilled() as waiting:
                model = revive_model(config, path, None)
                if not model.built:
                    raise IncompatibleModelError(
                        f"{path}: the model {model.name!r} can't be built from its config: it says no input shape. "
                        "Make the model, call it on some data, and use `model.load_weights(path)`."
                    )
                if training is not None:
                    _compile(model, training, path)
        plan = plan_legacy(model, model.layers, reader, skip_mismatch=False, by_name=False)
        if training is not None and model.optimizer is not None:
            plan_optimizer(model.optimizer.saved_variables(), type(model.optimizer).__name__, reader, plan)
        plan.assign()
        waiting.fill([variable for variable, _ in plan.values])
    return model


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """What is wrong with the shape of a config is an error of the file."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise CorruptModelError(
            f"{path}: the config has not the form of one: {type(error).__name__}: {error!s:.200}"
        ) from error


def _configs(reader: Reader, path: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    text = reader.text("", _CONFIG, LARGEST)
    if text is None:
        raise IncompatibleModelError(
            f"{path} holds no model: it has no attribute {_CONFIG!r}. If it holds weights only, make the model and "
            "call `model.load_weights(path)`."
        )
    training = reader.text("", _TRAINING, LARGEST)
    texts = {_CONFIG: text} | ({_TRAINING: training} if training is not None else {})
    digest = reader.text("", _DIGEST)
    if digest is not None and digest != _digest(texts):
        raise CorruptModelError(f"{path}: the config is not the one that was saved (SHA-256 differs).")
    config = read_json(text.encode(), f"{path}: {_CONFIG}")
    refuse_code(config, path)
    if training is None:
        return config, None
    compiled = read_json(training.encode(), f"{path}: {_TRAINING}")
    refuse_code(compiled, path)
    return config, compiled


def _compile(model: Any, training: dict[str, Any], path: str) -> None:
    """Make the model ready for training; where that can't be done as it was, a warning says so."""
    config = {key: training.get(key) for key in ("loss", "loss_weights", "metrics", "weighted_metrics")}
    config |= {key: training[key] for key in ("run_eagerly", "steps_per_execution", "jit_compile") if key in training}
    for key, module in _MODULES.items():
        config[key] = _modern_metrics(modern_object(config[key], module, path))
    config["optimizer"] = modern_object(training.get("optimizer_config"), "keras.optimizers", path)
    try:
        model.compile_from_config(config)
    except UnsafeModelError:
        raise
    except (TypeError, ValueError) as error:
        warnings.warn(
            f"{path}: the model was loaded, but it can't be compiled as it was: {error!s:.200} Call `model.compile`.",
            stacklevel=5,
        )


def _modern_metrics(config: Any) -> Any:
    """A metric that Keras 2 made of a function; one list of metrics for the only output."""
    if isinstance(config, list):
        inner = [_modern_metrics(item) for item in config]
        return inner[0] if len(inner) == 1 and isinstance(inner[0], list) else inner
    if isinstance(config, dict) and config.get("class_name") == "MeanMetricWrapper":
        given = config["config"]
        name, fn = given.get("name"), given.get("fn")
        return name if name in ("accuracy", "acc", "mae", "mse") or not isinstance(fn, str) else fn
    return config
