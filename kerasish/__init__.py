"""Keras's API on JAX: fast with no flag, small and clear inside, safe to load, nothing lost.

Names are looked up when first used, so that `import kerasish` costs little more than `import jax`.
"""

from typing import TYPE_CHECKING

from kerasish.backend.lazy import lazy

__version__ = "0.1.0"

if TYPE_CHECKING:  # the same names, for type checkers and editors
    from kerasish import (
        activations as activations,
        backend as backend,
        callbacks as callbacks,
        config as config,
        constraints as constraints,
        datasets as datasets,
        dtype_policies as dtype_policies,
        initializers as initializers,
        layers as layers,
        losses as losses,
        metrics as metrics,
        mixed_precision as mixed_precision,
        models as models,
        ops as ops,
        optimizers as optimizers,
        preprocessing as preprocessing,
        random as random,
        regularizers as regularizers,
        saving as saving,
        tree as tree,
        utils as utils,
    )
    from kerasish.core.context import name_scope as name_scope
    from kerasish.core.policies import DTypePolicy as DTypePolicy
    from kerasish.core.remat import RematScope as RematScope, remat as remat
    from kerasish.core.scopes import StatelessScope as StatelessScope, SymbolicScope as SymbolicScope, device as device
    from kerasish.core.symbolic import KerasTensor as KerasTensor, Operation as Operation
    from kerasish.core.variable import pure as pure, value_and_grad as value_and_grad
    from kerasish.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
    from kerasish.initializers import Initializer as Initializer
    from kerasish.layers import Input as Input, InputSpec as InputSpec, Layer as Layer
    from kerasish.layers.weights import Variable as Variable
    from kerasish.losses import Loss as Loss
    from kerasish.metrics import Metric as Metric
    from kerasish.models import Model as Model, Sequential as Sequential
    from kerasish.models.function import Function as Function
    from kerasish.optimizers import Optimizer as Optimizer
    from kerasish.regularizers import Regularizer as Regularizer

# Public name -> module that has it. Submodules stand for themselves.
_NAMES = {
    "DTypePolicy": "kerasish.core.policies",
    "FloatDTypePolicy": "kerasish.dtype_policies",
    "Function": "kerasish.models.function",
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
    "RematScope": "kerasish.core.remat",
    "Sequential": "kerasish.models",
    "StatelessScope": "kerasish.core.scopes",
    "SymbolicScope": "kerasish.core.scopes",
    "Variable": "kerasish.layers.weights",  # which has the initializers that a name may mean
    "device": "kerasish.core.scopes",
    "name_scope": "kerasish.core.context",
    "pure": "kerasish.core.variable",
    "remat": "kerasish.core.remat",
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
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
}

__all__ = sorted([*_NAMES, *_SUBMODULES, "version"])  # pyright: ignore[reportUnsupportedDunderAll]


def version() -> str:
    """The version of kerasish."""
    return __version__


__getattr__ = lazy("kerasish", _NAMES | {name: f"kerasish.{name}" for name in _SUBMODULES})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
