"""Optimizers: rules by which gradients change weights."""

from collections.abc import Mapping
from typing import Any

from kerasish.core.configurable import Family, is_config
from kerasish.core.registry import find_public, get_registered_object, publish
from kerasish.optimizers import schedules
from kerasish.optimizers.adafactor import Adafactor
from kerasish.optimizers.adagrad import Adadelta, Adagrad, Ftrl, Lion
from kerasish.optimizers.adam import Adam, Adamax, AdamW, Lamb, Nadam
from kerasish.optimizers.loss_scale_optimizer import LossScaleOptimizer
from kerasish.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from kerasish.optimizers.muon import Muon
from kerasish.optimizers.optax_optimizer import OptaxOptimizer, is_transformation
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.rmsprop import RMSprop
from kerasish.optimizers.schedule_free import ScheduleFreeAdamW
from kerasish.optimizers.sgd import SGD

publish(
    "keras.optimizers",
    {
        "SGD": SGD,
        "RMSprop": RMSprop,
        "Adam": Adam,
        "AdamW": AdamW,
        "Adadelta": Adadelta,
        "Adagrad": Adagrad,
        "Adamax": Adamax,
        "Nadam": Nadam,
        "Ftrl": Ftrl,
        "Lion": Lion,
        "Lamb": Lamb,
        "LossScaleOptimizer": LossScaleOptimizer,
        "Adafactor": Adafactor,
        "Muon": Muon,
        "ScheduleFreeAdamW": ScheduleFreeAdamW,
        "MultiOptimizer": MultiOptimizer,
        "OptimizerMap": OptimizerMap,
    },
)
publish("kerasish.optimizers", {"OptaxOptimizer": OptaxOptimizer})
_family = Family("optimizer", "keras.optimizers")


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that a name (in any case), a config, a class or an optimizer means; None means None.

    An object with `init` and `update`, as optax's transformations have them, means an `OptaxOptimizer`.

    Raises:
        ValueError: it means no optimizer.

    Example:
        >>> type(get("adam")).__name__
        'Adam'
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if is_transformation(identifier):
        return OptaxOptimizer(identifier)
    found = _family.get(_with_module(identifier))
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(f"{identifier!r} is not an optimizer: give a name, such as 'adam', a config or an optimizer.")
    return found


def _with_module(identifier: Any) -> Any:
    """Complete a config that names an optimizer of this package without its module, or in another case."""
    if not is_config(identifier) or get_registered_object(identifier["class_name"]) is not None:
        return identifier
    names = {name.lower(): name for name in _family.names()}
    name = names.get(str(identifier["class_name"]).lower())
    known = find_public(str(identifier.get("module")), identifier["class_name"]) is not None
    return identifier if known or name is None else {**identifier, "module": "keras.optimizers", "class_name": name}


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer's class and arguments as JSON can hold them."""
    return _family.serialize(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The optimizer that `serialize` described."""
    return _family.deserialize(_with_module(config), custom_objects)


__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "OptaxOptimizer",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
