"""The circle loss: embeddings of one class near each other, those of different classes apart."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.losses.loss import Loss
from kerasish.losses.masking import both, counting, mask_of, reduced
from kerasish.losses.pairs import floating

NEVER = -1e30
"""The logarithm of the weight of a pair that does not count: finite, so that its gradient is."""


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Array:
    """`log(1 + sum(exp(gamma * a * (s_n - margin))) * sum(exp(-gamma * b * (s_p - 1 + margin))))` for each embedding.

    `s_p` are its scalar products with the embeddings of its class, `s_n` those with others, all at most 1; with
    `a = max(s_n + margin, 0)` and `b = max(1 + margin - s_p, 0)`. 0 for an embedding that is alone in its class.
    As in Keras, `a` and `b` have gradients; in the paper they are constants.

    Args:
        y_true: Class numbers.
        y_pred: Embeddings of norm 1, as of `UnitNormalization`.
        ref_labels: The classes of `ref_embeddings`.
        ref_embeddings: What each embedding is compared with. None: the batch itself.
        remove_diagonal: Whether the first reference is not in the class of the first embedding, nor the second in that
            of the second, and so on: False for references that are not the batch itself.
        gamma: The scale; the greater, the more the worst pairs count.
        margin: How far from 1 and 0 products may be.

    Shapes:
        y_true: `(batch,)` or `(batch, 1)`.
        y_pred: `(batch, features)`.
        ref_labels, ref_embeddings: `(references,)` and `(references, features)`.
        returns: `(batch,)`.

    Raises:
        ValueError: shapes don't fit, or only one of the two references is given.

    Example:
        >>> import numpy as np
        >>> apart = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
        >>> [round(float(x), 3) for x in circle([0, 0, 1], apart)]
        [0.0, 0.0, 0.0]

    Source: Sun et al., 2020, equations 4 to 8, https://arxiv.org/abs/2002.10857
    """
    return _circle(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)[0]


def _circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any,
    ref_embeddings: Any,
    remove_diagonal: bool,
    gamma: float,
    margin: float,
    counts: Any = None,
) -> tuple[Array, Array]:
    """The values, and where there is anything to compare with; only references that count are compared with."""
    if (ref_labels is None) != (ref_embeddings is None):
        raise ValueError("circle needs both ref_labels and ref_embeddings, or none; got one of them.")
    given = floating(y_pred)
    labels, embeddings = _checked(y_true, given, "y_true", "y_pred")
    others, references = labels, embeddings
    if ref_labels is not None:
        others, references = _checked(ref_labels, floating(ref_embeddings), "ref_labels", "ref_embeddings")
    # Rounding makes products greater than 1.
    products = ops.matmul(embeddings, ops.transpose(references))
    products = ops.where(products < 1, products, ops.ones_like(products))
    alike = labels[:, None] == others[None, :]
    compared = ops.ones_like(alike) if counts is None else ops.broadcast_to(counts[None, :], alike.shape)
    positive, negative = alike & compared, ops.logical_not(alike) & compared
    if remove_diagonal:
        positive = positive & ops.logical_not(ops.cast(ops.eye(*alike.shape), "bool"))
    pull, push = ops.relu(1 + margin - products), ops.relu(products + margin)
    near = _log_sum(-gamma * pull * (products - 1 + margin), positive)
    far = _log_sum(gamma * push * (products - margin), negative)
    useful = ops.any(positive, axis=1)
    return ops.cast(ops.softplus(near + far), given.dtype), useful


def _log_sum(exponents: Any, counts: Any) -> Any:
    return ops.logsumexp(ops.where(counts, exponents, ops.full_like(exponents, NEVER)), axis=1)


def _checked(labels: Any, embeddings: Any, *names: str) -> tuple[Any, Any]:
    labels = ops.convert_to_tensor(labels)
    shape = tuple(labels.shape)
    if len(shape) == 2 and shape[1] == 1:
        labels = labels[:, 0]
    if len(embeddings.shape) != 2 or tuple(labels.shape) != tuple(embeddings.shape[:1]):
        raise ValueError(
            f"circle takes class numbers `(n,)` as {names[0]} and embeddings `(n, features)` as {names[1]}; got the "
            f"shapes {shape} and {tuple(embeddings.shape)}."
        )
    return labels, ops.cast(embeddings, "float32") if str(embeddings.dtype) in ("float16", "bfloat16") else embeddings


class Circle(Loss):
    """`circle`, as a loss. See there for the arguments, and `Loss` for weights and masks.

    Means are taken over the embeddings that are not alone in their class, as in Keras. An embedding that is masked, or
    has the weight 0, is not compared with any other. (In Keras the others are compared with it.)
    """

    mixes_samples = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma = gamma
        self.margin = margin
        self.remove_diagonal = remove_diagonal

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Array:
        mask = mask_of(y_pred)
        labels, embeddings = engine.asarray(y_true), engine.asarray(y_pred, self.dtype)
        weight = None if sample_weight is None else engine.asarray(sample_weight, self.dtype)
        if weight is not None and weight.ndim == 2:
            weight = weight[:, 0] if weight.shape[1] == 1 else weight
        counts = counting(mask, weight)
        if counts is not None and embeddings.ndim == 2 and counts.shape == embeddings.shape[:1]:
            embeddings = xp.where(counts[:, None], embeddings, xp.zeros_like(embeddings))
        else:
            counts = None
        values, useful = _circle(labels, embeddings, None, None, self.remove_diagonal, self.gamma, self.margin, counts)
        return reduced(engine.asarray(values, self.dtype), weight, both(mask, useful), self.reduction, self.name)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each embedding."""
        return circle(y_true, y_pred, None, None, self.remove_diagonal, self.gamma, self.margin)
