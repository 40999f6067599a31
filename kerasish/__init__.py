"""Keras's API on JAX: fast with no flag, small and clear inside, safe to load, nothing lost.

Names are looked up when first used, so that `import kerasish` costs little more than `import jax`.
"""

from kerasish.backend.lazy import lazy

__version__ = "0.1.0"

# Public name -> module that has it. Submodules stand for themselves.
_NAMES = {
    "DTypePolicy": "kerasish.core.policies",
    "FloatDTypePolicy": "kerasish.dtype_policies",
    "Initializer": "kerasish.initializers",
    "Input": "kerasish.layers",
    "InputSpec": "kerasish.layers",
    "KerasTensor": "kerasish.core.symbolic",
    "Layer": "kerasish.layers",
    "Loss": "kerasish.losses",
    "Metric": "kerasish.metrics",
    "Model": "kerasish.models",
    "Operation": "kerasish.core.symbolic",
    "Optimizer": "kerasish.optimizers",
    "Regularizer": "kerasish.regularizers",
    "Sequential": "kerasish.models",
    "Variable": "kerasish.layers.weights",  # which has the initializers that a name may mean
    "name_scope": "kerasish.core.context",
    "pure": "kerasish.core.variable",
    "value_and_grad": "kerasish.core.variable",
}
_SUBMODULES = {
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
}

__all__ = sorted([*_NAMES, *_SUBMODULES, "version"])


def version() -> str:
    """The version of kerasish."""
    return __version__


__getattr__ = lazy("kerasish", _NAMES | {name: f"kerasish.{name}" for name in _SUBMODULES})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
