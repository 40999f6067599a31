"""`KerasFileEditor`: look at the weights in a file, rename, add and delete them, and write them to a new file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from kerasish.core.registry import did_you_mean
from kerasish.layers.layer import Layer
from kerasish.saving.archive import read_archive
from kerasish.saving.atomic import PathLike, atomic_write, open_regular
from kerasish.saving.errors import UnsafeModelError
from kerasish.saving.hdf5 import Reader
from kerasish.saving.hdf5_write import Group, write_groups
from kerasish.saving.layout import OWN, places
from kerasish.saving.state import check_target, verify_state
from kerasish.saving.windows import length_of

Weights = dict[str, Any]
_MOST_PER_BYTE = 20  # of the file: more is a bomb
_ALWAYS = 64 * 2**20


class KerasFileEditor:
    """Shows and changes the weights in a `.keras` or `.weights.h5` file of ours or of Keras's.

    Objects are named by their path in the file, such as `layers/dense`, or by its last part if that is there once;
    weights by the names that they have there, mostly numbers. Nothing is written before `save` is called. The file is
    read under the same rules as by `load_weights`; the names of layers stay in what is saved, which Keras loses.

    Args:
        filepath: The file.

    Raises:
        ValueError: the name ends otherwise; the file is damaged, or unsafe to read.

    Example:
        >>> import tempfile
        >>> from kerasish import Sequential, layers
        >>> path = os.path.join(tempfile.mkdtemp(), "m.weights.h5")
        >>> Sequential([layers.Input((2,)), layers.Dense(1)]).save_weights(path)
        >>> editor = KerasFileEditor(path)
        >>> editor.rename_object("dense", "first")
        >>> editor.summary()
        Weights structure
          layers
            first
              0: shape=(2, 1), dtype=float32
              1: shape=(1,), dtype=float32
    """

    def __init__(self, filepath: PathLike) -> None:
        self.filepath = os.fspath(filepath)
        self.metadata: dict[str, Any] | None = None
        self.config: dict[str, Any] | None = None
        self.model: Any = None
        self.object_metadata: dict[str, dict[str, str]] = {}
        self.weights_dict: Weights = {}
        if not self.filepath.endswith((".keras", ".weights.h5")):
            raise ValueError(f"The name of the file must end in '.keras' or '.weights.h5'; got {self.filepath!r}.")
        with open_regular(self.filepath) as file:
            if self.filepath.endswith(".keras"):
                contents = read_archive(file, self.filepath)
                self.metadata, self.config = contents.metadata, contents.config
                self._read(contents.weights, contents.manifest or {})
                contents.finish()
            else:
                self._read(file, {})

    def _read(self, file: BinaryIO, manifest: Mapping[str, str]) -> None:
        most = _ALWAYS + _MOST_PER_BYTE * length_of(file)
        with Reader(file, self.filepath) as reader:
            stored = {path: reader.describe(path) for path in reader.datasets}
            total = sum(math.prod(one.shape) * one.dtype.itemsize for one in stored.values())
            if total > most:
                raise UnsafeModelError(f"{self.filepath} describes {total} bytes of weights; its size allows {most}.")
            for group in sorted(set(reader.groups) - {OWN}, key=_by_number):
                self._group(group.split("/"))
                name = reader.text(group, "name")
                if name is not None:
                    self.object_metadata["/" + _object_of(group)] = {"name": name}
            for path, one in sorted(stored.items(), key=lambda item: _by_number(item[0])):
                group, _, name = path.rpartition("/")
                values = reader.open_dataset(path, one.shape, most, manifest.get(path))
                self._group(group.split("/"))[name] = values

    def _group(self, parts: list[str]) -> Weights:
        found = self.weights_dict
        for part in parts[:-1] if parts[-1] == OWN and len(parts) > 1 else parts:
            found = found.setdefault(part, {})
        return found

    # Looking ---------------------------------------------------------------------------------------------------------
    def summary(self) -> None:
        """Print the objects and their weights."""
        print("Weights structure")
        print("\n".join(_lines(self.weights_dict, "  ")))

    def compare(self, reference_model: Layer) -> dict[str, Any]:
        """Print and return how the file differs from what a model would save.

        Args:
            reference_model: Built.

        Returns:
            `{"status": "success" or "error", "error_count": ..., "match_count": ...}`; each weight counts once.
        """
        wanted = {(place.group, str(i)): v for place in places(reference_model) for i, v in enumerate(place.variables)}
        stored = {(group.path, name): array for group in self._groups() for name, array in group.arrays.items()}
        errors: list[str] = []
        for key in {**wanted, **stored}:
            path = "/".join(key)
            if key not in stored:
                errors.append(f"{path} is in the reference model, and missing in the file")
            elif key not in wanted:
                errors.append(f"{path} is in the file, and missing in the reference model")
            elif tuple(np.shape(stored[key])) != wanted[key].shape:
                shapes = f"{wanted[key].shape} in the reference model, {np.shape(stored[key])} in the file"
                errors.append(f"{path} has the shape {shapes}")
        matches = len(wanted.keys() & stored.keys()) - sum(" has the shape " in error for error in errors)
        print("\n".join([*errors, f"{matches} weights fit; {len(errors)} do not."]))
        status = "error" if errors else "success"
        return {"status": status, "error_count": len(errors), "match_count": matches}

    # Changing --------------------------------------------------------------------------------------------------------
    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name, at the same place.

        Args:
            object_name: Its path, or the last part of it.
            new_name: The new last part.
        """
        if "/" in new_name or not new_name:
            raise ValueError(f"The new name must be the last part of a path, without slashes; got {new_name!r}.")
        parent, name, path = self._find(object_name)
        if new_name != name and new_name in parent:
            raise ValueError(f"There is an object {new_name!r} beside {path!r} already; rename or delete it first.")
        items = [(new_name if key == name else key, value) for key, value in parent.items()]
        parent.clear()
        parent.update(items)
        old, new = f"/{path}", f"/{path}"[: -len(name)] + new_name
        self.object_metadata = {
            new + key[len(old) :] if key == old or key.startswith(f"{old}/") else key: value
            for key, value in self.object_metadata.items()
        }

    def delete_object(self, object_name: str) -> None:
        """Remove an object, with its weights and the objects inside it.

        Args:
            object_name: Its path, or the last part of it.
        """
        parent, name, path = self._find(object_name)
        del parent[name]
        gone = f"/{path}"
        kept = {k: v for k, v in self.object_metadata.items() if k != gone and not k.startswith(f"{gone}/")}
        self.object_metadata = kept

    def add_object(self, object_path: str, weights: Mapping[str, Any]) -> None:
        """Add an object.

        Args:
            object_path: Its whole path. The object that holds it must be there; an object of that path must not.
            weights: Its weights by their names.
        """
        above, _, name = object_path.strip("/").rpartition("/")
        parent = self._at(above) if above else self.weights_dict
        if parent is None:
            raise ValueError(f"There is no object {above!r} in the file that could hold {object_path!r}.")
        if not name or name in parent:
            raise ValueError(f"There is an object {object_path!r} already, or it has no name: use `add_weights`.")
        parent[name] = _arrays(weights)

    def add_weights(self, object_name: str, weights: Mapping[str, Any]) -> None:
        """Add weights to an object; those of the same names are replaced.

        Args:
            object_name: Its path, or the last part of it.
            weights: By their names.
        """
        parent, name, path = self._find(object_name)
        arrays = _arrays(weights)
        if clash := [key for key in arrays if isinstance(parent[name].get(key), dict)]:
            raise ValueError(f"{path!r} has an object {clash[0]!r}, so it can't have weights of that name.")
        parent[name].update(arrays)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove one weight of an object.

        Args:
            object_name: Its path, or the last part of it.
            weight_name: Its name there, such as `"0"`.
        """
        parent, name, path = self._find(object_name)
        weights = {key: value for key, value in parent[name].items() if not isinstance(value, dict)}
        if weight_name not in weights:
            raise ValueError(f"{path!r} has no weight {weight_name!r}; it has {', '.join(weights) or 'none'}.")
        del parent[name][weight_name]

    def save(self, filepath: PathLike) -> None:
        """Write all weights to a `.weights.h5` file, with a digest of each.

        Args:
            filepath: Ends in `.weights.h5`; a file that is there is replaced when the new one is on the disk.
        """
        path = check_target(filepath, ".weights.h5", overwrite=True)
        atomic_write(path, lambda file: write_groups(file, self._groups(), True), lambda file: verify_state(file, path))

    def resave_weights(self, filepath: PathLike) -> None:
        """The same as `save`."""
        self.save(filepath)

    # Inside ----------------------------------------------------------------------------------------------------------
    def _groups(self) -> Iterator[Group]:
        for path, node in _objects(self.weights_dict, ""):
            name = self.object_metadata.get(f"/{path}")
            arrays = {key: value for key, value in node.items() if not isinstance(value, dict)}
            group = path if path == OWN else f"{path}/{OWN}"
            if arrays or name:
                yield Group(group, name or {}, arrays)

    def _at(self, path: str) -> Weights | None:
        found: Any = self.weights_dict
        for part in path.strip("/").split("/"):
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None

    def _find(self, name: str) -> tuple[Weights, str, str]:
        """`(the dict that holds it, its key, its path)`."""
        known = [path for path, _ in _objects(self.weights_dict, "")]
        wanted = name.strip("/")
        found = [wanted] if wanted in known else [path for path in known if path.rpartition("/")[2] == wanted]
        if not found:
            raise ValueError(f"There is no object {name!r:.100} in the file.{did_you_mean(wanted, known):.300}")
        if len(found) > 1:
            raise ValueError(f"There are several objects {name!r}: {', '.join(found):.300}. Give the whole path.")
        above, _, key = found[0].rpartition("/")
        parent = self._at(above) if above else self.weights_dict
        assert parent is not None
        return parent, key, found[0]


def _object_of(group: str) -> str:
    return group.removesuffix(f"/{OWN}")


def _by_number(path: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.split("/")]


def _objects(node: Weights, path: str) -> Iterator[tuple[str, Weights]]:
    for key, value in node.items():
        if isinstance(value, dict):
            below = f"{path}/{key}" if path else key
            yield below, value
            yield from _objects(value, below)


def _lines(node: Weights, indent: str) -> Iterator[str]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield f"{indent}{key}"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: shape={value.shape}, dtype={value.dtype.name}"


def _arrays(weights: Any) -> dict[str, np.ndarray]:
    if not isinstance(weights, Mapping):
        raise ValueError(
            f"`weights` must be a dict of arrays by their names, mostly '0', '1' ...; got {weights!r:.100}."
        )
    found = {str(name): np.asarray(value) for name, value in weights.items()}
    for name, array in found.items():
        if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
            raise ValueError(f"Weights must be arrays of numbers; {name!r} is {array!r:.100}.")
        if not name or "/" in name:
            raise ValueError(f"The name of a weight must have no slashes; got {name!r}.")
    return found
