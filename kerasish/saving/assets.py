"""Assets: what layers keep in files of their own inside a `.keras` file, such as vocabularies."""

from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile
import warnings
from collections.abc import Iterator

from kerasish.layers.host import HostSide
from kerasish.layers.layer import Layer
from kerasish.saving.errors import IncompatibleModelError
from kerasish.saving.layout import places

Assets = dict[str, bytes]
"""Contents by the path below `assets/`."""


def _owners(model: Layer) -> Iterator[tuple[str, Layer]]:
    for place in places(model):
        if isinstance(place.owner, Layer):
            yield (f"{place.path}/" if place.path else ""), place.owner


def collect_assets(model: Layer) -> Assets:
    """What the layers of a model want to keep, by Keras's paths."""
    found: Assets = {}
    for path, layer in _owners(model):
        own: Assets = {}
        if type(layer).save_assets is HostSide.save_assets:
            layer.save_own_assets(own)
        else:
            own = _from_folder(layer)
        found.update((path + name, content) for name, content in own.items())
    return found


@contextlib.contextmanager
def taken_up(model: Layer, assets: Assets, where: str, skip_mismatch: bool = False) -> Iterator[None]:
    """Inside it, the layers of a model have the assets; after an error in it they are as they were.

    Args:
        model: Has layers where the assets belong.
        assets: Of a file.
        where: What errors call the file.
        skip_mismatch: Whether assets that belong to no layer are told in a warning only.
    """
    before = [(place.owner, dict(vars(place.owner))) for place in places(model)] if assets else []
    try:
        load_assets(model, assets, where, skip_mismatch)
        yield
    except BaseException:
        for owner, attributes in before:
            vars(owner).clear()
            vars(owner).update(attributes)
        raise


def load_assets(model: Layer, assets: Assets, where: str, skip_mismatch: bool = False) -> None:
    """Give the layers of a model what `collect_assets` found.

    Raises:
        IncompatibleModelError: there are assets for which the model has no layer, or which a layer can't use.
    """
    unused = set(assets)
    for path, layer in sorted(_owners(model), key=lambda pair: -len(pair[0])):
        own = {name[len(path) :]: content for name, content in assets.items() if name.startswith(path)}
        own = {name: content for name, content in own.items() if path + name in unused}
        if not own or _keeps_none(layer):
            continue
        unused -= {path + name for name in own}
        try:
            if type(layer).load_assets is HostSide.load_assets:
                layer.load_own_assets(own)
            else:
                _through_folder(layer, own)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise IncompatibleModelError(f"{where}: the assets of layer {layer.name!r}: {error!s:.300}") from error
    if unused:
        names = ", ".join(repr(name) for name in sorted(unused)[:3])
        message = f"{where} has assets that belong to no layer of the model: {names:.200}."
        if not skip_mismatch:
            raise IncompatibleModelError(message)
        warnings.warn(f"{message} They are left out.", stacklevel=5)


def _keeps_none(layer: Layer) -> bool:
    kind = type(layer)
    return kind.load_assets is HostSide.load_assets and kind.load_own_assets is HostSide.load_own_assets


def _from_folder(layer: Layer) -> Assets:
    """Through a folder, which is Keras's way, for a class of the user's that overrides `save_assets`."""
    with tempfile.TemporaryDirectory() as folder:
        layer.save_assets(folder)
        root = pathlib.Path(folder)
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }


def _through_folder(layer: Layer, own: Assets) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in own.items():
            path = pathlib.Path(folder, *name.split("/"))
            os.makedirs(path.parent, exist_ok=True)
            path.write_bytes(content)
        layer.load_assets(folder)
