"""Images as arrays and as Pillow's images, from files and into files. Pillow is imported when it is needed."""

from __future__ import annotations

import io
import os
import pathlib
import warnings
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import engine, floatx, standardize_data_format
from kerasish.backend.extras import import_extra

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
"""How Pillow resamples."""


def _pillow() -> Any:
    return import_extra("PIL.Image", "A file of an image", "pillow")


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array as an image of Pillow.

    Args:
        x: `(height, width, channels)`, with 1 (grey), 3 (RGB) or 4 (RGBA) channels; or with the channels first.
        scale: Whether to bring the least value to 0 and the greatest to 255. If not, values are cut off at 0 and 255
            (Keras 3.15.1 lets them wrap around); grey ones above 255 make an image of 32-bit integers.
        dtype: What to compute in; by default `floatx()`.

    Raises:
        ValueError: another number of axes or channels.

    Example:
        >>> array_to_img(np.arange(6.0).reshape(1, 2, 3)).size
        (2, 1)
    """
    image = _pillow()
    last = standardize_data_format(data_format) == "channels_last"
    values = ops.convert_to_numpy(x)
    if values.ndim != 3:
        raise ValueError(f"array_to_img takes one image, as an array of 3 axes; got the shape {values.shape}.")
    kind = np.result_type(np.dtype(dtype or floatx()), np.float32)
    values = values.astype(kind) if last else np.moveaxis(values, 0, -1).astype(kind)
    channels = values.shape[-1]
    if channels not in (1, 3, 4):
        raise ValueError(
            f"An image has 1, 3 or 4 channels; got {channels}, in the shape {np.shape(x)}. "
            "`data_format` says where they are."
        )
    if scale and values.size:
        values = values - values.min()
        greatest = values.max()
        values = values * (255 / greatest) if greatest else values
    if channels == 1 and values.max(initial=0) > 255.5:
        return image.fromarray(values[..., 0].astype("int32"))
    pixels = np.clip(values, 0, 255).astype("uint8")
    return image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """An image of Pillow, or an array like one, as an array with an axis of channels.

    Args:
        data_format: Where the channels are put: `"channels_last"` or `"channels_first"`.
        dtype: The array's; by default `floatx()`.

    Raises:
        ValueError: it has not 2 or 3 axes.

    Example:
        >>> img_to_array(np.zeros((4, 5))).shape
        (4, 5, 1)
    """
    last = standardize_data_format(data_format) == "channels_last"
    values = np.asarray(img, dtype or floatx())
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3:
        raise ValueError(f"img_to_array takes an image, with 2 or 3 axes; got the shape {values.shape}.")
    return values if last else np.moveaxis(values, -1, 0)


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Write an array as a file of an image.

    Args:
        path: Where to; or a file that is open for writing.
        x: As `array_to_img` takes it, and so `data_format` and `scale`.
        file_format: `"png"`, `"jpeg"` or another that Pillow knows; by default, what the path ends with.
        **kwargs: What Pillow's `save` takes, as `quality=90`.
    """
    image = array_to_img(x, data_format=data_format, scale=scale)
    if file_format is not None and file_format.lower() == "jpg":
        file_format = "jpeg"
    ending = pathlib.Path(path).suffix if isinstance(path, str | os.PathLike) else ""
    jpeg = file_format.lower() == "jpeg" if file_format else ending.lower() in (".jpg", ".jpeg")
    if image.mode == "RGBA" and jpeg:
        warnings.warn("JPEG has no transparency: the fourth channel is not written.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


_MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """An image of Pillow, from a file.

    Args:
        path: Where it is; or bytes in a file that is open for reading.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"` (which keeps 16 and 32 bits).
        target_size: `(height, width)` to bring it to.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"hamming"`, `"box"` or `"lanczos"`.
        keep_aspect_ratio: Whether to cut the middle out first, in the proportion of the `target_size`.

    Raises:
        ValueError: a name that does not exist.
        TypeError: `path` is no path and no file.
    """
    image = _pillow()
    if color_mode not in _MODES:
        raise ValueError(f"load_img: color_mode must be 'rgb', 'rgba' or 'grayscale'; got {color_mode!r}.")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"load_img: interpolation must be one of {', '.join(INTERPOLATIONS)}; got {interpolation!r}.")
    if isinstance(path, str | os.PathLike):
        data = pathlib.Path(path).read_bytes()  # so that no file stays open
    elif isinstance(path, io.IOBase):
        data = path.read()
    else:
        raise TypeError(f"load_img takes a path, or a file that is open for reading; got {type(path).__name__}.")
    found = image.open(io.BytesIO(data))
    wide_grey = color_mode == "grayscale" and found.mode in ("I;16", "I")
    if found.mode != _MODES[color_mode] and not wide_grey:
        found = found.convert(_MODES[color_mode])
    if target_size is None:
        return found
    height, width = target_size
    if found.size == (width, height):
        return found
    box = _middle(found.size, (width, height)) if keep_aspect_ratio else None
    return found.resize((width, height), image.Resampling[interpolation.upper()], box=box)


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """`(left, top, right, bottom)` of the largest part in the middle that has the target's proportions."""
    width, height = size
    wide = max(min(width, height * target[0] // target[1]), 1)
    high = max(min(height, width * target[1] // target[0]), 1)
    left, top = (width - wide) // 2, (height - high) // 2
    return left, top, left + wide, top + high


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str | None = "channels_last", **kwargs: Any
) -> Any:
    """Images of another size without distortion: the middle is cut out in the new proportions, and then resized.

    Args:
        x: `(height, width, channels)` or `(batch, height, width, channels)`; or with the channels before the height.
        size: `(height, width)` of the result.
        interpolation: As `ops.image.resize` takes it.

    Returns:
        Floating numbers: a NumPy array for a NumPy array, else an array of the backend.

    Example:
        >>> smart_resize(np.zeros((10, 30, 3)), (5, 5)).shape
        (5, 5, 3)
    """
    unknown = set(kwargs) - {"backend_module"}
    if unknown:
        raise TypeError(f"smart_resize got an argument it does not know: {', '.join(sorted(unknown))}.")
    values = ops.cast(x, floatx())
    found = ops.image.resize(values, size, interpolation, crop_to_aspect_ratio=True, data_format=data_format)
    return engine.to_numpy(found) if isinstance(x, np.ndarray) else found


__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]
