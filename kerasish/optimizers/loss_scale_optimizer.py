"""`LossScaleOptimizer`: makes losses large, so that 16-bit gradients don't vanish."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kerasish.backend import engine, xp
from kerasish.core.variable import Variable
from kerasish.optimizers.optimizer import Optimizer
from kerasish.optimizers.options import check_not_negative
from kerasish.optimizers.stepping import check_shapes, value_of, when


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a scale, divides the gradients by it, and finds the greatest scale that works.

    If a gradient holds infinity or NaN, the step is left out and the scale halved. After `dynamic_growth_steps` steps
    without that, the scale is doubled. Clipping, averages, decay and the like belong to the inner optimizer; so do
    `iterations` and `learning_rate`.

    Args:
        inner_optimizer: The optimizer that changes the weights.
        initial_scale: The first scale.
        dynamic_growth_steps: How many finite steps in a row double the scale.
        name: The first part of the paths of its own variables.

    Raises:
        ValueError: an argument is not what is said here.

    Example:
        >>> class Plain(Optimizer):
        ...     def update(self, gradient, variable, learning_rate):
        ...         variable.assign(variable.value - learning_rate * gradient)
        >>> weight = Variable([1.0], name="weight")
        >>> scaled = LossScaleOptimizer(Plain(0.5), initial_scale=8.0)
        >>> scaled.apply([[float("inf")]], [weight])
        >>> weight.numpy(), float(scaled.dynamic_scale)
        (array([1.], dtype=float32), 4.0)

    Source: Micikevicius et al., 2017, section 3.2, https://arxiv.org/abs/1710.03740
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(f"LossScaleOptimizer wraps an optimizer; got {inner_optimizer!r}.")
        given = [key for key, value in kwargs.items() if value]
        if given:
            raise ValueError(
                f"LossScaleOptimizer does not support `{given[0]}`: set `{given[0]}` on the inner_optimizer instead."
            )
        check_not_negative("LossScaleOptimizer", "initial_scale", initial_scale)
        if not initial_scale or dynamic_growth_steps < 1:
            raise ValueError(
                "LossScaleOptimizer's initial_scale must be greater than 0 and its dynamic_growth_steps at least 1; "
                f"got {initial_scale} and {dynamic_growth_steps}."
            )
        self.inner_optimizer = inner_optimizer
        super().__init__(0.0, name=name)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.step_counter = self.add_variable((), 0, "int32", name="step_counter")
        self.dynamic_scale = self.add_variable((), initial_scale, "float32", name="dynamic_scale")

    @property
    def variables(self) -> list[Variable]:
        """Its own, then those of the inner optimizer."""
        return [*super().variables, *self.inner_optimizer.variables]

    def saved_variables(self) -> list[Variable]:
        return [*self._variables, *self.inner_optimizer.saved_variables()]

    @property
    def iterations(self) -> Any:
        """How often the inner optimizer has changed the weights."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's; it may be set."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    def build(self, variables: Sequence[Variable]) -> None:
        """Build the inner optimizer."""
        self._indices = {id(v): index for index, v in enumerate(variables)}
        self.inner_optimizer.build(variables)

    def scale_loss(self, loss: Any) -> Any:
        """`loss`, multiplied by the present scale (and by the inner optimizer's `loss_scale_factor`)."""
        return self.inner_optimizer.scale_loss(loss) * self.dynamic_scale.value

    def apply(self, grads: Iterable[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Divide the gradients by the scale, and let the inner optimizer apply them if all are finite."""
        grads = list(grads)
        if not self.built and trainable_variables is not None:
            self.build(list(trainable_variables))
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        check_shapes(grads, variables)
        scale = self.dynamic_scale.value
        wide = [None if g is None else engine.asarray(value_of(g)) for g in grads]
        unscaled = [
            g if g is None or v.overwrite_with_gradient else g.astype(_at_least_32(g.dtype)) / scale
            for g, v in zip(wide, variables, strict=True)
        ]
        finite = xp.asarray(True)
        for gradient in unscaled:
            finite = finite & xp.all(xp.isfinite(gradient)) if gradient is not None else finite
        inner = self.inner_optimizer
        when(finite, lambda: inner.apply(unscaled, variables), [*variables, *inner.variables])
        self._adjust(finite)

    def _adjust(self, finite: Any) -> None:
        counted = self.step_counter.value + 1
        grown = counted >= self.dynamic_growth_steps
        scale = self.dynamic_scale.value
        self.step_counter.assign(xp.where(finite & ~grown, counted, xp.zeros_like(counted)))
        after_finite = xp.where(grown, scale * 2, scale)
        self.dynamic_scale.assign(xp.where(finite, after_finite, scale / 2))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    @property
    def keeps_averages(self) -> bool:
        return self.inner_optimizer.keeps_averages

    def averaged_weights(self) -> list[tuple[Variable, Variable]]:
        return self.inner_optimizer.averaged_weights()

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        names = ("inner_optimizer", "initial_scale", "dynamic_growth_steps", "name")
        full = super().get_config()
        return {name: full[name] for name in names}

    def _argument(self, name: str) -> Any:
        return None if name == "learning_rate" else super()._argument(name)


def _at_least_32(dtype: Any) -> str:
    return "float64" if str(dtype) == "float64" else "float32"
