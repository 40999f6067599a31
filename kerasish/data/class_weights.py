"""Class weights, as weights of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.core import tree
from kerasish.data.conversion import convert_tree


def weighted(y: Any, sample_weight: Any, class_weight: dict[int, float] | None) -> Any:
    """`sample_weight` times the weight of each sample's class.

    Args:
        y: Class numbers `(batch,)` or `(batch, 1)`, or one-hot rows.
        sample_weight: Weights of the samples, or None.
        class_weight: The weight of each class.

    Raises:
        ValueError: `y` is not of classes, or has a class that `class_weight` doesn't name.
    """
    if class_weight is None:
        return sample_weight
    outputs = [leaf for leaf in tree.leaves(convert_tree(y, "y")) if leaf is not None]
    if len(outputs) != 1:
        raise ValueError("class_weight works with one output, whose y is an array of classes.")
    weights = _class_weights(np.asarray(outputs[0]), class_weight)
    return weights if sample_weight is None else weights * np.asarray(sample_weight, weights.dtype)


def _class_weights(y: np.ndarray, class_weight: dict[int, float]) -> np.ndarray:
    if y.ndim not in (1, 2):
        raise ValueError(f"class_weight needs y of shape (batch,) or (batch, classes); got {y.shape}.")
    if y.ndim == 2 and y.shape[-1] > 1:
        classes = y.argmax(-1)
    else:
        classes = y.reshape(-1)
        if classes.dtype.kind == "f" and not np.all(classes == np.round(classes)):
            raise ValueError("class_weight needs whole numbers as classes; y has others, as in a regression.")
        classes = classes.astype("int64")
    present, index = np.unique(classes, return_inverse=True)
    missing = [int(c) for c in present if int(c) not in class_weight]
    if missing:
        raise ValueError(
            f"class_weight names {sorted(class_weight)}, but y also has {missing[:10]}: give each class a weight."
        )
    return np.array([class_weight[int(c)] for c in present], "float32")[index]
