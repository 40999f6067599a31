"""`HuntedMethod`: a compiled step that refuses to make a model NaN or infinite, and says where it would have arisen."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.context import listening, listening_to_gradients
from kerasish.core.dtypes import is_float_dtype, standardize_dtype
from kerasish.core.variable import Overlay, Variable
from kerasish.data.arrays import take_rows
from kerasish.data.batches import Batch
from kerasish.models.padding import only_rows
from kerasish.models.step import CompiledMethod

_ADVICE = "The model has the state of the last finite step."


class Found(Exception):  # noqa: N818  it never leaves this file
    """Where something that is not finite arose."""


class HuntedMethod(CompiledMethod):
    """As a `CompiledMethod`, step by step, and only steps that leave every variable finite are kept.

    Nothing is donated, so a step that is not kept costs nothing but its time.
    """

    def __init__(
        self,
        method: Callable[[Any], Tree],
        variables: Sequence[Variable],
        *,
        donate: bool,
        output: Callable[[], Tree] | None = None,
    ) -> None:
        super().__init__(method, variables, donate=False, output=output)
        self._phase = "training" if donate else "evaluation"
        self._epoch: int | None = None
        self._batch: int | None = None
        self._checked = engine.jit(self._run_checked)

    def begin(self, epoch: int | None = None, batch: int | None = None) -> None:
        self._epoch, self._batch = epoch, batch

    def run(self, batch: Batch, rows: Any = None) -> Tree:
        self.prepare(batch.data, rows)
        assert self.changing is not None
        output, new, is_finite = self._checked([v._value for v in self.variables], batch.data, rows)
        if not bool(is_finite):
            raise self._error(batch.data, rows, [self.variables[n] for n, x in new.items() if _is_bad(x)])
        changed = map(self.variables.__getitem__, new)
        # In C, without a look at signals: all variables change or none.
        collections.deque(map(setattr, changed, itertools.repeat("_value"), new.values()), maxlen=0)
        self._count()
        return output

    def run_rows(
        self, data: Tree, order: Array, size: int, first: int, count: int, *, total: int | None = None
    ) -> Tree:
        output: Tree = None
        for step in range(first, first + count):
            rows = order.reshape((-1, size))[step]
            real = None if total is None else np.int32(min(total - step * size, size))
            output = self.run(Batch(take_rows(data, rows), size), real)
        return output

    def run_eagerly(self, data: Tree, rows: Any = None) -> Tree:
        with Overlay() as overlay:
            output = super().run_eagerly(data, rows)
        pairs = overlay.assigned_besides(())
        bad = [v for v, value in pairs if _is_bad(value) and not _is_bad(v._value)]
        if bad or _is_bad(_loss(output)):
            raise self._error(data, rows, bad)
        for variable, value in pairs:
            variable.assign(value)
        self._count()
        return output

    def _run_checked(self, values: list[Array], data: Tree, rows: Any) -> tuple[Tree, dict[int, Array], Array]:
        output, new = self.step(values, data, rows)
        output = self._output(output, values, new)
        pairs = [(values[number], value) for number, value in new.items() if _floats(value)]
        finite = [xp.isfinite(value).all() | ~xp.isfinite(before).all() for before, value in pairs]
        if _floats(_loss(output)):
            finite.append(xp.isfinite(_loss(output)).all())
        return output, new, xp.all(xp.stack(finite)) if finite else xp.asarray(True)

    def _count(self) -> None:
        if self._batch is not None:
            self._batch += 1

    # The hunt --------------------------------------------------------------------------------------------------------
    def _error(self, data: Tree, rows: Any, bad: list[Variable]) -> FloatingPointError:
        place = [] if self._epoch is None else [f"epoch {self._epoch + 1}"]
        place += [] if self._batch is None else [f"batch {self._batch} (from 0)"]
        where = f"{self._phase.capitalize()}{', ' if place else ''}{', '.join(place)}"
        found = self._hunt(data, rows) or self._remains(bad)
        return FloatingPointError(f"{where}: {found} {_ADVICE}"[:600])

    def _hunt(self, data: Tree, rows: Any) -> str | None:
        """Do the step again with real values, up to what is not finite first."""
        data = tree.map(lambda x: x if x is None else engine.asarray(x), data)
        hunter = _Hunter()
        try:
            hunter.look_at_state(data, self.variables)
            listens = listening(hunter.hear), listening_to_gradients(hunter)
            with engine.eager(), Overlay() as overlay, only_rows(rows), listens[0], listens[1]:
                output = self.method(data)
            hunter.look_at_rest(output, overlay.assigned_besides(()))
        except Found as found:
            return str(found)
        return None

    def _remains(self, bad: list[Variable]) -> str:
        names = ", ".join(v.path for v in bad[:5]) or "the loss"
        return (
            f"{names:.200} became NaN or infinite in the compiled program, but not where the step was done again layer "
            "by layer: the program rounds otherwise, and a number is near the limit of its dtype."
        )


class _Hunter:
    """Looks at what layers return, at losses and gradients, in the order in which they are computed."""

    def __init__(self) -> None:
        self._gradient: str | None = None

    def look_at_state(self, data: Tree, variables: Sequence[Variable]) -> None:
        """Raise if the step began with something that is not finite."""
        for name, part in zip(("inputs", "targets", "sample weights"), data, strict=False):
            for path, leaf in tree.paths(part):
                if leaf is not None and _is_bad(leaf):
                    inside = "".join(f"[{key!r}]" for key in path)
                    rows = np.nonzero(~np.isfinite(_wide(leaf)).reshape(len(leaf), -1).all(1))[0]
                    raise Found(f"the {name}{inside} of this batch have {_kind(leaf)}, first in row {rows[0]}.")
        for variable in variables:
            if variable.trainable and _is_bad(variable._value):
                raise Found(f"the weight {variable.path!r} had {_kind(variable._value)} before the step.")

    def hear(self, path: str, layer: Any, output: Tree) -> None:
        """Raise if what a layer returns is not finite. The inner layers are heard before those around them."""
        for leaf in tree.leaves(output):
            if leaf is not None and not engine.is_traced(leaf) and _is_bad(leaf):
                count = int((~np.isfinite(_wide(leaf))).sum())
                raise Found(
                    f"the layer {path!r} ({type(layer).__name__}) returned {_kind(leaf)} in the forward pass, in "
                    f"{count} of {np.size(leaf)} numbers; what was computed before it was finite."
                )

    def forward(self, fn: Callable[[], tuple[Array, Any]]) -> None:
        """Compute the loss with real values: while it is differentiated, there are none to be seen."""
        with Overlay():
            loss, aux = fn()
            own = [x for x in tree.leaves(aux)[:1] if x is not None and np.ndim(x) == 0]  # before it is scaled
        for value in own or [loss]:
            self._look_at_loss(value)

    def _look_at_loss(self, loss: Array) -> None:
        if not engine.is_traced(loss) and _is_bad(loss):
            raise Found(f"the loss is {_kind(loss)}, though all layers returned finite numbers.")

    def gradients(self, variables: Sequence[Variable], gradients: Sequence[Array]) -> None:
        """Remember the first gradient, from the loss on, that is not finite. (A scaled loss may overflow.)"""
        bad = [(v, g) for v, g in zip(variables, gradients, strict=True) if not engine.is_traced(g) and _is_bad(g)]
        if bad and self._gradient is None:
            variable, gradient = bad[-1]
            layer = variable.path.rpartition("/")[0] or variable.path
            self._gradient = (
                f"the gradient of {variable.path!r}, of layer {layer!r}, is {_kind(gradient)}, though the loss is "
                f"finite; so are {len(bad)} of {len(gradients)} gradients. It arose in that layer or after it: look "
                "for a square root, a norm or a logarithm of 0."
            )

    def look_at_rest(self, output: Tree, assigned: Sequence[tuple[Variable, Array]]) -> None:
        """Raise for what became of the gradients: weights, slots, statistics, metrics."""
        bad = [(v, value) for v, value in assigned if _is_bad(value) and not _is_bad(v._value)]
        updated = [pair for pair in bad if pair[0].trainable] or bad
        if bad and self._gradient is not None:
            raise Found(self._gradient)
        if bad:
            variable, value = updated[0]
            what = "weight" if variable.trainable else "variable"
            raise Found(
                f"the update made the {what} {variable.path!r} {_kind(value)}, though the gradients are finite: the "
                "learning rate is too high, or a slot of the optimizer has run over."
            )
        if _is_bad(_loss(output)):
            raise Found(f"the log 'loss' that the step returned is {_kind(_loss(output))}.")


def _loss(output: Tree) -> Any:
    value = output.get("loss") if isinstance(output, dict) else None
    return value.value if isinstance(value, Variable) else value


def _floats(x: Any) -> bool:
    return x is not None and is_float_dtype(standardize_dtype(np.asarray(x).dtype if np.isscalar(x) else x.dtype))


def _is_bad(x: Any) -> bool:
    return _floats(x) and not bool(np.isfinite(_wide(x)).all())


def _wide(x: Any) -> np.ndarray:
    """On the host, in a dtype that NumPy knows."""
    array = np.asarray(engine.to_numpy(x) if engine.is_array(x) else x)
    return array.astype("float32") if array.dtype.kind not in "fiub" or array.dtype.itemsize < 4 else array


def _kind(x: Any) -> str:
    return "NaN" if np.isnan(_wide(x)).any() else "infinite"
