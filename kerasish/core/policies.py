"""Dtype policies: which dtype a layer computes in, and which its weights have."""

from __future__ import annotations

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
        if identifier.get("class_name") not in ("DTypePolicy", "FloatDTypePolicy") or not isinstance(config, dict):
            raise ValueError(
                f"{identifier!r:.200} is not the config of a DTypePolicy, the only class of dtype policies."
            )
        return DTypePolicy(config.get("name"))
    if isinstance(identifier, str) and identifier in MIXED:
        return DTypePolicy(identifier)
    return DTypePolicy(standardize_dtype(identifier))


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """`dtype_policy` as Keras writes it."""
    config = dtype_policy.get_config()
    return {"module": "keras", "class_name": "DTypePolicy", "config": config, "registered_name": None}


def deserialize(config: Any, custom_objects: Any = None) -> DTypePolicy:
    """The policy that a config, or a name, describes. `custom_objects` is accepted for Keras's sake."""
    del custom_objects
    return get(config)


def cast_floats(x: Any, dtype: str) -> Any:
    """The floating arrays in the tree `x`, cast to `dtype`."""

    def cast(leaf: Any) -> Any:
        if not (engine.is_array(leaf) or isinstance(leaf, np.ndarray)):
            return leaf
        name = standardize_dtype(leaf.dtype)
        return leaf.astype(dtype) if name != dtype and is_float_dtype(name) else leaf

    return tree.map(cast, x)
