"""`.safetensors` files: the length of a header, a JSON header of names, dtypes, shapes and places, and the values.

Source: the format's description, https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import concurrent.futures
import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from kerasish.core.variable import Variable
from kerasish.layers.layer import Layer
from kerasish.saving.atomic import atomic_write
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, UnsafeModelError
from kerasish.saving.hdf5 import Stored, aligned
from kerasish.saving.hdf5_write import digest, digest_start
from kerasish.saving.matching import Plan, mismatch
from kerasish.saving.state import bytes_of, check_loadable, held, host
from kerasish.saving.strict_json import LARGEST, read_json
from kerasish.saving.windows import fill, length_of, write_all

Rename = Mapping[str, str] | Callable[[str], str | None]
_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
}
_CODES = {name: code for code, name in _DTYPES.items()}
_METADATA, _DIGESTS = "__metadata__", "kerasish_sha256"
_PIECE = 2**20
_MOST_TENSORS = 100_000


class Tensor(NamedTuple):
    """What the header says about one tensor."""

    dtype: np.dtype
    shape: tuple[int, ...]
    start: int
    size: int


def can_hold(dtype: np.dtype) -> bool:
    """Whether such a file can hold arrays of this dtype."""
    return dtype.name in _CODES


# Writing -------------------------------------------------------------------------------------------------------------
def save_safetensors(model: Layer, path: str, rename: Rename | None) -> None:
    """Write the weights of a model, without seeds and optimizer.

    Args:
        model: Built.
        path: Ends in `.safetensors`.
        rename: What a weight is called in the file, by its path in the model.
    """
    named = named_weights(model, rename)
    for name, variable in named.items():
        if variable.dtype not in _CODES:
            raise ValueError(f"{name!r:.80} has the dtype {variable.dtype}, which a `.safetensors` file can't hold.")

    def write(file: BinaryIO) -> None:
        with held(model):
            arrays = {name: host(variable) for name, variable in named.items()}
        write_arrays(file, arrays)

    atomic_write(path, write, lambda file: verify_arrays(file, path), needs=bytes_of(model))


def write_arrays(file: BinaryIO, arrays: Mapping[str, np.ndarray], texts: Mapping[str, str] | None = None) -> None:
    """Write arrays by name, a digest of each, and `texts` in the header."""
    texts = texts or {}
    head = _header(arrays, dict.fromkeys(arrays, "0" * 64), texts)
    place, digests = len(head), {}
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        for name, array in arrays.items():
            array = np.asarray(array, order="C")
            apart = worker.submit(digest, name, array)
            write_all(file, array.reshape(-1).view(np.uint8).data, place)
            place, digests[name] = place + array.nbytes, apart.result()
    write_all(file, _header(arrays, digests, texts), 0)


def _header(arrays: Mapping[str, np.ndarray], digests: Mapping[str, str], texts: Mapping[str, str]) -> bytes:
    entries: dict[str, Any] = {_METADATA: {"format": "np", _DIGESTS: json.dumps(dict(digests)), **texts}}
    place = 0
    for name, array in arrays.items():
        offsets = [place, place + array.nbytes]
        entries[name] = {"dtype": _CODES[array.dtype.name], "shape": list(array.shape), "data_offsets": offsets}
        place += array.nbytes
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def named_weights(model: Layer, rename: Rename | None) -> dict[str, Variable]:
    """The weights by the names that they have in the file: their paths, without the model's own name, or new names."""
    found: dict[str, Variable] = {}
    for variable in model.weights:
        path = variable.path.removeprefix(f"{model.name}/")
        name = rename.get(path, path) if isinstance(rename, Mapping) else rename(path) if rename else path
        if name is None:
            continue
        if name in found or name == _METADATA:
            raise ValueError(
                f"Two weights of model {model.name!r} would be called {name!r:.100} in a `.safetensors` file: give "
                "the layers names of their own, or give `rename`, a dict or function of paths."
            )
        found[name] = variable
    if isinstance(rename, Mapping) and (unknown := set(rename) - {_path(v, model) for v in model.weights}):
        raise ValueError(f"`rename` names {min(unknown)!r:.100}, which is the path of no weight of {model.name!r}.")
    return found


def _path(variable: Variable, model: Layer) -> str:
    return variable.path.removeprefix(f"{model.name}/")


# Reading -------------------------------------------------------------------------------------------------------------
def load_safetensors(model: Layer, file: BinaryIO, where: str, skip_mismatch: bool, rename: Rename | None) -> None:
    """Assign the weights in an open `.safetensors` file: all of them, or after an error none.

    Without `rename`, weights of a file of ours go by their order where the automatic names are other ones.

    Args:
        model: Built.
        file: Open for reading.
        where: What errors call it.
        skip_mismatch: Whether to leave out weights that don't fit.
        rename: What a weight is called in the file, by its path in the model.
    """
    check_loadable(model)
    tensors, metadata = read_header(file, where)
    digests = _digests(metadata, tensors, where)
    wanted = named_weights(model, rename)
    if digests and rename is None and set(wanted) != set(tensors) and len(wanted) == len(tensors):
        in_order = list(zip(tensors, wanted.values(), strict=True))
        if all(tensors[name].shape == v.shape and name.split("/")[-1] == v.name for name, v in in_order):
            wanted = dict(in_order)
    plan = Plan(where)
    extra = [] if rename is not None else [name for name in tensors if name not in wanted]
    for name in [*wanted, *extra]:
        variable, tensor = wanted.get(name), tensors.get(name)
        row = mismatch(name, variable, Stored(tensor.shape, tensor.dtype) if tensor else None)
        if row is not None:
            plan.rows.append(row)
        elif variable is not None and tensor is not None:
            plan.add(variable, _read(file, name, tensor, digests.get(name), where), name)
    plan.report(skip_mismatch, "Give `rename`, what weights are called in the file by their paths in the model")
    plan.assign()


def read_arrays(file: BinaryIO, where: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """All arrays of an open file, checked, and the texts in its header."""
    tensors, metadata = read_header(file, where)
    digests = _digests(metadata, tensors, where)
    return {name: _read(file, name, tensor, digests.get(name), where) for name, tensor in tensors.items()}, metadata


def read_header(file: BinaryIO, where: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """What an open `.safetensors` file holds, and its metadata; all of it checked, no values read.

    Raises:
        CorruptModelError: it is truncated, or its header is not one.
        UnsafeModelError: tensors overlap, or there are bytes that belong to none.
    """
    length = length_of(file)
    file.seek(0)
    start = file.read(8)
    size = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
    if not 2 <= size <= min(length - 8, LARGEST):
        raise CorruptModelError(
            f"{where} is empty, truncated or not a `.safetensors` file: its {length} bytes begin with {size} as the "
            f"length of the header; at most {LARGEST} are read."
        )
    header = read_json(file.read(size), where)
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise CorruptModelError(f"{where}: {_METADATA} must hold texts.")
    if len(header) > _MOST_TENSORS:
        raise UnsafeModelError(f"{where} has {len(header)} tensors; at most {_MOST_TENSORS} are accepted.")
    tensors = {name: _tensor(name, entry, 8 + size, where) for name, entry in header.items()}
    end = 8 + size
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].size)):
        if tensor.start != end:
            why = "overlaps another tensor" if tensor.start < end else "follows bytes that belong to no tensor"
            raise UnsafeModelError(f"{where}: {name!r:.100} {why}.")
        end += tensor.size
    if end != length:
        why = "is truncated" if end > length else "has bytes after its last tensor"
        raise CorruptModelError(f"{where} {why}: its header describes {end} bytes, but it has {length}.")
    return tensors, metadata


def _tensor(name: str, entry: Any, start: int, where: str) -> Tensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise CorruptModelError(f"{where}: {name!r:.100} has no dtype, shape and data_offsets: {entry!r:.100}.")
    shape, offsets = entry["shape"], entry["data_offsets"]
    numbers = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
    if not numbers or not all(type(n) is int and 0 <= n < 2**63 for n in [*shape, *offsets]) or len(shape) > 32:
        raise CorruptModelError(f"{where}: {name!r:.100} has no usable shape or place: {shape!r:.60}, {offsets!r:.60}.")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _DTYPES:
        raise IncompatibleModelError(f"{where}: {name!r:.100} has the dtype {entry['dtype']!r:.40}, unknown here.")
    dtype = np.dtype(_DTYPES[entry["dtype"]])
    size = math.prod(shape) * dtype.itemsize
    if offsets[1] - offsets[0] != size:
        raise CorruptModelError(
            f"{where}: {name!r:.100} of shape {shape!r:.60} needs {size} bytes; it has {offsets[1] - offsets[0]}."
        )
    return Tensor(dtype, tuple(shape), start + offsets[0], size)


def _digests(metadata: Mapping[str, str], tensors: Mapping[str, Tensor], where: str) -> dict[str, Any]:
    if _DIGESTS not in metadata:
        return {}
    digests = read_json(metadata[_DIGESTS].encode(), f"{where}: {_DIGESTS}")
    if set(digests) != set(tensors):
        raise CorruptModelError(f"{where}: the tensors are not those that were saved: some are missing or added.")
    return digests


def _read(file: BinaryIO, name: str, tensor: Tensor, expected: Any, where: str) -> np.ndarray:
    array = aligned(tensor.shape, tensor.dtype)
    raw = array.reshape(-1).view(np.uint8).data
    found = digest_start(name, tensor.dtype, tensor.shape) if expected is not None else None
    if fill(file, tensor.start, raw, found) != len(raw):
        raise CorruptModelError(f"{where} is truncated: {name!r:.100} is not all there.")
    if tensor.dtype.name == "bool" and array.size and array.view(np.uint8).max() > 1:
        raise CorruptModelError(f"{where}: {name!r:.100} has truth values that are neither 0 nor 1.")
    if found is not None and expected != found.hexdigest():
        raise _altered(name, where)
    return array


def _altered(name: str, where: str) -> CorruptModelError:
    return CorruptModelError(f"{where}: the values of {name!r:.100} are not those that were saved (SHA-256 differs).")


def verify_arrays(file: BinaryIO, where: str) -> None:
    """Read every value of a file that was just written, and compare the digests."""
    tensors, metadata = read_header(file, where)
    for name, expected in _digests(metadata, tensors, where).items():
        found, left = digest_start(name, tensors[name].dtype, tensors[name].shape), tensors[name].size
        file.seek(tensors[name].start)
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            found.update(piece)
            left -= len(piece)
        if left or found.hexdigest() != expected:
            raise _altered(name, where)
