"""Models: Sequential, functional, subclassed; their training loop; their summary."""

from kerasish.core.registry import publish
from kerasish.models.cloning import clone_model, model_from_json
from kerasish.models.model import Model
from kerasish.models.sequential import Sequential
from kerasish.saving.model_files import load_model, save_model

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

publish("keras", {"Model": Model, "Sequential": Sequential})
publish("keras.models", {"Model": Model, "Sequential": Sequential, "Functional": Model})
publish("keras.src.models.functional", {"Functional": Model})
