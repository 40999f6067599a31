"""Weights to and from `.weights.h5` files: all is read and checked before the first variable is assigned."""

from __future__ import annotations

import io
import math
import os
import warnings
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from kerasish.backend.interface import Array
from kerasish.core.dtypes import is_float_dtype, is_int_dtype, standardize_dtype
from kerasish.core.variable import Overlay, Variable
from kerasish.layers.layer import Layer
from kerasish.saving.archive import read_archive
from kerasish.saving.atomic import PathLike, atomic_write, open_regular
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError
from kerasish.saving.hdf5 import Group, Reader, Store, write_groups
from kerasish.saving.layout import OPTIMIZER, OWN, REST, Place, places

Manifest = dict[str, str]
_SLACK = 64 * 2**20
_PER_PLACE = 16 * 2**10  # HDF5's own bytes for a group and its datasets
_OLD_LAYERS = "_layer_checkpoint_dependencies"  # what `layers` was called in the first files of this format
_IGNORED = (OPTIMIZER, REST, "metrics", "loss_tracker")
_ROWS = 5


def save_weights(
    model: Layer, filepath: PathLike, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
) -> None:
    """Save the weights of a model, and the state of its optimizer, to a `.weights.h5` file, which Keras opens too.

    The states of seed generators are in the file as well, where Keras doesn't look. The file that was there before
    stays until the new one is on the disk. The HDF5 file is made in memory first.

    Args:
        model: Built, so that it has weights.
        filepath: Ends in `.weights.h5`.
        overwrite: Whether a file that is there may be replaced.
        max_shard_size: Not supported yet: must be None.

    Raises:
        ValueError: the model isn't built, or the name ends otherwise.
        FileExistsError: there is a file, and `overwrite` is False.
        OSError: writing failed; the file that was there before is unchanged.
    """
    if kwargs:
        raise TypeError(f"save_weights got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    if max_shard_size is not None:
        raise NotImplementedError("Weights in several files are not supported yet: leave out `max_shard_size`.")
    path = check_target(filepath, ".weights.h5", overwrite)
    check_built(model)
    content, _ = weights_bytes(model, digests=True)
    atomic_write(path, lambda file: write_all(file, content), lambda file: verify_weights(file, path))


def check_target(filepath: PathLike, ending: str, overwrite: bool) -> str:
    """`filepath` as text, if a file may be written there."""
    path = os.fspath(filepath)
    if not path.endswith(ending):
        raise ValueError(f"The name of the file must end in {ending!r}; got {path!r}.")
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


def write_all(file: BinaryIO, content: bytes) -> None:
    """Write all of `content`, also where a write takes a part only."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def verify_weights(file: BinaryIO, where: str, manifest: Manifest | None = None) -> None:
    """Read every dataset of a file that was just written, and compare its digest."""
    with Reader(file, where) as reader:
        for path in reader.datasets:
            reader.open_dataset(path, None, 2**62, (manifest or {}).get(path))


def weights_bytes(model: Layer, digests: bool) -> tuple[bytes, Manifest]:
    """The weights as an HDF5 file, and the SHA-256 of each dataset."""
    file = io.BytesIO()
    manifest = write_groups(file, [_group(place) for place in places(model)], digests)
    return file.getvalue(), manifest


def _group(place: Place) -> Group:
    if place.writes_itself:
        arrays: dict[str, Any] = {}
        place.owner.save_own_variables(arrays)  # pyright: ignore[reportAttributeAccessIssue]  it is a Layer
        arrays = {name: np.asarray(value) for name, value in arrays.items()}
    else:
        arrays = {str(index): v.numpy() for index, v in enumerate(place.variables)}
    return Group(place.group, {"name": place.name} if place.name else {}, arrays)


# Loading -------------------------------------------------------------------------------------------------------------
def load_weights(model: Layer, filepath: PathLike, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load weights from a `.weights.h5` or `.keras` file of ours or of Keras's.

    If that fails, the model is as it was. The state of the optimizer is loaded if the file has it and it fits.

    Args:
        model: Built, and of the same structure as the one that was saved.
        filepath: The file.
        skip_mismatch: Whether to leave out layers whose weights are missing or have other shapes, and to say so in a
            warning, instead of refusing.

    Raises:
        FileNotFoundError: there is no such file.
        IncompatibleModelError: the weights in the file don't fit the model; the error shows a table.
        CorruptModelError: the file is damaged.
        UnsafeModelError: the file asks for something that no file of weights may ask for.
    """
    if kwargs:
        raise TypeError(f"load_weights got an argument that it doesn't know: {', '.join(map(repr, kwargs))}.")
    path = os.fspath(filepath)
    if not path.endswith((".weights.h5", ".keras")):
        raise ValueError(f"Weights are loaded from files that end in '.weights.h5' or '.keras'; got {path!r}.")
    with open_regular(path) as file:
        if path.endswith(".keras"):
            contents = read_archive(file, path, largest_weights(model))
            load_state(model, io.BytesIO(contents.weights), path, skip_mismatch, contents.manifest)
        else:
            load_state(model, file, path, skip_mismatch, None)


def largest_weights(model: Layer) -> int:
    """How many bytes a file of this model's weights can have, with the state of an optimizer of any kind."""
    found = places(model)
    own = sum(v.size * np.dtype(v.dtype).itemsize for place in found for v in place.variables)
    return 2 * _SLACK + 8 * own + _PER_PLACE * (len(found) + sum(len(place.variables) for place in found))


class _Row(NamedTuple):
    path: str
    stored: str
    expected: str


class _Plan:
    """What will be assigned, and what does not fit."""

    def __init__(self) -> None:
        self.values: list[tuple[Variable, Any]] = []
        self.reads_itself: list[Place] = []
        self.rows: list[_Row] = []


def load_state(
    model: Layer, file: BinaryIO, where: str, skip_mismatch: bool = False, manifest: Manifest | None = None
) -> None:
    """Assign what an HDF5 file holds to the variables of a model: all of it, or after an error nothing."""
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has not been built, so it has no weights to load into: call it on some data first."
        )
    with Reader(file, where) as reader:
        _rename_old(reader)
        if manifest is not None and set(manifest) != set(reader.datasets):
            raise CorruptModelError(
                f"{where}: the weights are not those that were saved: datasets are missing or added."
            )
        found, plan = places(model), _Plan()
        for place in found:
            _plan_place(place, reader, plan, manifest or {})
        _check_unexpected(found, reader, plan)
        _report(plan, where, skip_mismatch)
        _warn_if_swapped(found, reader)
        assigned = _read_themselves(plan, reader, manifest or {})
    for variable, value in [*plan.values, *assigned]:
        variable.assign(value)


def _rename_old(reader: Reader) -> None:
    for table in (reader.groups, reader.datasets):
        for path in [path for path in table if _OLD_LAYERS in path]:
            table[path.replace(_OLD_LAYERS, "layers")] = table.pop(path)


def _plan_place(place: Place, reader: Reader, plan: _Plan, manifest: Manifest) -> None:
    if place.writes_itself:
        plan.reads_itself.append(place)
        return
    group = _group_of(place, reader)
    stored = _numbered(group, reader)
    if not stored and (place.is_optional or place.is_optimizer):
        return
    variables = place.variables
    if place.is_optimizer and len(stored) < len(variables) and _is_unused(place, stored, reader):
        variables = variables[: len(stored)]
    rows, values = [], []
    for index in range(max(len(variables), len(stored))):
        path = f"{group}/{index}"
        variable = variables[index] if index < len(variables) else None
        row = _mismatch(path, variable, reader)
        if row is not None:
            rows.append(row)
        elif variable is not None:
            value = reader.open_dataset(path, variable.shape, 2**62, manifest.get(path))
            values.append((variable, _exact(value, variable, path, reader.where)))
    if rows and place.is_optimizer:
        warnings.warn(
            f"{reader.where}: the state of the optimizer does not fit and is left out: {rows[0].path!r}.", stacklevel=5
        )
    elif rows:
        plan.rows.extend(rows)
    else:
        plan.values.extend(values)


def _group_of(place: Place, reader: Reader) -> str:
    """Where the file has an object's variables: an optimizer's perhaps inside the one that scaled its loss."""
    inner = f"{place.path}/inner_optimizer/{OWN}"
    scaled = place.is_optimizer and inner in reader.groups
    return inner if scaled and len(_numbered(place.group, reader)) != len(place.variables) else place.group


def _numbered(group: str, reader: Reader) -> list[str]:
    start = f"{group}/"
    return [path for path in reader.datasets if path.startswith(start) and path[len(start) :].isdecimal()]


def _is_unused(place: Place, stored: list[str], reader: Reader) -> bool:
    """Whether the optimizer was saved before its first step: then it had only the variables of its own."""
    own = [v for v in place.variables if v.shape == ()]
    return len(stored) <= len(own) and all(reader.describe(path).shape == () for path in stored)


def _mismatch(path: str, variable: Variable | None, reader: Reader) -> _Row | None:
    expected = f"{variable.shape} {variable.dtype}" if variable is not None else "nothing"
    if path not in reader.datasets:
        return _Row(path, "nothing", expected)
    stored = reader.describe(path)
    shown = f"{stored.shape} {stored.dtype.name}"
    if variable is None or stored.shape != variable.shape or not _convertible(stored.dtype, variable.dtype):
        return _Row(path, shown, expected)
    return None


def _convertible(stored: np.dtype, wanted: str) -> bool:
    """Whether values of one dtype may stand for those of the other: floats for floats, integers for integers."""
    name = stored.name
    if name == wanted:
        return True
    try:
        known = standardize_dtype(name)
    except ValueError:
        return False
    floats = is_float_dtype(known) and is_float_dtype(wanted)
    return floats or (is_int_dtype(known) and is_int_dtype(wanted) and stored.itemsize >= 4)


def _exact(value: np.ndarray, variable: Variable, path: str, where: str) -> np.ndarray:
    if is_int_dtype(variable.dtype) and value.dtype.name != variable.dtype and value.size:
        limits = np.iinfo(variable.dtype)
        if value.min() < limits.min or value.max() > limits.max:
            raise IncompatibleModelError(f"{where}: {path!r} has integers that {variable.dtype} does not hold.")
    if is_float_dtype(variable.dtype) and value.size and not np.isfinite(value.astype("float32")).all():
        warnings.warn(f"{where}: {path!r} has values that are not finite (NaN or infinity).", stacklevel=6)
    return value


def _check_unexpected(found: list[Place], reader: Reader, plan: _Plan) -> None:
    known = {place.group for place in found}
    for path in reader.datasets:
        group = path.rpartition("/")[0]
        if group not in known and path.split("/")[0] not in _IGNORED:
            stored = reader.describe(path)
            plan.rows.append(_Row(path, f"{stored.shape} {stored.dtype.name}", "nothing"))


def _report(plan: _Plan, where: str, skip_mismatch: bool) -> None:
    if not plan.rows:
        return
    rows = [f"  {row.path:.60}: {row.stored:.30} / {row.expected:.30}" for row in plan.rows[:_ROWS]]
    if len(plan.rows) > _ROWS:
        rows.append(f"  … and {len(plan.rows) - _ROWS} more")
    table = "\n".join(rows)
    if skip_mismatch:
        warnings.warn(f"{where}: these weights do not fit and are left out (file / model):\n{table}", stacklevel=4)
        return
    raise IncompatibleModelError(
        f"{where:.80}: {len(plan.rows)} weights do not fit the model (unexpected, missing, different; file / model):\n"
        f"{table}\nBuild the model as the saved one was, or give skip_mismatch=True."
    )


def _warn_if_swapped(found: list[Place], reader: Reader) -> None:
    """Layers of equal shapes are told apart by their order only; the names say when the order is another one."""
    moved: dict[str, str] = {}
    for place in found:
        stored = reader.text(place.group, "name") if place.variables else None
        own = place.owner.name if isinstance(place.owner, Layer) else None
        if stored is not None and own is not None and stored != own:
            moved[own] = stored
    if len(moved) > 1 and set(moved) == set(moved.values()):
        pairs = ", ".join(f"{stored!r} into {own!r}" for own, stored in list(moved.items())[:_ROWS])
        warnings.warn(
            f"{reader.where}: layers with equal shapes are in another order than when they were saved: weights of "
            f"{pairs}. Weights go by the order of the layers, not by their names.",
            stacklevel=4,
        )


def _read_themselves(plan: _Plan, reader: Reader, manifest: Manifest) -> list[tuple[Variable, Array]]:
    """What layers assign that read their own variables; under an overlay, so that an error leaves them as they were."""
    with Overlay() as overlay:
        for place in plan.reads_itself:
            most = _SLACK + 4 * sum(math.prod(v.shape) * np.dtype(v.dtype).itemsize for v in place.variables)
            place.owner.load_own_variables(Store(reader, place.group, most, manifest))  # pyright: ignore
    return overlay.assigned_besides([])
