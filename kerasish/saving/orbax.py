"""Checkpoints in folders that the package `orbax-checkpoint` writes and reads, as Keras has them."""

from __future__ import annotations

import math
import os
import pathlib
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish.backend.extras import import_extra
from kerasish.core.budget import limited
from kerasish.core.configurable import serialize, writing_shared
from kerasish.core.unfilled import unfilled
from kerasish.core.variable import Variable
from kerasish.saving.assets import collect_assets, load_assets
from kerasish.saving.atomic import open_regular
from kerasish.saving.configs import refuse_code, revive_model
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, ModelFileError
from kerasish.saving.hdf5 import Stored
from kerasish.saving.matching import Plan, mismatch
from kerasish.saving.state import check_built, check_loadable
from kerasish.saving.state_tree import FORMATS, nested, paths, sections_of
from kerasish.saving.strict_json import read_json, write_json

_SLACK = 64 * 2**20
_PER_BYTE = 16  # as for other model files
OPTIMIZER, METRICS = "optimizer_variables", "metrics_variables"
_OPTIONAL = (OPTIMIZER, METRICS)
_NUMBER = re.compile(r"_\d+(?=/|_|$)")
_MARKER = "_CHECKPOINT_METADATA"


def orbax() -> Any:
    """The package; an ImportError says how to get it."""
    return import_extra("orbax.checkpoint", "An Orbax checkpoint", "orbax-checkpoint").v1


# Writing -------------------------------------------------------------------------------------------------------------
def checkpoint_of(model: Any, weights_only: bool) -> dict[str, Any]:
    """The parts of a checkpoint: copies of the values, and unless `weights_only` the config, optimizer and assets."""
    check_built(model)
    sections = sections_of(model)
    wanted = [name for name in sections if not weights_only or name not in _OPTIONAL]
    parts: dict[str, Any] = {"pytree": {name: nested(sections[name], FORMATS["numpy_array"]) for name in wanted}}
    if weights_only:
        return parts
    with writing_shared():
        config = serialize(model)
    parts["model_config"] = {"config": write_json(config, f"model {model.name!r}").decode()}
    assets = collect_assets(model)
    if assets:
        parts["assets"] = _nested_bytes(assets)
    return parts


def _nested_bytes(assets: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, content in assets.items():
        *folders, name = path.split("/")
        place = found
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = np.frombuffer(content, np.uint8)
    return found


# Finding -------------------------------------------------------------------------------------------------------------
def steps_in(directory: str | os.PathLike[str]) -> list[int]:
    """The numbers of the complete checkpoints in a folder, in order."""
    root = pathlib.Path(directory)
    if not root.is_dir():
        return []
    return sorted(int(p.name) for p in root.iterdir() if p.name.isdecimal() and (p / _MARKER).is_file())


def checkpoint_in(path: str | os.PathLike[str]) -> pathlib.Path | None:
    """The last checkpoint in a folder, or the folder, if it is a checkpoint itself; None if there is none."""
    root = pathlib.Path(path).absolute()
    if (root / _MARKER).is_file() and (root / "pytree").is_dir():
        return root
    steps = steps_in(root)
    return root / str(steps[-1]) if steps else None


# Reading -------------------------------------------------------------------------------------------------------------
def load_orbax_model(folder: pathlib.Path, custom_objects: Mapping[str, Any] | None, compile: bool) -> Any:
    """The model of a checkpoint, under the rules for strangers' files: see `load_model`."""
    text = folder / "model_config" / "_strings.json"
    if not text.is_file():
        raise IncompatibleModelError(
            f"{folder} holds weights only, no model, as OrbaxCheckpoint(save_weights_only=True) writes them: make the "
            "model, and call `model.load_weights(folder)`."
        )
    with open_regular(str(text)) as file:
        found = read_json(file.read(2**26), str(text)).get("config")
    if not isinstance(found, str):
        raise CorruptModelError(f"{text} must hold the text of a config; it holds {type(found).__name__}.")
    config = read_json(found.encode(), str(text))
    refuse_code(config, str(folder))
    if not compile:
        config = {key: value for key, value in config.items() if key != "compile_config"}
    with unfilled() as waiting:
        with limited(_SLACK + _PER_BYTE * _size(folder)):
            model = revive_model(config, str(folder), custom_objects)
        if not model.built:
            raise IncompatibleModelError(
                f"{folder}: the model {model.name!r} can't be built from its config: it says no input shape. Make the "
                "model, call it on some data, and use `model.load_weights(folder)`."
            )
        if (folder / "assets").is_dir():
            load_assets(model, _read_assets(folder), str(folder))
        plan = _plan(model, folder, skip_mismatch=False)
        plan.assign()
        waiting.fill(variable for variable, _ in plan.values)
    return model


def load_orbax_weights(model: Any, folder: pathlib.Path, skip_mismatch: bool = False) -> None:
    """Give a model the values of a checkpoint: all of them, or after an error none."""
    check_loadable(model)
    _plan(model, folder, skip_mismatch).assign()


def _plan(model: Any, folder: pathlib.Path, skip_mismatch: bool) -> Plan:
    """What is to be assigned: found by the paths, checked by what the checkpoint says of itself, and then read."""
    described = _described(folder, "pytree")
    optimizer = model.optimizer
    if optimizer is not None and not optimizer.built and len(list(paths(described.get(OPTIMIZER, {})))) > 2:
        optimizer.build(model.trainable_variables)
    plan = Plan(str(folder))
    wanted: dict[str, Variable] = {}
    for name, variables in sections_of(model).items():
        stored = dict(paths(described.get(name, {})))
        if name not in _OPTIONAL or (stored and variables):
            wanted |= _match(name, variables, stored, plan, model.name)
    plan.report(skip_mismatch)
    if wanted:
        values = dict(paths(_read(folder, "pytree", described)))
        for path, variable in wanted.items():
            if np.shape(values[path]) != variable.shape:
                raise CorruptModelError(f"{folder}: {path} has not the shape that the checkpoint says it has.")
            plan.add(variable, np.asarray(values[path]), path)
    return plan


def _match(name: str, variables: list[Variable], stored: dict[str, Stored], plan: Plan, model: str) -> dict[str, Any]:
    """The path in the file of each variable."""
    places = _places([v.path for v in variables], list(stored), model)
    rows = {v.path: mismatch(f"{name}/{v.path}", v, stored.get(places.get(v.path, ""))) for v in variables}
    taken = set(places.values())
    extra = [mismatch(f"{name}/{path}", None, stored[path]) for path in stored if path not in taken]
    bad = [row for row in (*rows.values(), *extra) if row is not None]
    if bad and name == OPTIMIZER:
        warnings.warn(
            f"{plan.where}: the state of the optimizer does not fit and is left out: {bad[0].path!r}.", stacklevel=5
        )
        return {}
    if name != METRICS:  # whose sums are begun anew at each epoch; most metrics are made at the first batch
        plan.rows.extend(bad)
    return {f"{name}/{places[v.path]}": v for v in variables if rows[v.path] is None}


def _places(wanted: list[str], stored: list[str], model: str) -> dict[str, str]:
    """For each path that is wanted the one that is stored: the same; else the same but for automatic numbers, in their
    order; else the same but for the name of the model, which stands before some paths."""
    found = {path: path for path in set(wanted) & set(stored)}
    for key in (_unnumbered, lambda path: _without_model(_unnumbered(path), _unnumbered(model))):
        left: dict[str, list[str]] = {}
        for path in sorted(set(stored) - set(found.values()), key=_numbers):
            left.setdefault(key(path), []).append(path)
        for path in sorted(set(wanted) - set(found), key=_numbers):
            if left.get(key(path)):
                found[path] = left[key(path)].pop(0)
    return found


def _unnumbered(path: str) -> str:
    return _NUMBER.sub("", path)


def _numbers(path: str) -> tuple[tuple[int, int], ...]:
    """The automatic numbers in a path, comparable among paths that differ in nothing else; no number comes first."""
    found, removed = [], 0
    for match in _NUMBER.finditer(path):
        found.append((removed - match.start(), int(match.group()[1:])))
        removed += len(match.group())
    return tuple(found)


def _without_model(path: str, model: str) -> str:
    """A path of a weight, or of a slot of an optimizer, which has the path of its weight in its last part."""
    folder, _, last = path.removeprefix(f"{model}/").rpartition("/")
    return f"{folder}/{last.removeprefix(f'{model}_')}"


def _read_assets(folder: pathlib.Path) -> dict[str, bytes]:
    described = _described(folder, "assets")
    size = sum(math.prod(x.shape) * np.dtype(x.dtype).itemsize for _, x in paths(described))
    if size > _SLACK + _PER_BYTE * _size(folder):
        raise CorruptModelError(f"{folder}: the assets would have {size} bytes, far more than the files have.")
    return {path: np.asarray(x, np.uint8).tobytes() for path, x in paths(_read(folder, "assets", described))}


def _described(folder: pathlib.Path, part: str) -> dict[str, Any]:
    """Shapes and dtypes of a part, as nested dicts; nothing is read."""
    return _asked(folder, lambda: _stored(orbax().checkpointables_metadata(folder).metadata[part]))


def _stored(described: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(name): _stored(x) if isinstance(x, Mapping) else Stored(tuple(x.shape), np.dtype(x.dtype))
        for name, x in described.items()
    }


def _read(folder: pathlib.Path, part: str, described: dict[str, Any]) -> dict[str, Any]:
    """The arrays of a part, as NumPy arrays on the host, whatever devices they were on."""
    blank = _blank(described)
    return _asked(folder, lambda: orbax().load_checkpointables(folder, {part: blank})[part])


def _blank(described: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _blank(x) if isinstance(x, Mapping) else np.broadcast_to(np.zeros((), x.dtype), x.shape)
        for name, x in described.items()
    }


def _asked(folder: pathlib.Path, question: Any) -> Any:
    try:
        return question()
    except (ModelFileError, ImportError):
        raise
    except (ValueError, TypeError, KeyError, OSError, AttributeError, IndexError, RuntimeError) as error:
        raise CorruptModelError(f"{folder} can't be read: {type(error).__name__}: {error!s:.300}") from error


def _size(folder: pathlib.Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
