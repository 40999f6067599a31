"""Models: Sequential, functional, subclassed; their training loop; their summary."""

from kerasish.core.registry import publish
from kerasish.models.model import Model
from kerasish.models.sequential import Sequential

__all__ = ["Model", "Sequential"]

publish("keras", {"Model": Model, "Sequential": Sequential})
publish("keras.models", {"Model": Model, "Sequential": Sequential, "Functional": Model})
publish("keras.src.models.functional", {"Functional": Model})
