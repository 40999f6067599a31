"""Dtype policies: which dtype a layer computes in, and which its weights have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.settings import FLOAT_TYPES, floatx
from kerasish.core import tree
from kerasish.core.dtypes import ALLOWED, is_float_dtype, standardize_dtype

MIXED = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


class DTypePolicy:
    """In which dtype a layer computes, and in which its weights are kept.

    Args:
        name: A dtype, for both; or `"mixed_bfloat16"` or `"mixed_float16"`, which compute in 16 bits and keep the
            weights in `float32`. None: the policy that the program has set, at first `floatx()`.

    Example:
        >>> policy = DTypePolicy("mixed_bfloat16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('bfloat16', 'float32')

    Source: Micikevicius et al., 2018, https://arxiv.org/abs/1710.03740
    """

    def __init__(self, name: str | None = None) -> None:
        name = _default_name() if name is None else name
        if not isinstance(name, str) or (name not in MIXED and name not in ALLOWED):
            raise ValueError(
                f"There is no dtype policy named {name!r}; allowed are {', '.join([*MIXED, *FLOAT_TYPES])}, "
                "and other dtypes for layers without float weights."
            )
        self.name = name
        self.compute_dtype = MIXED.get(name, name)
        self.variable_dtype = "float32" if name in MIXED else name
        self.quantization_mode = None

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """`x`, cast to `dtype` if both are floats and `autocast` says so."""
        if autocast and is_float_dtype(dtype) and is_float_dtype(x.dtype) and standardize_dtype(x.dtype) != dtype:
            return x.astype(dtype)
        return x

    def at(self, path: str) -> DTypePolicy:
        """The policy of a layer of this path: this one, unless it is a map."""
        del path
        return self

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """The policy that `get_config` described."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


class DTypePolicyMap(DTypePolicy, MutableMapping[str, DTypePolicy]):
    """A policy for each layer, by its path; given to layers as their `dtype`.

    Keys are paths, or regular expressions for whole paths. A layer whose path no key matches has the default policy.

    Args:
        default_policy: That of other paths; None: the policy that the program has set.
        policy_map: The first entries: `{path: policy}`.

    Raises:
        ValueError: two expressions match one path; or a key is set that exists.

    Example:
        >>> policies = DTypePolicyMap("float32", {"encoder/.*": "mixed_bfloat16"})
        >>> policies["encoder/dense"].compute_dtype, policies["decoder/dense"].compute_dtype
        ('bfloat16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: Mapping[str, Any] | None = None) -> None:
        if policy_map is not None and not isinstance(policy_map, Mapping):
            raise TypeError(f"policy_map must be a dict of paths and policies; got {type(policy_map).__name__}.")
        self._default = None if default_policy is None else get(default_policy)
        self._policies: dict[str, DTypePolicy] = {}
        self.quantization_mode = None
        for path, policy in (policy_map or {}).items():
            self[path] = policy

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of paths that no key matches."""
        return dtype_policy() if self._default is None else self._default

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """`"map_"` and the name of the default policy."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the default policy."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the default policy."""
        return self.default_policy.variable_dtype

    def at(self, path: str) -> DTypePolicy:
        return self[path]

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policies:
            return self._policies[key]
        found = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(
                f"The path {key!r} is matched by {len(found)} keys of the DTypePolicyMap: {', '.join(found)}. "
                "Write the keys so that one of them matches it."
            )
        return self._policies[found[0]] if found else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policies:
            raise ValueError(
                f"The DTypePolicyMap has a policy for {key!r} already: {self._policies[key]!r}. Delete it first."
            )
        self._policies[key] = get(policy)

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)

    def get_config(self) -> dict[str, Any]:
        default = None if self._default is None else serialize(self._default)
        return {"default_policy": default, "policy_map": {path: serialize(p) for path, p in self._policies.items()}}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicyMap) and other.get_config() == self.get_config()

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        entries = ", ".join(f"{path!r}: {policy.name!r}" for path, policy in self._policies.items())
        return f"<DTypePolicyMap default={self.default_policy.name!r}, {{{entries}}}>"


_policy: list[DTypePolicy] = []
"""The one that the program has set, if it has. Process-wide on purpose: a thread started later must see it."""


def _default_name() -> str:
    return _policy[-1].name if _policy else floatx()


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none."""
    return _policy[-1] if _policy else DTypePolicy()


def set_dtype_policy(policy: DTypePolicy | str | None) -> None:
    """Choose `dtype_policy()` for the layers made from now on; None goes back to `floatx()`."""
    _policy[:] = [] if policy is None else [get(policy)]


def get(identifier: Any) -> DTypePolicy:
    """The policy that `identifier` means: a policy, a name, a dtype, a config, or None for the program's."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        config = identifier.get("config")
        if identifier.get("class_name") == "DTypePolicyMap" and isinstance(config, dict):
            return DTypePolicyMap(**config)
        if identifier.get("class_name") not in ("DTypePolicy", "FloatDTypePolicy") or not isinstance(config, dict):
            raise ValueError(f"{identifier!r:.200} is not the config of a DTypePolicy or DTypePolicyMap.")
        return DTypePolicy(config.get("name"))
    if isinstance(identifier, str) and identifier in MIXED:
        return DTypePolicy(identifier)
    return DTypePolicy(standardize_dtype(identifier))


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """`dtype_policy` as Keras writes it."""
    is_map = isinstance(dtype_policy, DTypePolicyMap)
    module, name = ("keras.dtype_policies", "DTypePolicyMap") if is_map else ("keras", "DTypePolicy")
    return {"module": module, "class_name": name, "config": dtype_policy.get_config(), "registered_name": None}


def deserialize(config: Any, custom_objects: Any = None) -> DTypePolicy:
    """The policy that a config, or a name, describes. `custom_objects` is accepted for Keras's sake."""
    del custom_objects
    return get(config)


def cast_floats(x: Any, dtype: str) -> Any:
    """The floating arrays in the tree `x`, cast to `dtype`."""

    def cast(leaf: Any) -> Any:
        if not (engine.is_array(leaf) or isinstance(leaf, np.ndarray)):
            return leaf
        if leaf.dtype.kind in "OUST":  # strings
            return leaf
        name = standardize_dtype(leaf.dtype)
        return leaf.astype(dtype) if name != dtype and is_float_dtype(name) else leaf

    return tree.map(cast, x)
