"""The weights of a model, its seeds, and the state of its optimizer, to and from HDF5 files in Keras's layout."""

from __future__ import annotations

import contextlib
import math
import operator
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Array
from kerasish.core.variable import Overlay, Variable
from kerasish.layers.layer import Layer
from kerasish.optimizers.optimizer import Optimizer
from kerasish.saving.atomic import PathLike
from kerasish.saving.errors import CorruptModelError
from kerasish.saving.hdf5 import Reader, Store
from kerasish.saving.hdf5_write import Group, write_groups
from kerasish.saving.layout import OPTIMIZER, OWN, REST, Place, places
from kerasish.saving.matching import Plan, mismatch
from kerasish.saving.windows import Window, apart

Manifest = Mapping[str, str]
_SLACK = 64 * 2**20
_PER_PLACE = 16 * 2**10  # HDF5's own bytes for a group and its datasets
_OLD_LAYERS = "_layer_checkpoint_dependencies"  # what `layers` was called in the first files of this format
_IGNORED = (OPTIMIZER, REST, "metrics", "loss_tracker")
_SHOWN = 5
_TRIES, _PAUSE = 500, 0.002  # one second
_VALUE = operator.attrgetter("_value")


# Saving --------------------------------------------------------------------------------------------------------------
def check_target(filepath: PathLike, endings: str | tuple[str, ...], overwrite: bool) -> str:
    """`filepath` as text, if a file may be written there."""
    path = os.fspath(filepath)
    if not path.endswith(endings):
        allowed = repr(endings) if isinstance(endings, str) else " or ".join(map(repr, endings))
        raise ValueError(f"The name of the file must end in {allowed}; got {path!r}.")
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(17, "There is such a file already; with overwrite=True it is replaced", path)
    return path


def check_built(model: Layer) -> None:
    """Raise if there are weights that have not been made yet, and so would be missing in a file."""
    lacking = [layer.name for layer in [model, *model.layers_inside()] if not layer.built]
    if not model.built or (lacking and not model.weights):
        raise ValueError(
            f"Model {model.name!r} has not been built, so it has no weights that could be saved: call it on some data, "
            "or build it with an input shape, first."
        )


def write_state(file: BinaryIO | Window, model: Layer, digests: bool) -> Manifest:
    """Write the weights as an HDF5 file.

    Args:
        file: Open for writing and reading.
        model: Built.
        digests: Whether each dataset keeps its own SHA-256.

    Returns:
        The SHA-256 of each dataset.
    """
    with held(model):
        return write_groups(file, groups_of(model), digests)


@contextlib.contextmanager
def held(model: Layer) -> Iterator[None]:
    """Inside it, the variables of a model have the values of one moment, though another thread may train the model.

    Raises:
        RuntimeError: another thread trains it, and between its steps there is no time to take the values.
    """
    variables = [v for place in places(model) for v in place.variables]
    arrays: list[np.ndarray] = []
    for attempt in range(_TRIES):
        values = list(map(_VALUE, variables))  # in C: no other thread runs in between, so all are of one step
        try:
            arrays = [engine.to_numpy(value) for value in values]
            break
        except RuntimeError as error:  # a step has taken the memory of these values
            if attempt == _TRIES - 1:
                raise RuntimeError(
                    f"Model {model.name!r} is being trained by another thread, so its weights can't be saved now. Save "
                    "it in a callback, such as ModelCheckpoint, or when `fit` has returned."
                ) from error
            time.sleep(_PAUSE)
    with Overlay(variables, arrays):
        yield


def groups_of(model: Layer) -> Iterator[Group]:
    """What is written for each object of a model."""
    for place in places(model):
        yield Group(place.group, {"name": place.name} if place.name else {}, arrays_of(place))


def arrays_of(place: Place) -> dict[str, np.ndarray]:
    """The values of an object's variables, by the names that they have in files. They may share the model's memory."""
    if place.writes_itself:
        arrays: dict[str, Any] = {}
        place.owner.save_own_variables(arrays)  # pyright: ignore[reportAttributeAccessIssue]  it is a Layer
        return {name: np.asarray(value) for name, value in arrays.items()}
    return {str(index): host(v) for index, v in enumerate(place.variables)}


def host(variable: Variable) -> np.ndarray:
    """The value of a variable on the host, not copied where it is there already."""
    return engine.to_numpy(variable.value)


def verify_state(file: BinaryIO, where: str, manifest: Manifest | None = None) -> None:
    """Read every dataset of a file that was just written, and compare its digest."""
    apart(lambda: _verify(file, where, manifest))


def _verify(file: BinaryIO, where: str, manifest: Manifest | None) -> None:
    with Reader(file, where) as reader:
        if manifest is not None and set(manifest) != set(reader.datasets):
            raise CorruptModelError(f"{where}: what was written is not what was meant: datasets are missing.")
        for path in reader.datasets:
            reader.verify_dataset(path, (manifest or {}).get(path))


# Loading -------------------------------------------------------------------------------------------------------------
def check_loadable(model: Layer) -> None:
    """Raise if the model has no weights yet."""
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has not been built, so it has no weights to load into: call it on some data first."
        )


def largest_weights(model: Layer) -> int:
    """How many bytes a file of this model's weights can have, with the state of an optimizer of any kind."""
    found = places(model)
    return 2 * _SLACK + 8 * bytes_of(model) + _PER_PLACE * (len(found) + sum(len(place.variables) for place in found))


def bytes_of(model: Layer) -> int:
    """How many bytes the weights of a model take, with the state of its optimizer."""
    return sum(v.size * np.dtype(v.dtype).itemsize for place in places(model) for v in place.variables)


def load_state(
    model: Layer,
    file: BinaryIO,
    where: str,
    skip_mismatch: bool = False,
    manifest: Manifest | None = None,
    finish: Callable[[], None] = lambda: None,
) -> list[Variable]:
    """Assign what an HDF5 file holds to the variables of a model: all of it, or after an error nothing.

    Args:
        model: Built.
        file: Open for reading.
        where: What errors call it.
        skip_mismatch: Whether to leave out layers that don't fit.
        manifest: The SHA-256 of each dataset, if there is such a list.
        finish: Called before the first assignment: raises if something else speaks against it.

    Returns:
        The variables that were assigned.
    """
    check_loadable(model)
    with Reader(file, where) as reader:
        plan = load_from(model, reader, skip_mismatch, manifest)
        finish()
        plan.assign()
    return [variable for variable, _ in plan.values]


def load_from(model: Layer, reader: Any, skip_mismatch: bool, manifest: Manifest | None) -> Plan:
    """What is to be assigned to the variables of a model, read and checked.

    Args:
        model: Built.
        reader: A `Reader`, or what reads several files as if they were one.
        skip_mismatch: Whether to leave out layers that don't fit.
        manifest: The SHA-256 of each dataset, if the file has such a list.
    """
    _rename_old(reader)
    if manifest is not None and set(manifest) != set(reader.datasets):
        raise CorruptModelError(
            f"{reader.where}: the weights are not those that were saved: datasets are missing or added."
        )
    found, plan, own = _places_for(model, reader), Plan(reader.where), []
    for place in found:
        if place.writes_itself:
            own.append(place)
        else:
            _plan_place(place, reader, plan, manifest or {})
    _check_unexpected(found, reader, plan)
    plan.report(skip_mismatch)
    _warn_if_swapped(found, reader)
    plan.values += _read_themselves(own, reader, manifest or {})
    return plan


def _places_for(model: Layer, reader: Reader) -> list[Place]:
    """The model's places; an optimizer that has made no step yet gets its slots if the file has values for them."""
    found = places(model)
    for place in found:
        waiting = isinstance(place.owner, Optimizer) and not place.owner.built
        if waiting and len(_numbered(_group_of(place, reader), reader)) > len(place.variables):
            place.owner.build(model.trainable_variables)  # pyright: ignore[reportAttributeAccessIssue]
            return places(model)
    return found


def _rename_old(reader: Reader) -> None:
    for table in (reader.groups, reader.datasets, reader.addresses):
        for path in [path for path in table if _OLD_LAYERS in path]:
            table[path.replace(_OLD_LAYERS, "layers")] = table.pop(path)


def _plan_place(place: Place, reader: Reader, plan: Plan, manifest: Manifest) -> None:
    group = _group_of(place, reader)
    stored = _numbered(group, reader)
    if not stored and (place.is_optional or place.is_optimizer):
        return
    variables = place.variables
    if place.is_optimizer and len(stored) < len(variables) and _is_unused(place, stored, reader):
        variables = variables[: len(stored)]
    wanted: list[Variable | None] = [*variables, *[None] * (len(stored) - len(variables))]
    paths = [f"{group}/{index}" for index in range(len(wanted))]
    described = [reader.describe(path) if path in reader.datasets else None for path in paths]
    rows = [mismatch(*found) for found in zip(paths, wanted, described, strict=True)]
    lacking = [row for row in rows if row is not None]
    if lacking and place.is_optimizer:
        warnings.warn(
            f"{reader.where}: the state of the optimizer does not fit and is left out: {lacking[0].path!r}.",
            stacklevel=5,
        )
    elif lacking:
        plan.rows.extend(lacking)
    else:
        for path, variable in zip(paths, variables, strict=True):
            plan.add(variable, reader.open_dataset(path, variable.shape, 2**62, manifest.get(path)), path)


def _group_of(place: Place, reader: Reader) -> str:
    """Where the file has an object's variables: an optimizer's perhaps inside the one that scaled its loss."""
    inner = f"{place.path}/inner_optimizer/{OWN}"
    scaled = place.is_optimizer and inner in reader.groups
    return inner if scaled and len(_numbered(place.group, reader)) != len(place.variables) else place.group


def _numbered(group: str, reader: Reader) -> list[str]:
    return [f"{group}/{name}" for name in reader.names_in(group) if name.isdecimal()]


def _is_unused(place: Place, stored: list[str], reader: Reader) -> bool:
    """Whether the optimizer was saved before its first step: then it had only the variables of its own."""
    own = [v for v in place.variables if v.shape == ()]
    return len(stored) <= len(own) and all(reader.describe(path).shape == () for path in stored)


def _check_unexpected(found: Iterable[Place], reader: Reader, plan: Plan) -> None:
    known = {place.group for place in found}
    for path in reader.datasets:
        group = path.rpartition("/")[0]
        if group not in known and path.split("/")[0] not in _IGNORED:
            row = mismatch(path, None, reader.describe(path))
            plan.rows.extend([row] if row else [])


def _warn_if_swapped(found: list[Place], reader: Reader) -> None:
    """Layers of equal shapes are told apart by their order only; the names say when the order is another one."""
    moved: dict[str, str] = {}
    for place in found:
        stored = reader.text(place.group, "name") if place.variables else None
        own = place.owner.name if isinstance(place.owner, Layer) else None
        if stored is not None and own is not None and stored != own:
            moved[own] = stored
    if len(moved) > 1 and set(moved) == set(moved.values()):
        pairs = ", ".join(f"{stored!r} into {own!r}" for own, stored in list(moved.items())[:_SHOWN])
        warnings.warn(
            f"{reader.where}: layers with equal shapes are in another order than when they were saved: weights of "
            f"{pairs}. Weights go by the order of the layers, not by their names.",
            stacklevel=4,
        )


def _read_themselves(own: list[Place], reader: Reader, manifest: Manifest) -> list[tuple[Variable, Array]]:
    """What layers assign that read their own variables; under an overlay, so that an error leaves them as they were."""
    with Overlay() as overlay:
        for place in own:
            most = _SLACK + 4 * sum(math.prod(v.shape) * np.dtype(v.dtype).itemsize for v in place.variables)
            place.owner.load_own_variables(Store(reader, place.group, most, manifest))  # pyright: ignore
    return overlay.assigned_besides([])
