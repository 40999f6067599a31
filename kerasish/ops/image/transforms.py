"""Images turned, moved, bent: each new pixel is looked up at a place of the old image."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.core.random import draw_key
from kerasish.ops.image.coordinates import INSIDE, look_up
from kerasish.ops.image.filters import filtered, gaussian
from kerasish.ops.image.layout import as_batch, computed, one_of
from kerasish.ops.promotion import tensor

ORDERS = {"nearest": 0, "bilinear": 1}


def _checked(interpolation: str, fill_mode: str, what: str) -> None:
    one_of(interpolation, tuple(ORDERS), "interpolation", what)
    one_of(fill_mode, tuple(INSIDE), "fill_mode", what)


def pixels(x: Array, dtype: Any) -> tuple[Array, Array]:
    """The row and the column of each pixel of images `(batch, height, width, channels)`: `(1, height, width)` each."""
    height, width = x.shape[1:3]
    rows = xp.broadcast_to(xp.arange(height, dtype=dtype)[None, :, None], (1, height, width))
    columns = xp.broadcast_to(xp.arange(width, dtype=dtype)[None, None, :], (1, height, width))
    return rows, columns


def sampled(x: Array, rows: Array, columns: Array, interpolation: str, fill_mode: str, fill_value: Any) -> Array:
    """Images `(batch, height, width, channels)` looked up at places of the shape `(batch or 1, height, width)`."""
    batch = xp.arange(x.shape[0])[:, None, None]
    shape = (x.shape[0], *rows.shape[1:])
    places = [xp.broadcast_to(rows, shape), xp.broadcast_to(columns, shape)]
    return look_up(x, places, ORDERS[interpolation], fill_mode, fill_value, (batch,))


@op
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Array:
    """`out[y, x] = images[(b0 x + b1 y + b2) / k, (a0 x + a1 y + a2) / k]`, with `k = c0 x + c1 y + 1`.

    (Keras 3.15.1 on JAX has no `k`, and lets `c0` and `c1` move the colours apart; they are 0 in an affine transform.)

    Args:
        transform: `(a0, a1, a2, b0, b1, b2, c0, c1)`, from a place in the result to the place in the image. One for all
            images, or one for each.
        interpolation: `"nearest"`, or `"bilinear"` between pixels.
        fill_mode: What is outside of the image: `"constant"`, `"nearest"`, `"wrap"`, `"mirror"` or `"reflect"`, as in
            `map_coordinates`.
        fill_value: What counts as the pixels outside, if the mode is constant.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        transform: `(batch, 8)`, `(1, 8)` or `(8,)`.
        returns: As `images`.

    Example:
        >>> affine_transform([[[1.0], [2.0], [3.0]]], [1, 0, 1, 0, 1, 0, 0, 0])[0, :, 0].tolist()
        [2.0, 3.0, 0.0]
    """
    _checked(interpolation, fill_mode, "affine_transform")
    x, undo = as_batch(images, data_format, "affine_transform")
    matrix = computed(tensor(transform))
    if matrix.ndim == 1:
        matrix = matrix[None]
    if matrix.ndim != 2 or matrix.shape[1] != 8 or matrix.shape[0] not in (1, x.shape[0]):
        raise ValueError(
            f"affine_transform: `transform` needs the shape (8,) or ({x.shape[0]}, 8), one for each image; got "
            f"{tuple(tensor(transform).shape)}."
        )
    rows, columns = pixels(x, matrix.dtype)
    places = projected(matrix, columns, rows)
    return undo(sampled(x, *places, interpolation, fill_mode, fill_value))


def projected(transform: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """`(y, x)` of where eight numbers `(a0, a1, a2, b0, b1, b2, c0, c1)` send the places `(x, y)`.

    Shapes:
        transform: `(batch, 8)`.
        x, y: `(batch or 1, height, width)`.
    """
    # No matmul: on a GPU it rounds its factors, by default.
    a0, a1, a2, b0, b1, b2, c0, c1 = (transform[:, i, None, None] for i in range(8))
    k = c0 * x + c1 * y + 1
    return (b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k


def _cross(a: Array, b: Array) -> Array:
    """The vector product along the last axis."""
    x, y, z = (a[..., i] for i in range(3))
    u, v, w = (b[..., i] for i in range(3))
    return xp.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=-1)


def _adjugate(rows: Array) -> Array:
    """The inverse of 3 x 3 matrices, times their determinant."""
    a, b, c = (rows[..., i, :] for i in range(3))
    return xp.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=-1)


def _times(a: Array, b: Array) -> Array:
    """The product of matrices, with all their digits."""
    return xp.sum(a[..., :, :, None] * b[..., None, :, :], axis=-2)


def _from_corners(points: Array) -> Array:
    """The 3 x 3 matrices that send the four base points of the projective plane to four points each."""
    ones = xp.ones_like(points[..., :1])
    columns = xp.swapaxes(xp.concatenate([points, ones], axis=-1), -1, -2)
    first, last = columns[..., :3], columns[..., 3:]
    return first * xp.swapaxes(_times(_adjugate(first), last), -1, -2)


def homography(source: Array, target: Array) -> Array:
    """The 3 x 3 matrices `h` with `h @ (x, y, 1) ~ (u, v, 1)`, for four points `(x, y)` and where they go.

    Shapes:
        source, target: `(..., 4, 2)`.
        returns: `(..., 3, 3)`, with 1 at the end.
    """
    matrix = _times(_from_corners(target), _adjugate(_from_corners(source)))
    return matrix / matrix[..., 2:, 2:]


@op
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Array:
    """The images seen from elsewhere: what was at the four `start_points` comes to be at the `end_points`.

    Args:
        start_points: Four points `(x, y)`, in pixels, no three of them on a line.
        end_points: Where they go.
        interpolation: `"nearest"`, or `"bilinear"` between pixels.
        fill_value: What counts as the pixels outside of the image.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        start_points, end_points: `(batch, 4, 2)`, or `(4, 2)`: the same for all.
        returns: As `images`.
    """
    _checked(interpolation, "constant", "perspective_transform")
    x, undo = as_batch(images, data_format, "perspective_transform")
    starts, ends = (_points(points, x, "perspective_transform") for points in (start_points, end_points))
    scale = float(max(*x.shape[1:3], 1))  # numbers of about 1, whose products lose no digits
    h = homography(ends / scale, starts / scale)
    rows, columns = (places / scale for places in pixels(x, h.dtype))
    v, u = projected(xp.reshape(h, (-1, 9))[:, :8], columns, rows)
    return undo(sampled(x, v * scale, u * scale, interpolation, "constant", fill_value))


def _points(points: Any, x: Array, what: str) -> Array:
    found = computed(tensor(points))
    if found.ndim == 2:
        found = found[None]
    if found.ndim != 3 or found.shape[1:] != (4, 2) or found.shape[0] not in (1, x.shape[0]):
        raise ValueError(
            f"{what} takes four points (x, y), of shape (4, 2), or ({x.shape[0]}, 4, 2) for each image its own; got "
            f"{tuple(tensor(points).shape)}."
        )
    return found


@op
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Array:
    """The images with each pixel moved by a smooth random field: `alpha sigma` times blurred normal numbers.

    Args:
        alpha: How far pixels move: the standard deviation is `0.28 alpha` pixels along each axis.
        sigma: The standard deviation of the blur, in pixels: neighbours up to about here move alike.
        interpolation: `"nearest"`, or `"bilinear"` between pixels.
        fill_mode: What is outside of the image, as in `map_coordinates`.
        fill_value: What counts as the pixels outside, if the mode is constant.
        seed: An integer, a `SeedGenerator`, or None: other numbers at each call.

    Shapes:
        images: `(batch, height, width, channels)`, or without the batch; or with the channels before the height.
        returns: The same.

    Source: Simard et al., 2003, https://doi.org/10.1109/ICDAR.2003.1227801
    """
    _checked(interpolation, fill_mode, "elastic_transform")
    x, undo = as_batch(images, data_format, "elastic_transform")
    rows, columns = pixels(x, "float32")
    size = 6 * int(sigma) | 1
    weights = gaussian(size, sigma, "float32")
    noise = engine.random_normal(draw_key(seed), (2, *x.shape[:3]), "float32")
    moves = alpha * sigma * filtered(filtered(noise, weights, 2), weights, 3)
    return undo(sampled(x, rows + moves[0], columns + moves[1], interpolation, fill_mode, fill_value))


__all__ = ["affine_transform", "elastic_transform", "perspective_transform"]
