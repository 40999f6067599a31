"""HDF5 files are read: all that a file says is checked before any memory is taken for it."""

# h5py has no type stubs for its low level:
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import h5py
import numpy as np

from kerasish.core.unfilled import empty_aligned
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, ModelFileError, UnsafeModelError
from kerasish.saving.hdf5_text import Attribute, Texts
from kerasish.saving.hdf5_write import NOT_OF_NUMPY, digest_start
from kerasish.saving.windows import fill

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
_MOST_OBJECTS = 200_000
_DEEPEST = 64
_LONGEST_TEXT = 4096
_LONGEST_LIST = 8 * 2**20
_PIECE = 2**20


class Stored(NamedTuple):
    """What a dataset says about itself."""

    shape: tuple[int, ...]
    dtype: np.dtype


class Reader:
    """The groups and datasets of an HDF5 file. What a link of any other kind than a plain one leads to is never opened.

    Args:
        file: Open for reading; a bare HDF5 file from its first byte.
        where: What errors call it.

    Raises:
        UnsafeModelError: the file has links, or one object in two places.
        CorruptModelError: it is not HDF5, or damaged.
    """

    def __init__(self, file: BinaryIO, where: str) -> None:
        self.where = where
        self.groups: dict[str, Any] = {}
        self.datasets: dict[str, Any] = {}
        self._names: dict[str, list[str]] = {}
        self.addresses: dict[str, int] = {}
        file.seek(0)
        start = file.read(len(SIGNATURE))
        if start != SIGNATURE:
            what = "is empty" if not start else "is not an HDF5 file: it does not begin with HDF5's signature"
            raise CorruptModelError(f"{where} {what}.")
        self._raw = file
        self._texts = Texts(file, where)
        file.seek(0)
        with self._reading(""):
            self._texts.check_object(self._texts.root)
            self._file = h5py.File(file, "r")
        try:
            with self._reading(""):
                self.addresses[""] = self._texts.root
                self._scan(self._file.id, "", {self._texts.root}, 0)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    @contextlib.contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        try:
            yield
        except ModelFileError:
            raise
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, AttributeError) as error:
            place = f" at {path!r}" if path else ""
            raise CorruptModelError(f"{self.where} is damaged{place}: {error!s:.200}.") from error

    def _scan(self, group: Any, path: str, seen: set[int], depth: int) -> None:
        # Addresses come from the links: to ask an object about itself, HDF5 walks through all that belongs to it, in
        # a damaged file for ever.
        for raw in group:
            name = raw.decode() if isinstance(raw, bytes) else raw
            below = f"{path}/{name}" if path else name
            address = self._address_of(group, raw, below)
            self._texts.check_object(address)
            found = h5py.h5o.open(group, raw)
            if address in seen or depth > _DEEPEST or len(seen) > _MOST_OBJECTS:
                why = "is reached in two ways" if address in seen else "is one object too many, or too deep"
                raise UnsafeModelError(f"{self.where}: {below!r} {why}. A file of weights is a tree.")
            seen.add(address)
            self.addresses[below] = address
            if isinstance(found, h5py.h5g.GroupID):
                self.groups[below] = found
                self._scan(found, below, seen, depth + 1)
            elif isinstance(found, h5py.h5d.DatasetID):
                self.datasets[below] = found
            else:
                raise UnsafeModelError(f"{self.where}: {below!r} is neither a group nor a dataset.")

    def _address_of(self, group: Any, name: Any, path: str) -> int:
        """Where the object is that a plain link leads to."""
        info = group.links.get_info(name)
        kind = info.type
        if kind != h5py.h5l.TYPE_HARD:
            kinds = {h5py.h5l.TYPE_EXTERNAL: "an external link", h5py.h5l.TYPE_SOFT: "a soft link"}
            raise UnsafeModelError(
                f"{self.where}: {path!r} is {kinds.get(kind, 'a link of an unknown kind')}. Weights are read from the "
                "file itself only, and links are not followed."
            )
        return info.u

    def text(self, path: str, name: str, most_bytes: int = _LONGEST_TEXT) -> str | None:
        """The attribute `name` of a group or dataset, or of the file if `path` is empty, if it is a text."""
        attribute = self._attributes(path).get(name)
        if attribute is None or attribute.shape != ():
            return None
        found = self._texts.values(attribute, most_bytes)
        return found[0] if found else None

    def texts(self, path: str, name: str, most_bytes: int = _LONGEST_LIST) -> list[str] | None:
        """The attribute `name`, if it is a list of texts; a long one lies in pieces, as `name0`, `name1` and so on."""
        attributes = self._attributes(path)
        if name in attributes:
            return self._texts.values(attributes[name], most_bytes)
        found: list[str] = []
        for number in range(len(attributes)):
            if f"{name}{number}" in attributes:
                found += self._texts.values(attributes[f"{name}{number}"], most_bytes) or []
        return found if f"{name}0" in attributes else None

    def _attributes(self, path: str) -> dict[str, Attribute]:
        address = self.addresses.get(path)
        if address is None:
            return {}
        with self._reading(path):
            return self._texts.attributes(address)

    def names_in(self, group: str) -> list[str]:
        """The names of the groups and datasets in a group."""
        if not self._names:
            for path in [*self.groups, *self.datasets]:
                above, _, name = path.rpartition("/")
                self._names.setdefault(above, []).append(name)
        return self._names.get(group, [])

    def describe(self, path: str) -> Stored:
        """Shape and dtype of a dataset, once it is clear that reading it touches nothing but this file.

        Raises:
            UnsafeModelError: the data lies elsewhere, or is of a kind that weights never are.
            CorruptModelError: there is no data.
        """
        with self._reading(path):
            dataset = self.datasets[path]
            creation = dataset.get_create_plist()
            self._check_storage(path, creation)
            space = dataset.get_space()
            if space.get_simple_extent_type() == h5py.h5s.NULL:
                raise CorruptModelError(f"{self.where}: {path!r} has no shape.")
            shape = tuple(int(d) for d in dataset.shape)
            dtype = self._dtype(path, dataset)
            self._check_present(path, dataset, creation, shape)
        return Stored(shape, dtype)

    def _check_storage(self, path: str, creation: Any) -> None:
        if creation.get_external_count():
            raise UnsafeModelError(f"{self.where}: the data of {path!r} lies in another file; it is not read.")
        if creation.get_layout() not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
            raise UnsafeModelError(
                f"{self.where}: {path!r} is a virtual dataset, a view of other files; it is not read."
            )
        filters = [creation.get_filter(index)[0] for index in range(creation.get_nfilters())]
        for code in filters:
            if code not in _FILTERS:
                raise UnsafeModelError(
                    f"{self.where}: {path!r} needs the HDF5 filter {code}; only gzip, shuffle and fletcher32 are read."
                )

    def _dtype(self, path: str, dataset: Any) -> np.dtype:
        kind = dataset.get_type()
        named = self.text(path, "dtype")
        if isinstance(kind, h5py.h5t.TypeOpaqueID) and named in NOT_OF_NUMPY and kind.get_size() <= 2:
            return np.dtype(named)
        plain = isinstance(kind, h5py.h5t.TypeIntegerID | h5py.h5t.TypeFloatID)
        truth = isinstance(kind, h5py.h5t.TypeEnumID) and kind.dtype == np.dtype(bool)
        if kind.committed() or not (plain or truth):
            raise UnsafeModelError(
                f"{self.where}: {path!r} holds {type(kind).__name__.removeprefix('Type').removesuffix('ID')} values; "
                "weights are plain numbers."
            )
        return kind.dtype.newbyteorder("=")

    def _check_present(self, path: str, dataset: Any, creation: Any, shape: tuple[int, ...]) -> None:
        if math.prod(shape) == 0:
            return
        complete = dataset.get_storage_size() > 0
        if complete and creation.get_layout() == h5py.h5d.CHUNKED:
            counts = (-(-size // chunk) for size, chunk in zip(shape, creation.get_chunk(), strict=True))
            complete = dataset.get_num_chunks() == math.prod(counts)
        if not complete:
            raise CorruptModelError(f"{self.where}: {path!r} says that its shape is {shape}, but has no data stored.")

    def open_dataset(
        self, path: str, shape: tuple[int, ...] | None, most_bytes: int, digest_expected: str | None = None
    ) -> np.ndarray:
        """The values of a dataset: the only place where values are read from an HDF5 file.

        Args:
            path: One of `datasets`.
            shape: What it must be; None if it isn't known, and then `most_bytes` is the bound.
            most_bytes: More are not read.
            digest_expected: From the manifest of the file; by default the dataset's own attribute, if it has one.

        Raises:
            IncompatibleModelError: another shape, or too many bytes.
            CorruptModelError: the values are not those that were saved.
        """
        stored = self.describe(path)
        size = math.prod(stored.shape) * stored.dtype.itemsize
        if (shape is not None and stored.shape != shape) or size > most_bytes:
            raise IncompatibleModelError(
                f"{self.where}: {path!r} has the shape {stored.shape}, {size} bytes; expected {shape}."
            )
        opaque = stored.dtype.name in NOT_OF_NUMPY
        array = aligned(stored.shape, np.dtype(f"V{stored.dtype.itemsize}") if opaque else stored.dtype)
        expected = digest_expected or self.text(path, "sha256")
        found = digest_start(path, stored.dtype, stored.shape) if expected is not None else None
        if array.size:
            self._read(path, stored, array, found)
        if found is not None and expected != found.hexdigest():
            raise self._altered(path)
        return array.view(stored.dtype) if opaque else array

    def _read(self, path: str, stored: Stored, array: np.ndarray, found: Any) -> None:
        """Fill `array` with the values of a dataset, and add them to the digest `found`."""
        values = array.reshape(-1).view(np.uint8).data
        with self._reading(path):
            offset = self.datasets[path].get_offset()
            if offset is None or not self._is_native(path):
                self.datasets[path].read(h5py.h5s.ALL, h5py.h5s.ALL, array)
                if found is not None:
                    found.update(values)
            elif fill(self._raw, offset, values, found) < len(values):  # as they lie in the file
                raise CorruptModelError(f"{self.where} is truncated: the values of {path!r} are not all there.")

    def _is_native(self, path: str) -> bool:
        """Whether the numbers lie in the file as they do in memory."""
        kind = self.datasets[path].get_type()
        if isinstance(kind, h5py.h5t.TypeOpaqueID):
            return True
        return bool(kind.dtype.isnative and kind.equal(h5py.h5t.py_create(kind.dtype, logical=True)))

    def verify_dataset(self, path: str, expected: str | None) -> None:
        """Raise if the values are not those that were saved; a piece is in memory at a time.

        Args:
            path: One of `datasets`.
            expected: Their digest; by default the dataset's own attribute, if it has one.
        """
        stored = self.describe(path)
        expected = expected or self.text(path, "sha256")
        offset = self.datasets[path].get_offset()
        if offset is None or not self._is_native(path):
            self.open_dataset(path, None, 2**62, expected)
        elif expected is not None:
            found, left = (
                digest_start(path, stored.dtype, stored.shape),
                math.prod(stored.shape) * stored.dtype.itemsize,
            )
            self._raw.seek(offset)
            while left > 0 and (piece := self._raw.read(min(left, _PIECE))):
                found.update(piece)
                left -= len(piece)
            if left or found.hexdigest() != expected:
                raise self._altered(path)

    def _altered(self, path: str) -> CorruptModelError:
        return CorruptModelError(
            f"{self.where}: the values of {path!r} are not those that were saved (SHA-256 differs)."
        )


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An empty array whose memory begins where an array of the backend may begin."""
    return empty_aligned(math.prod(shape) * dtype.itemsize).view(dtype).reshape(shape)


class Store(Mapping[str, np.ndarray]):
    """The arrays of one group, for an object that reads its own."""

    def __init__(self, reader: Reader, group: str, most_bytes: int, manifest: dict[str, str]) -> None:
        self._reader = reader
        self._group = group
        self._most_bytes = most_bytes
        self._manifest = manifest
        self._names = [name for name in reader.names_in(group) if f"{group}/{name}" in reader.datasets]

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names:
            raise KeyError(
                f"{self._reader.where} has no {self._group}/{name}; it has {', '.join(self._names) or 'nothing'}."
            )
        path = f"{self._group}/{name}"
        return self._reader.open_dataset(path, None, self._most_bytes, self._manifest.get(path))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
