"""Read pickled arrays without running what is in the file: only arrays, numbers, strings and containers come out."""

import pickle
import re
import tokenize
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

_TYPE_CODE = re.compile(r"[biuf][1248]|O8?")


def load_pickle(file: BinaryIO, encoding: str = "ASCII") -> Any:
    """The array, the plain value, or the dictionary of these that was pickled into `file`.

    Nothing named in the file is imported or called, and NumPy's own (not memory-safe) unpickling is not used: the
    few names that pickled arrays consist of stand for small classes of this module.

    Args:
        file: Open for reading, at the start of the pickle.
        encoding: For the strings of Python 2; `"bytes"` leaves them as they are.

    Raises:
        pickle.UnpicklingError: the file asks for anything but arrays, numbers, strings and containers.

    Example:
        >>> import io
        >>> load_pickle(io.BytesIO(pickle.dumps({"labels": [1, 2], "data": np.zeros(2)})))
        {'labels': [1, 2], 'data': array([0., 0.])}
    """
    loaded = _SafeUnpickler(file, encoding=encoding).load()
    if isinstance(loaded, dict):
        return {key: _finished(item) for key, item in loaded.items()}
    return _finished(loaded)


def load_npz(path: str | BinaryIO, names: tuple[str, ...]) -> list[np.ndarray]:
    """The arrays of an `.npz` file that have these names; arrays of objects are read by `load_pickle`.

    Raises:
        ValueError: the file is not an `.npz` file, lacks a name, or declares more numbers than it has.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> np.savez(file, x=np.arange(3))
        >>> _ = file.seek(0)
        >>> load_npz(file, ("x",))
        [array([0, 1, 2])]
    """
    loaded: Any = np.load(path, allow_pickle=False)
    is_array = isinstance(loaded, np.ndarray)
    if is_array:
        raise ValueError(f"{path} is a single array, not an .npz file of the arrays {', '.join(names)}.")
    with loaded as archive:
        missing = [name for name in names if f"{name}.npy" not in archive.zip.namelist()]
        if missing:
            raise ValueError(f"{path} lacks the arrays {', '.join(missing)}; it has {', '.join(archive.files)[:200]}.")
        arrays = []
        for name in names:
            with archive.zip.open(f"{name}.npy") as stream:
                arrays.append(_read_npy(stream, f"the array {name} of {path}"))
    return arrays


def _read_npy(stream: Any, what: str) -> np.ndarray:
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{what} has version {version} of the .npy format; versions 1.0 and 2.0 are known.")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        shape, fortran, dtype = read_header(stream)
    except (tokenize.TokenError, SyntaxError) as error:  # what NumPy's parser of Python 2's headers lets through
        raise ValueError(f"{what} has a header that is none of the .npy format: {error!s:.100}.") from error
    if dtype.hasobject:
        array = load_pickle(stream)
        if not isinstance(array, np.ndarray) or array.shape != shape:
            raise ValueError(f"{what} should be an array of the shape {shape}, by its header; it is not.")
        return array
    content = bytearray(stream.read())
    return _array(content, dtype, shape, fortran, what)


def _array(content: bytearray, dtype: np.dtype, shape: tuple[int, ...], fortran: bool, what: str) -> np.ndarray:
    numbers = np.frombuffer(content, dtype)
    size = 1
    for length in shape:
        size *= length
    if size != numbers.size or any(length < 0 for length in shape):
        raise ValueError(f"{what} has {numbers.size} numbers, which do not fill the declared shape {shape}.")
    return numbers.reshape(shape, order="F" if fortran else "C")


class _PickledType:
    """Stands for `numpy.dtype` in a pickle."""

    def __init__(self, code: str | bytes, *_: Any) -> None:
        self.code = code.decode("ascii") if isinstance(code, bytes) else code
        if not _TYPE_CODE.fullmatch(self.code):
            raise pickle.UnpicklingError(
                f"A pickled array has the type {self.code!r}; only numbers and objects may be."
            )
        self.byte_order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        self.byte_order = {"<": "<", ">": ">"}.get(order, "=")

    def dtype(self) -> np.dtype:
        return np.dtype(object) if self.code.startswith("O") else np.dtype(self.byte_order + self.code)


class _PickledArray:
    """Stands for an array in a pickle, until its content is known."""

    array: np.ndarray | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, pickled_type, fortran, content = state
        dtype = pickled_type.dtype()
        if not dtype.hasobject:
            content = content.encode("latin1") if isinstance(content, str) else content
            self.array = _array(bytearray(content), dtype, shape, bool(fortran), "A pickled array")
            return
        array = np.empty(len(content), object)
        for position, item in enumerate(content):  # at once, lists of equal length would become a second axis
            array[position] = _finished(item)
        self.array = array.reshape(shape, order="F" if fortran else "C")


def _finished(item: Any) -> Any:
    return item.array if isinstance(item, _PickledArray) else item


def _empty_array(*_: Any) -> _PickledArray:
    return _PickledArray()


def _no_bytes() -> bytes:
    return b""


def _latin1(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"A pickle has bytes in the encoding {encoding!r}; only 'latin1' is usual.")
    return text.encode("latin1")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): "numpy.ndarray",  # an argument only: a string can't be called
    ("numpy", "dtype"): _PickledType,
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("_codecs", "encode"): _latin1,
    ("__builtin__", "bytes"): _no_bytes,  # how protocol 2 writes b""
}


class _SafeUnpickler(pickle.Unpickler):
    """Knows the names of `_ALLOWED`, and no others."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"The file asks for {module[:100]}.{name[:100]}, which a data set of numbers does not need: it is "
                "damaged or malicious. Remove it, so that it is downloaded again."
            )
        return _ALLOWED[module, name]
