"""What can be wrong with a model file or a config: one exception for each cause."""


class ModelFileError(ValueError):
    """A model file that can't be used; one of the three below."""


class UnsafeModelError(ModelFileError):
    """The file asks for something that no model file may ask for: code, another file, a name that isn't registered."""


class CorruptModelError(ModelFileError):
    """The file is damaged: truncated, altered, or not what its name says."""


class IncompatibleModelError(ModelFileError):
    """The file is sound, but does not fit the model or this version."""


class UnregisteredNameError(UnsafeModelError):
    """A config names something that is not in the table of names that files may use."""
