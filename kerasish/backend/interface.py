"""What a backend must offer: an array namespace and some forty functions that the array standard lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import numpy as np

Array = Any
Shape = tuple[int | None, ...]
Tree = Any
Pairs = Sequence[tuple[int, int]]


@runtime_checkable
class Backend(Protocol):
    """The contract. A backend is a module, or any object, with these attributes.

    Arrays are channels-last wherever channels matter. `padding` is a `(before, after)` pair for each spatial axis.
    A `key` is a `uint32` array of shape `(2,)`; the same key gives the same numbers.
    """

    name: str
    xp: Any
    """The array namespace: the Python array API standard, with NumPy's names."""
    differentiable: bool
    """Whether `value_and_grad` works, and so whether `fit` does."""
    tracer_errors: tuple[type[Exception], ...]
    """What is raised when Python code asks a traced array for its value."""
    escape_errors: tuple[type[Exception], ...]
    """What is raised when a traced array is used outside of the function that is traced, such as a loop's body."""

    # Arrays -------------------------------------------------------------------------------------------------------
    def asarray(self, x: Any, dtype: str | None = None) -> Array:
        """`x` as an array of this backend; shares memory if it can."""
        ...

    def adopt(self, x: Any, dtype: str | None = None) -> Array:
        """`x`, a NumPy array that nobody else holds, on the default device; not copied where that can be avoided."""
        ...

    def own(self, x: Any, dtype: str | None = None) -> Array:
        """A copy of `x` on the default device, which shares memory with nothing. Compiles nothing for NumPy input."""
        ...

    def to_numpy(self, x: Array) -> np.ndarray:
        """`x` as a NumPy array; waits for the device."""
        ...

    def is_array(self, x: Any) -> bool:
        """Whether `x` is this backend's array (traced or not)."""
        ...

    def is_traced(self, x: Any) -> bool:
        """Whether `x` stands for a value that is not known yet."""
        ...

    def wait(self, x: Tree) -> None:
        """Return when every array in `x` has been computed."""
        ...

    def is_ready(self, x: Array) -> bool:
        """Whether `x` has been computed, so that reading it waits for nothing."""
        ...

    def wide_types(self) -> bool:
        """Whether 64-bit numbers are kept; where not, they become 32-bit numbers."""
        ...

    # Programs -----------------------------------------------------------------------------------------------------
    def jit(self, fn: Callable[..., Any], donate: int | Sequence[int] = ()) -> Callable[..., Any]:
        """Compile `fn`, a function of trees of arrays; the arguments numbered in `donate` give up their memory."""
        ...

    def compile_ahead(self, fn: Callable[..., Any], *args: Tree) -> Callable[[], None]:
        """Begin to compile `fn`, which `jit` gave, for arguments like these; returns a function that waits for it.

        Python code is run now, the compiler on a thread. `fn` is not called.
        """
        ...

    def value_and_grad(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """For `fn(x, *rest) -> (scalar, aux)`: a function that returns `((scalar, aux), gradient in x)`."""
        ...

    def eval_shape(self, fn: Callable[..., Any], *specs: tuple[Shape, str]) -> Tree:
        """What `fn` returns for inputs of these `(shape, dtype)`, as objects with `shape` and `dtype`."""
        ...

    def shapes_of(self, fn: Callable[..., Any], *args: Tree) -> Tree:
        """What `fn` returns for trees of arrays, as objects with `shape` and `dtype`; nothing is computed."""
        ...

    def flatten(self, x: Tree) -> tuple[list[tuple[str, Any]], Callable[[Sequence[Any]], Tree]]:
        """`([(path, leaf), ...], rebuild)` of a tree of any kind that the backend knows; None is no leaf."""
        ...

    def outside_trace(self) -> AbstractContextManager[Any]:
        """A context in which arrays are made for real, even while a function is being traced."""
        ...

    def eager(self) -> AbstractContextManager[Any]:
        """A context in which nothing is compiled as a whole: Python code sees real values."""
        ...

    def keeping_memory(self) -> AbstractContextManager[Any]:
        """A context in which programs are called one after the other: memory that one frees is kept for the next."""
        ...

    def start_profile(self, folder: str) -> None:
        """Begin to note where the time goes, in files in this folder that TensorBoard reads."""
        ...

    def stop_profile(self) -> None:
        """End it, and write the files."""
        ...

    def uses_convolution(self, fn: Callable[..., Any], *args: Tree) -> bool:
        """Whether the program of `fn(*args)` holds a convolution that is slow inside a loop on this device."""
        ...

    def count_flops(self, fn: Callable[..., Any], *args: Tree) -> int:
        """How many operations on floating numbers the program of `fn(*args)` has; a multiply-add is 2.

        A loop of known length counts so many times, any other loop once, and a branch as the dearest of its branches.
        Nothing is computed: the arrays among `args` may be shapes with dtypes.
        """
        ...

    def stop_gradient(self, x: Array) -> Array:
        """`x`, with a gradient of zero."""
        ...

    def scan(
        self,
        fn: Callable[[Tree, Tree], tuple[Tree, Tree]],
        init: Tree,
        xs: Tree = None,
        length: int | None = None,
        reverse: bool = False,
        unroll: int | bool = 1,
    ) -> tuple[Tree, Tree]:
        """`carry, y = fn(carry, x)` for each `x` along the first axis of `xs`; the last carry, and the stacked ys."""
        ...

    def cond(self, pred: Array, true_fn: Callable[..., Tree], false_fn: Callable[..., Tree], *operands: Tree) -> Tree:
        """`true_fn(*operands)` if `pred`, else `false_fn(*operands)`."""
        ...

    def while_loop(self, cond: Callable[[Tree], Array], body: Callable[[Tree], Tree], init: Tree) -> Tree:
        """Apply `body` as long as `cond` holds."""
        ...

    def fori_loop(self, lower: Any, upper: Any, body: Callable[[Array, Tree], Tree], init: Tree) -> Tree:
        """`state = body(i, state)` for `i` from `lower` up to, without, `upper`, which may be an array."""
        ...

    # Functions made of functions ----------------------------------------------------------------------------------
    def vmap(self, fn: Callable[..., Tree]) -> Callable[..., Tree]:
        """`fn` of each example: all arguments are trees of arrays, whose first axis is gone along."""
        ...

    def jvp(
        self, fn: Callable[..., Any], primals: Sequence[Tree], tangents: Sequence[Tree], has_aux: bool = False
    ) -> Any:
        """`fn(*primals)`, and its derivative in the direction of `tangents`; then the auxiliary result, if it has."""
        ...

    def custom_gradient(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """For `fn(*xs) -> (y, grad)`: a function that returns `y`, whose gradient in `xs` is `grad(gradient in y)`."""
        ...

    def checkpoint(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """`fn`, of which nothing is kept for its gradient but its arguments: it is run again when they are needed."""
        ...

    def associative_scan(self, fn: Callable[[Tree, Tree], Tree], xs: Tree, reverse: bool, axis: int) -> Tree:
        """`x0, fn(x0, x1), fn(fn(x0, x1), x2), …` along `axis`, for an associative `fn` of many at once."""
        ...

    def device(self, name: str) -> AbstractContextManager[Any]:
        """A context in which arrays are made on this device: `"cpu"`, `"gpu:1"`."""
        ...

    # Computation --------------------------------------------------------------------------------------------------
    def conv(
        self, x: Array, kernel: Array, strides: Sequence[int], padding: Pairs, dilation: Sequence[int], groups: int = 1
    ) -> Array:
        """Correlate `x` `(batch, *spatial, in)` with `kernel` `(*spatial, in / groups, out)`."""
        ...

    def tensordot(self, a: Array, b: Array, axes: Any) -> Array:
        """NumPy's `tensordot`, in all the precision of the dtype, where the device's default has less."""
        ...

    def conv_transpose(
        self, x: Array, kernel: Array, strides: Sequence[int], padding: Pairs, dilation: Sequence[int]
    ) -> Array:
        """The gradient of `conv` in its input, for a gradient `x`: from `(..., out)` to `(..., in)`.

        `padding` is that of the convolution: outputs that are left away; where negative, zeros that are added.
        """
        ...

    def flash_attention(
        self,
        query: Array,
        key: Array,
        value: Array,
        bias: Array | None,
        mask: Array | None,
        scale: float,
        is_causal: bool,
    ) -> Array | None:
        """Attention over `(batch, length, heads, size)` that never holds all weights; None: this device can't."""
        ...

    def lstm(
        self, sequences: Array, h: Array, c: Array, kernel: Array, recurrent_kernel: Array, bias: Array | None
    ) -> tuple[Array, Array, Array] | None:
        """An LSTM with tanh and sigmoid along `(time, batch, features)`, and its last states; None: no kernel for it.

        The gates lie in the kernels as input, forget, memory, output. Returns outputs `(time, batch, units)`, h, c.
        """
        ...

    def max_pool(self, x: Array, size: Sequence[int], strides: Sequence[int], padding: Pairs) -> Array:
        """The greatest value in each window; padding never wins."""
        ...

    def sum_pool(self, x: Array, size: Sequence[int], strides: Sequence[int], padding: Pairs) -> Array:
        """The sum over each window; padding counts as zero."""
        ...

    def erf(self, x: Array) -> Array:
        """The error function."""
        ...

    def erfc(self, x: Array) -> Array:
        """`1 - erf(x)`, exact where that is small."""
        ...

    def join_complex(self, real: Array, imag: Array) -> Array:
        """Complex numbers of these parts, both float32 or both float64."""
        ...

    def sigmoid(self, x: Array) -> Array:
        """`1 / (1 + exp(-x))`, with a gradient that keeps only the result."""
        ...

    def erfinv(self, x: Array) -> Array:
        """The inverse of the error function."""
        ...

    def logsumexp(self, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        """`log(sum(exp(x)))`, without overflow."""
        ...

    def top_k(self, x: Array, k: int) -> tuple[Array, Array]:
        """The `k` greatest along the last axis, in falling order, and their indices (`int32`)."""
        ...

    def segment_sum(self, x: Array, segment_ids: Array, num_segments: int) -> Array:
        """The sum of the rows of `x` of each segment; ids outside the range are dropped."""
        ...

    def segment_reduce(self, x: Array, segment_ids: Array, num_segments: int, reduction: str) -> Array:
        """The `"max"`, `"min"` or product (`"mul"`) of the rows of `x` of each segment; ids outside are dropped.

        Of no rows it is the dtype's least number, its greatest, or 1.
        """
        ...

    def scatter_reduce(self, x: Array, index: Any, values: Array, reduction: str) -> Array:
        """A copy of `x`, to whose `x[index]` values are added (`"add"`); or which is multiplied by them, or …

        … is the greater or the lesser: `"mul"`, `"max"`, `"min"`. An index that comes twice counts twice.
        """
        ...

    def scatter_update(self, x: Array, index: Any, values: Array) -> Array:
        """A copy of `x` in which `x[index]` is `values`."""
        ...

    def take_rows(self, table: Array, ids: Array) -> Array:
        """`table[ids]`, with a cheap gradient; ids outside the table give NaN."""
        ...

    def unique(self, x: Array, axis: int | None, size: int | None, fill_value: Any) -> tuple[Array, ...]:
        """The different elements, or slices along `axis`, of `x`, in rising order.

        And for each the index of its first copy; for each element of `x` (in its shape, if `axis` is None) the place
        of its value; and how often each value comes. Exactly `size` values, if it is not None: cut off, or filled up
        with `fill_value`, by default the first value.
        """
        ...

    # Matrices: the last two axes. What has no solution is NaN -------------------------------------------------------
    def cholesky(self, x: Array) -> Array:
        """The lower triangular `l` with `l @ l.T == x`, for a symmetric positive definite `x`."""
        ...

    def inverse(self, x: Array) -> Array:
        """The inverse matrix."""
        ...

    def solve(self, a: Array, b: Array) -> Array:
        """The matrix `x` with `a @ x == b`."""
        ...

    def solve_triangular(self, a: Array, b: Array, lower: bool) -> Array:
        """The matrix `x` with `a @ x == b`, where only the lower, or upper, triangle of `a` is read."""
        ...

    def lu_factor(self, x: Array) -> tuple[Array, Array]:
        """LAPACK's `getrf`: both factors in one matrix, and with which row each row was exchanged (`int32`)."""
        ...

    def eig(self, x: Array) -> tuple[Array, Array]:
        """Eigenvalues and eigenvectors, complex."""
        ...

    def eigh(self, x: Array) -> tuple[Array, Array]:
        """Eigenvalues, rising, and eigenvectors of a symmetric matrix."""
        ...

    def pinv(self, x: Array, fraction: float) -> Array:
        """The pseudoinverse, in which singular values below this fraction of the greatest count as 0."""
        ...

    def svd(self, x: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
        """`(u, s, v.T)` with `u @ diag(s) @ v.T == x`, or `s` alone."""
        ...

    # Random numbers -----------------------------------------------------------------------------------------------
    def random_uniform(self, key: Array, shape: Sequence[int], dtype: str) -> Array:
        """Uniform over `[0, 1)`."""
        ...

    def random_normal(self, key: Array, shape: Sequence[int], dtype: str) -> Array:
        """Normal, mean 0 and standard deviation 1."""
        ...

    def random_keep(self, key: Array, probability: float, shape: Sequence[int]) -> Array:
        """Booleans, each true with this probability (to 16 bits): what dropout keeps."""
        ...

    def random_int(self, key: Array, shape: Sequence[int], low: Any, high: Any, dtype: str) -> Array:
        """Integers, uniform over `[low, high)`."""
        ...

    def random_gamma(self, key: Array, shape: Sequence[int], alpha: Any, dtype: str) -> Array:
        """Gamma-distributed, of shape parameter `alpha` and scale 1."""
        ...

    def random_permutation(self, key: Array, x: Array, axis: int) -> Array:
        """`x`, shuffled along `axis`."""
        ...
