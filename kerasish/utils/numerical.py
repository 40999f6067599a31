"""Class numbers as one-hot rows, and vectors of length 1."""

from typing import Any

import numpy as np

from kerasish.backend import engine, floatx, xp


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """`y[..., i] = 1 if x[...] == i else 0`: class numbers, one-hot.

    Stricter than Keras, which counts a negative label from the last class and cuts off fractions.

    Args:
        x: Class numbers, from 0. A trailing axis of size 1 is dropped, unless it is the only axis.
        num_classes: How many classes there are; by default, one more than the greatest number.

    Shapes:
        x: `(...)`, or `(..., 1)`.
        returns: `(..., num_classes)`; float64, or an array of the backend in its default type if `x` is one.

    Raises:
        ValueError: a label that is negative, not less than `num_classes`, or not a whole number; or there are no
            labels and no `num_classes`.

    Example:
        >>> to_categorical([2, 0, 1])
        array([[0., 0., 1.],
               [1., 0., 0.],
               [0., 1., 0.]])
        >>> to_categorical([[0], [1]], num_classes=4).shape
        (2, 4)
    """
    labels = _whole_numbers(x)
    if num_classes is None:
        if labels.size == 0:
            raise ValueError("to_categorical got no labels, so num_classes can't be inferred: give num_classes.")
        num_classes = int(labels.max()) + 1
    _check_labels(labels, num_classes)
    shape = labels.shape[:-1] if labels.ndim > 1 and labels.shape[-1] == 1 else labels.shape
    rows = np.zeros((labels.size, num_classes))
    rows[np.arange(labels.size), labels.ravel()] = 1
    rows = rows.reshape(*shape, num_classes)
    return engine.asarray(rows, floatx()) if engine.is_array(x) and not isinstance(x, np.ndarray) else rows


def _whole_numbers(x: Any) -> np.ndarray:
    if engine.is_traced(x):
        raise TypeError("to_categorical reads the labels' values, which a compiled function lacks: use ops.one_hot.")
    given = np.asarray(engine.to_numpy(x) if engine.is_array(x) else x)
    if given.dtype.kind in "mMcV":
        raise TypeError(f"to_categorical's labels must be whole numbers; got {given.dtype}.")
    if given.dtype.kind in "fO" or given.dtype.name.startswith(("bfloat", "float")):
        values = given.astype("float64")
        strays = values[~np.isfinite(values) | (values != np.floor(values))]
        if strays.size:
            raise ValueError(f"to_categorical's labels must be whole numbers; got {strays[0]}. Round them first.")
    return given.astype("int64")


def _check_labels(labels: np.ndarray, num_classes: int) -> None:
    if not isinstance(num_classes, (int, np.integer)):
        raise TypeError(f"to_categorical's num_classes must be an int; got {num_classes!r}.")
    strays = labels[(labels < 0) | (labels >= num_classes)]
    if strays.size or num_classes < 1:
        found = f"got the label {strays[0]}" if strays.size else "there must be at least one class"
        raise ValueError(
            f"to_categorical's labels must be at least 0 and less than num_classes={num_classes}; {found}. "
            "Number the classes 0, 1, 2..., for instance with np.unique(x, return_inverse=True)[1]."
        )


def normalize(x: Any, axis: int = -1, order: float = 2) -> Any:
    """`x / (sum |x|^order)^(1/order)`, the sum taken along `axis`. Vectors of zeros stay zeros.

    Unlike in Keras, neither large nor tiny numbers overflow or vanish on the way, and `axis=0` is right for NumPy
    arrays (Keras 3.15.1 divides by the norms of other vectors).

    Args:
        x: Numbers. Integers become floats.
        axis: The axis along which the vectors lie.
        order: Which norm becomes 1: 1 (sum of sizes), 2 (Euclidean), any greater number, or infinity (the greatest).

    Shapes: the result's is that of `x`. A NumPy array gives a NumPy array, anything else an array of the backend.

    Raises:
        ValueError: `order` is less than 1, or `x` has no such `axis`.

    Example:
        >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    if isinstance(order, bool) or not isinstance(order, (int, float)) or not order >= 1:
        raise ValueError(f"normalize's order must be a number, at least 1 (or infinity); got {order!r}.")
    if isinstance(x, np.ndarray):
        return _normalized_numpy(x, axis, order)
    given = engine.asarray(x)
    dtype = str(given.dtype)
    is_inexact = "float" in dtype or "complex" in dtype
    dtype = dtype if is_inexact else floatx()
    wide = engine.asarray(given, "float32" if dtype in ("float16", "bfloat16") else dtype)
    return engine.asarray(_unit_vectors(xp, wide, axis, order), dtype)


def _normalized_numpy(x: np.ndarray, axis: int, order: float) -> np.ndarray:
    if x.dtype.kind in "iub":
        return _unit_vectors(np, x.astype("float64"), axis, order)
    # In half precision the squares of 300 overflow.
    wide = x.astype("float32") if x.dtype.itemsize == 2 else x
    return _unit_vectors(np, wide, axis, order).astype(x.dtype, copy=False)


def _unit_vectors(np_like: Any, x: Any, axis: int, order: float) -> Any:
    if x.ndim == 0:
        x = x.reshape((1,))
    if not isinstance(axis, (int, np.integer)) or not -x.ndim <= axis < x.ndim:
        raise ValueError(f"normalize's axis must be an int and an axis of x, whose shape is {x.shape}; got {axis!r}.")
    if x.shape[axis] == 0:
        return x
    sizes = np_like.abs(x)
    greatest = np_like.max(sizes, axis=axis, keepdims=True)
    usable = (greatest > 0) & np_like.isfinite(greatest)
    scale = np_like.where(usable, greatest, np_like.ones_like(greatest))
    if order == float("inf"):
        return x / scale
    sums = np_like.sum((sizes / scale) ** order, axis=axis, keepdims=True)
    norms = np_like.where(sums == 0, np_like.ones_like(sums), sums ** (1 / order))
    return x / scale / norms
