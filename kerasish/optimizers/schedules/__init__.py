"""Learning rates that depend on the step."""

from kerasish.core.configurable import Family
from kerasish.core.registry import publish
from kerasish.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from kerasish.optimizers.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from kerasish.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from kerasish.optimizers.schedules.one_cycle import OneCycle

publish(
    "keras.optimizers.schedules",
    {
        "CosineDecay": CosineDecay,
        "CosineDecayRestarts": CosineDecayRestarts,
        "ExponentialDecay": ExponentialDecay,
        "InverseTimeDecay": InverseTimeDecay,
        "LearningRateSchedule": LearningRateSchedule,
        "PiecewiseConstantDecay": PiecewiseConstantDecay,
        "PolynomialDecay": PolynomialDecay,
    },
)
publish("kerasish.optimizers.schedules", {"OneCycle": OneCycle})
_family = Family("learning rate schedule", "keras.optimizers.schedules")


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict:
    """The schedule as JSON can hold it."""
    return _family.serialize(learning_rate_schedule)


def deserialize(config: dict, custom_objects: dict | None = None) -> LearningRateSchedule:
    """The schedule that `serialize` described."""
    return _family.deserialize(config, custom_objects)


__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
