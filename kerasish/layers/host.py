"""`HostSide`: what a layer says of strings, which only the host has; compiled programs never see them."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.strings import has_strings


class HostSide:
    """The part of `Layer` that decides where a call runs.

    A call that takes or gives strings runs on the host, with NumPy. In a functional or sequential model such calls are
    made batch by batch before the compiled step (`models/host.py`); by hand, `layer(strings)` just works.

    To write a layer of your own on strings, set `takes_strings`, write `call` with NumPy, and `host_spec`.
    """

    takes_strings = False
    """Whether `call` takes NumPy arrays of strings."""
    tables_version = 0
    """Grows when something changes that a compiled program holds as a constant, such as a vocabulary."""
    name: str

    def runs_on_host(self, args: Any, kwargs: Any) -> bool:
        """Whether a call with these arguments, real or symbolic, runs on the host."""
        return has_strings((args, kwargs))

    def host_spec(self, *args: Any, **kwargs: Any) -> Tree:
        """What a call on the host would return for symbolic tensors, as symbolic tensors."""
        raise NotImplementedError(
            f"Layer {self.name!r} of type {type(self).__name__} takes strings, but does not say what it makes of them: "
            "write `host_spec(self, x)`, which takes a SymbolicTensor and returns one."
        )

    def splits_on_host(self) -> bool:
        """Whether the host computes a part of such a call and a program the rest, as in a model."""
        return False

    def run_on_host(self, *args: Any, **kwargs: Any) -> Tree:
        """The call, with results on the host: NumPy arrays."""
        outputs = self(*args, **kwargs)  # pyright: ignore[reportCallIssue]
        return tree.map(lambda x: engine.to_numpy(x) if engine.is_array(x) else x, outputs)

    def check_strings(self, args: Any, kwargs: Any) -> None:
        """Raise if there are strings among the arguments of a layer that takes none."""
        if not self.takes_strings and any(
            isinstance(x, np.ndarray) and x.dtype.kind in "OUST" for x in tree.leaves((args, kwargs))
        ):
            raise TypeError(
                f"Layer {self.name!r} of type {type(self).__name__} got strings, and computes with numbers. Put a "
                "layer before it that turns strings into numbers: StringLookup, TextVectorization or Hashing."
            )

    def save_own_assets(self, store: dict[str, bytes]) -> None:
        """Put what is neither config nor weight into `store`: contents by file name, such as `"vocabulary.txt"`."""

    def load_own_assets(self, store: dict[str, bytes]) -> None:
        """Take back what `save_own_assets` wrote; it may be in a file from a stranger."""
        raise ValueError(f"a {type(self).__name__} keeps no assets, but the file has {', '.join(store)!s:.100}")

    def save_assets(self, dir_path: str) -> None:
        """Keras's way of keeping assets: write files into a folder."""
        store: dict[str, bytes] = {}
        self.save_own_assets(store)
        for name, content in store.items():
            pathlib.Path(dir_path, name).write_bytes(content)

    def load_assets(self, dir_path: str) -> None:
        """Read what `save_assets` wrote into a folder."""
        files = [path for path in pathlib.Path(dir_path).iterdir() if path.is_file()]
        self.load_own_assets({path.name: path.read_bytes() for path in files})
