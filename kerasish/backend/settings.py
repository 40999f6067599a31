"""What a program sets once, for the whole process: the float type, epsilon, the image layout."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Settings:
    """Process-wide on purpose, not a context: a thread started later must see what the program chose."""

    floatx: str = "float32"
    epsilon: float = 1e-7
    image_data_format: str = "channels_last"
    interactive_logging: bool = True
    traceback_filtering: bool = True
    flash_attention: bool | None = None
    strict: bool = False
    max_epochs: int | None = None
    max_steps_per_epoch: int | None = None


settings = Settings()

FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
DATA_FORMATS = ("channels_last", "channels_first")


def floatx() -> str:
    """The float type of weights and inputs for which nothing else is said: `"float32"` at first."""
    return settings.floatx


def set_floatx(value: str) -> None:
    """Choose `floatx()`: one of `"bfloat16"`, `"float16"`, `"float32"`, `"float64"`."""
    if value not in FLOAT_TYPES:
        raise ValueError(f"floatx must be one of {', '.join(map(repr, FLOAT_TYPES))}; got {value!r}.")
    settings.floatx = value


def epsilon() -> float:
    """The small number that keeps logarithms and divisions finite: 1e-7 at first."""
    return settings.epsilon


def set_epsilon(value: float) -> None:
    """Choose `epsilon()`."""
    if not 0 < value < 1:
        raise ValueError(f"epsilon must be between 0 and 1; got {value!r}.")
    settings.epsilon = float(value)


def image_data_format() -> str:
    """Where images have their channels, if a layer is not told: `"channels_last"` at first."""
    return settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Choose `image_data_format()`: `"channels_last"` or `"channels_first"`."""
    settings.image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """`data_format`, or the program's choice where it is None."""
    if data_format is None:
        return settings.image_data_format
    if data_format not in DATA_FORMATS:
        raise ValueError(f"data_format must be 'channels_last' or 'channels_first'; got {data_format!r}.")
    return data_format
