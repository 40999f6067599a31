"""Dtype policies: in which dtype a layer computes, and in which its weights are kept."""

from kerasish.core.policies import DTypePolicy, DTypePolicyMap, deserialize, get, serialize
from kerasish.core.registry import publish

FloatDTypePolicy = DTypePolicy


class QuantizedDTypePolicy(DTypePolicy):
    """The policy of a layer whose weights are quantized: refused, since layers can't be quantized here yet.

    Args:
        mode: How: `"int8"`, `"int4/128"`, `"gptq/4/128"` …
        source_name: The policy before.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        del source_name
        raise NotImplementedError(
            f"{type(self).__name__}({mode!r}): layers can't be quantized yet. Use a floating policy, such as "
            "'mixed_bfloat16', which halves the memory of what is computed."
        )


class AWQDTypePolicy(QuantizedDTypePolicy):
    """Weights quantized with regard to the activations: refused, like every `QuantizedDTypePolicy`."""


class GPTQDTypePolicy(QuantizedDTypePolicy):
    """Weights quantized one by one, each making up for the last: refused, like every `QuantizedDTypePolicy`."""


class Int4DTypePolicy(QuantizedDTypePolicy):
    """Weights of 4 bits: refused, like every `QuantizedDTypePolicy`."""


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """Weights and inputs of 8-bit floats: refused, like every `QuantizedDTypePolicy`.

    Args:
        amax_history_length: Over how many steps the greatest value is looked for, by which numbers are scaled.
    """

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024) -> None:
        del amax_history_length
        super().__init__(mode, source_name)


__all__ = [
    "AWQDTypePolicy",
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "deserialize",
    "get",
    "serialize",
]

publish("keras", {"DTypePolicy": DTypePolicy})
publish(
    "keras.dtype_policies",
    {"DTypePolicy": DTypePolicy, "DTypePolicyMap": DTypePolicyMap, "FloatDTypePolicy": FloatDTypePolicy},
)
