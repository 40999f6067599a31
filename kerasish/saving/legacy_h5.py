"""Weights in the old HDF5 layout, that of Keras 2 and of `model.save("m.h5")`: a group for each layer, by its name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kerasish.backend import engine
from kerasish.core.variable import Variable
from kerasish.layers.layer import Layer
from kerasish.saving.archive import KERAS_VERSION
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError
from kerasish.saving.hdf5 import Reader
from kerasish.saving.hdf5_write import Group
from kerasish.saving.layout import REST, Place, places
from kerasish.saving.matching import Plan, Row, mismatch
from kerasish.saving.state import arrays_of, host

MODEL, OPTIMIZER, TOP = "model_weights", "optimizer_weights", "top_level_model_weights"
LAYERS, WEIGHTS = "layer_names", "weight_names"
_BY_VARIABLE = ("adam", "adamw", "nadam", "adamax", "sgd")  # Keras 2's slots can be told apart by their names


# Writing -------------------------------------------------------------------------------------------------------------
def legacy_groups(model: Layer, layers: Sequence[Layer]) -> Iterator[Group]:
    """The weights of a whole model, and beside Keras's layout the states of its seeds.

    Args:
        model: Built.
        layers: The layers of the model, not those inside them.
    """
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names) or TOP in names or not all(map(_is_plain, names)):
        raise ValueError(
            f"The layers of model {model.name!r} need names of their own, without slashes, to be saved in the old HDF5 "
            f"format; they are {', '.join(names):.200}. Save to a '.keras' file instead."
        )
    yield Group(MODEL, {LAYERS: names, "backend": engine.name, "keras_version": KERAS_VERSION}, {})
    for layer in layers:
        yield _group(f"{MODEL}/{layer.name}", legacy_order(layer))
    yield _group(f"{MODEL}/{TOP}", own_of(model))
    for place in places(model):
        if place.is_optional:
            yield Group(_beside(place), {}, arrays_of(place))


def optimizer_group(variables: Sequence[Variable]) -> Group:
    """The state of an optimizer."""
    return _group(OPTIMIZER, variables)


def _group(path: str, variables: Sequence[Variable]) -> Group:
    names: list[str] = []
    for variable in variables:
        name, number = variable.path.strip("/"), 1
        while name in names:
            name, number = f"{variable.path}_{number}", number + 1
        names.append(name)
    return Group(path, {WEIGHTS: names}, {name: host(v) for name, v in zip(names, variables, strict=True)})


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


def _beside(place: Place) -> str:
    return place.group if place.path == REST else f"{REST}/{place.group}"


def legacy_order(layer: Layer) -> list[Variable]:
    """The weights of a layer as the old layout has them: those that are trained before the others."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def own_of(model: Layer) -> list[Variable]:
    """The weights that the model itself has, not its layers."""
    return [v for v in model.own_weights() if v.trainable] + [v for v in model.own_weights() if not v.trainable]


# Reading -------------------------------------------------------------------------------------------------------------
class Entry(NamedTuple):
    """A layer in a file: its name, and the paths of its weights in order."""

    name: str
    paths: list[str]


def is_legacy(reader: Reader) -> bool:
    """Whether a file is in the old layout, whatever its name says: Keras 2 wrote `.weights.h5` files in it too."""
    return MODEL in reader.groups or reader.texts("", LAYERS) is not None


def plan_legacy(model: Layer, layers: Sequence[Layer], reader: Reader, skip_mismatch: bool, by_name: bool) -> Plan:
    """What is to be assigned to the weights of a model, read and checked."""
    root = MODEL if MODEL in reader.groups else ""
    entries = _entries(reader, root)
    plan = Plan(reader.where)
    pairs = _pairs_by_name(layers, entries, reader) if by_name else _pairs_in_order(layers, entries, reader)
    for layer, entry in pairs:
        _plan_weights(legacy_order(layer), entry.paths, reader, plan)
    top = f"{root}/{TOP}" if root else TOP
    if top in reader.groups and not by_name:
        _plan_weights(own_of(model), _weights_of(reader, top), reader, plan)
    plan.report(skip_mismatch)
    for place in places(model):
        found = [f"{_beside(place)}/{index}" for index in range(len(place.variables))]
        if place.is_optional and all(path in reader.datasets for path in found):
            _plan_weights(place.variables, found, reader, plan)
    return plan


def _entries(reader: Reader, root: str) -> list[Entry]:
    names = reader.texts(root, LAYERS)
    if names is None:
        raise CorruptModelError(
            f"{reader.where} has no list {LAYERS!r}, so it holds no weights in the old HDF5 layout. Weights in the "
            "layout of Keras 3 are in files whose name ends in '.weights.h5'."
        )
    entries = []
    for name in names:
        group = f"{root}/{name}" if root else name
        if group not in reader.groups:
            raise CorruptModelError(f"{reader.where} lists the layer {name!r:.80}, but has no group {group!r:.80}.")
        entries.append(Entry(name, _weights_of(reader, group)))
    listed = {path for entry in entries for path in entry.paths}
    start = f"{root}/" if root else ""
    for path in reader.datasets:
        below = path.startswith(start) and not path.startswith((f"{start}{TOP}/", f"{REST}/", f"{OPTIMIZER}/"))
        if below and path not in listed:
            raise IncompatibleModelError(
                f"{reader.where} has unexpected weights, which it does not list: {path!r:.200}."
            )
    return entries


def _weights_of(reader: Reader, group: str) -> list[str]:
    paths = [f"{group}/{name}" for name in reader.texts(group, WEIGHTS) or []]
    for path in paths:
        if path not in reader.datasets:
            raise CorruptModelError(f"{reader.where} lists the weights {path!r:.200}, but does not have them.")
    return paths


def _pairs_in_order(layers: Sequence[Layer], entries: list[Entry], reader: Reader) -> list[tuple[Layer, Entry]]:
    wanted = [layer for layer in layers if layer.weights]
    stored = [entry for entry in entries if entry.paths]
    if len(wanted) != len(stored):
        names = ", ".join(entry.name for entry in stored)
        raise IncompatibleModelError(
            f"{reader.where} has weights for {len(stored)} layers ({names:.100}); model has {len(wanted)} layers with "
            f"weights ({', '.join(layer.name for layer in wanted):.100}). With by_name=True layers find their weights "
            "by their names."
        )
    return list(zip(wanted, stored, strict=True))


def _pairs_by_name(layers: Sequence[Layer], entries: list[Entry], reader: Reader) -> list[tuple[Layer, Entry]]:
    known = {entry.name: entry for entry in entries if entry.paths}
    pairs = [(layer, known[layer.name]) for layer in layers if layer.weights and layer.name in known]
    if not pairs:
        raise IncompatibleModelError(
            f"{reader.where}: no layer of the model with weights ({', '.join(x.name for x in layers):.150}) has the "
            f"name of a layer in the file ({', '.join(known):.150})."
        )
    return pairs


def _plan_weights(variables: Sequence[Variable], paths: Sequence[str], reader: Reader, plan: Plan) -> None:
    rows = _rows(variables, paths, reader)
    if rows and (sorted_paths := _by_names(variables, paths)) is not None:
        paths = sorted_paths  # the same weights, in another order: some were frozen then, or are now
        rows = _rows(variables, paths, reader)
    if rows:
        plan.rows.extend(rows)
        return
    for variable, path in zip(variables, paths, strict=True):
        plan.add(variable, reader.open_dataset(path, variable.shape, 2**62), path)


def _rows(variables: Sequence[Variable], paths: Sequence[str], reader: Reader) -> list[Row]:
    count = max(len(variables), len(paths))
    wanted = [*variables, *[None] * (count - len(variables))]
    described = [*map(reader.describe, paths), *[None] * (count - len(paths))]
    names = [*paths, *[v.path for v in variables[len(paths) :]]]
    found = [mismatch(*row) for row in zip(names, wanted, described, strict=True)]
    return [row for row in found if row is not None]


def _by_names(variables: Sequence[Variable], paths: Sequence[str]) -> list[str] | None:
    """The paths in the order of the variables, if each variable has one that ends like it, and only one."""
    for parts in (3, 2, 1):
        known = {_ending(path, parts): path for path in paths}
        wanted = [_ending(v.path, parts) for v in variables]
        if len(known) == len(paths) and len(set(wanted)) == len(wanted) and set(wanted) == set(known):
            return [known[name] for name in wanted]
    return None


def _ending(path: str, parts: int) -> tuple[str, ...]:
    return tuple(path.removesuffix(":0").split("/")[-parts:])


# Optimizers ----------------------------------------------------------------------------------------------------------
def plan_optimizer(variables: Sequence[Variable], kind: str, reader: Reader, plan: Plan) -> None:
    """Note the state of an optimizer; one of Keras 2's too, where it is the same numbers in another order.

    Args:
        variables: The optimizer's, in Keras's order.
        kind: The name of its class.
        reader: Of the file.
        plan: Gets the values.
    """
    if OPTIMIZER not in reader.groups:
        return
    paths = _weights_of(reader, OPTIMIZER)
    wanted = list(variables)
    if any(path.endswith(":0") for path in paths):
        paths, wanted = _keras_2_order(paths, wanted, kind.lower())
    rows = _rows(wanted, paths, reader)
    if rows:
        warnings.warn(
            f"{reader.where}: the state of the optimizer does not fit and is left out: {rows[0].path!r:.100}: "
            f"{rows[0].stored} / {rows[0].expected}.",
            stacklevel=5,
        )
        return
    for variable, path in zip(wanted, paths, strict=True):
        plan.add(variable, reader.open_dataset(path, variable.shape, 2**62), path)


def _keras_2_order(paths: list[str], variables: list[Variable], kind: str) -> tuple[list[str], list[Variable]]:
    """Keras 2 has no learning rate here, and before 2.11 all first slots of all weights, then all second ones."""
    first = {"iteration", "iter", "iterations"}
    counts = [path for path in paths if _ending(path, 1)[0] in first]
    rest = [path for path in paths if path not in counts and _ending(path, 1)[0] != "learning_rate"]
    wanted = [v for v in variables if _ending(v.path, 1)[0] != "learning_rate"]
    slots = list(dict.fromkeys(_ending(path, 1)[0] for path in rest))
    per_slot = [[path for path in rest if _ending(path, 1)[0] == slot] for slot in slots]
    grouped = len(slots) in (1, 2, 3) and set(slots) <= {"m", "v", "vhat", "u", "momentum"}
    if grouped and kind in _BY_VARIABLE and len({len(paths) for paths in per_slot}) == 1:
        rest = [path for group in zip(*per_slot, strict=True) for path in group]
    return [*counts, *rest], wanted
