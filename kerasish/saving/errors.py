"""What can be wrong with a model file: one exception for each cause."""

from kerasish.core.errors import CorruptModelError, IncompatibleModelError, ModelFileError, UnsafeModelError

__all__ = ["CorruptModelError", "IncompatibleModelError", "ModelFileError", "UnsafeModelError"]
