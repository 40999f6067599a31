"""Rows of the ops of matrices."""

import numpy as np

from tests.ops.cases import INTS, LINE, NO_NAN, ROW, SQUARE, M, X, but, case

BATCH = np.stack([SQUARE + 3 * np.eye(4), SQUARE.T - 2 * np.eye(4)]).astype("float32")
DEFINITE = (SQUARE @ SQUARE.T + np.eye(4)).astype("float32")
DEFINITES = np.stack([DEFINITE, DEFINITE * 2 + np.diag(np.arange(4))]).astype("float32")
LOWER = np.tril(BATCH).astype("float32") + 4 * np.eye(4, dtype="float32")
UPPER = np.triu(BATCH).astype("float32") + 4 * np.eye(4, dtype="float32")
WHOLE = np.array([[2, 1, 0], [1, 3, 1], [0, 1, 4]], "int32")
DEFICIENT = np.array([[1, 2, 3], [2, 4, 6], [1, 0, 1]], "float32")
TALL = LINE[0]


def no_signs(found):
    """Without the signs that orthogonal vectors may have: their absolute values."""
    return [np.abs(x) for x in found]


def in_order(found):
    """Eigenvalues by size, and the sizes of the components of their vectors."""
    values, vectors = found
    order = np.argsort(np.abs(values) + 1e-3 * values.imag, axis=-1)
    return [np.take_along_axis(values, order, -1), np.abs(np.take_along_axis(vectors, order[..., None, :], -1))]


CUT = "JAX's gradient is that of an uncut inverse"
CASES = [
    case("cholesky", DEFINITE),
    case("cholesky", DEFINITES),
    case("cholesky", DEFINITES, upper=True),
    case("cholesky", WHOLE),
    case("cholesky_inverse", LOWER[0]),
    case("cholesky_inverse", UPPER[0], upper=True),
    but(case("cholesky_inverse", LOWER), keras="Keras returns the first of a batch", wild=NO_NAN),
    case("det", SQUARE),
    case("det", BATCH),
    case("det", WHOLE),
    case("slogdet", SQUARE),
    case("slogdet", BATCH),
    case("logdet", DEFINITES),
    case("logdet", SQUARE),
    case("eigh", DEFINITE),
    case("eigh", DEFINITES),
    case("eigh", SQUARE),
    case("eigh", WHOLE),
    case("eig", DEFINITE),
    case("eig", BATCH),
    case("inv", BATCH),
    case("inv", SQUARE),
    case("inv", WHOLE),
    case("lu_factor", SQUARE),
    case("lu_factor", BATCH),
    case("lu_factor", M),
    case("lu_factor", TALL),
    case("matrix_rank", SQUARE),
    case("matrix_rank", DEFICIENT),
    case("matrix_rank", BATCH, tol=2.5),
    case("matrix_rank", INTS),
    case("pinv", X),
    case("pinv", LINE),
    but(case("pinv", DEFICIENT, rcond=0.3), smooth=CUT),
    case("qr", X),
    case("qr", LINE),
    case("qr", TALL, mode="complete"),
    case("svd", X),
    case("svd", X, full_matrices=False),
    case("svd", LINE, full_matrices=False),
    case("svd", LINE, compute_uv=False),
    case("solve", BATCH, LINE[:, :4]),
    case("solve", DEFINITE, ROW),
    case("solve", WHOLE, X),
    case("solve", BATCH, ROW),
    case("solve_triangular", LOWER, LINE[:, :4], lower=True),
    but(case("solve_triangular", UPPER, X[:2]), keras="it warns of a batch of vectors"),
    case("solve_triangular", LOWER[0], ROW, lower=True),
    case("solve_triangular", BATCH + 5 * np.eye(4, dtype="float32"), ROW),
    case("lstsq", TALL, LINE[1]),
    case("lstsq", TALL, LINE[1, :, 0]),
    case("lstsq", X, X[:, 0]),
    but(case("lstsq", TALL, LINE[1], rcond=0.5), smooth=CUT),
    case("linalg.norm", X, axis=1),
    case("linalg.inv", BATCH),
]
GREATER = "an unknown size counts as the greater of two"
WILD = {"wild": "what a factorization makes of infinities depends on its steps"}
OPTIONS = {
    **dict.fromkeys(["inv", "solve", "det", "slogdet", "logdet", "linalg.inv"], WILD),
    "solve_triangular": WILD | {"batch": "flipped, the diagonal is small"},
    "cholesky": {"wild": "it refuses NaN", "batch": "flipped, it is not positive definite"},
    "eigh": {"canon": no_signs},
    "eig": {"canon": in_order},
    "lu_factor": WILD | {"unknown": GREATER},
    "qr": {"canon": no_signs, "unknown": GREATER},
    "svd": {"canon": no_signs, "unknown": GREATER},
}
