"""Dtype policies: in which dtype a layer computes, and in which its weights are kept."""

from kerasish.core.policies import DTypePolicy, deserialize, get, serialize
from kerasish.core.registry import publish

FloatDTypePolicy = DTypePolicy

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]

publish("keras", {"DTypePolicy": DTypePolicy})
publish("keras.dtype_policies", {"DTypePolicy": DTypePolicy, "FloatDTypePolicy": FloatDTypePolicy})
