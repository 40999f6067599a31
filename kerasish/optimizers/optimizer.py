"""`Optimizer`: what all optimizers have in common. A subclass names its slots and writes its formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.configurable import Configurable, argument_names
from kerasish.core.names import check_name, snake_case, unique_name
from kerasish.core.registry import CustomObjectScope
from kerasish.core.variable import Variable, pure
from kerasish.optimizers import clipping, options
from kerasish.optimizers.averages import Averages
from kerasish.optimizers.learning_rates import LearningRates
from kerasish.optimizers.stepping import check_shapes, value_of, when, wide, without_missing
from kerasish.optimizers.transformation import Transformation, transformation_of


class Optimizer(LearningRates, Averages, Configurable):
    """Changes weights by their gradients. A subclass writes `slots` and `update`, or, as in Keras, `update_step`.

    One step: gradients are divided by `loss_scale_factor`, and clipped; weights decay; `update` changes each weight;
    constraints are applied; averages are taken.

    16-bit weights are read, and the formula is computed, in `float32`. (Keras computes in 16 bits, where powers of
    `beta_2` are rounded to 1.)

    Args:
        learning_rate: The size of a step: a number of at least 0, a schedule, or a function without arguments.
        weight_decay: The fraction, times the learning rate, by which weights shrink at each step.
        clipnorm: Each gradient is scaled down to this norm. Only one of the three; 0 means no clipping.
        clipvalue: Each number of a gradient is clipped to this absolute value.
        global_clipnorm: All gradients are scaled down together to this norm.
        use_ema: Whether to keep an exponential moving average of the weights, which replaces them after training. It
            is taken of weights to which the constraints have been applied. (Keras takes it before.)
        ema_momentum: How much of the average is kept at each step: a fraction.
        ema_overwrite_frequency: The average replaces the weights every so many steps. None: only after training.
        loss_scale_factor: The loss is multiplied by it, and the gradients divided.
        gradient_accumulation_steps: Only every so many steps the weights are changed, by the mean of the gradients.
            `iterations` counts the changes. As in Keras, the moving average is taken at every step.
        name: The first part of the paths of its variables.
        learning_rate_multipliers: What the learning rate is multiplied by, by patterns that are searched for in the
            paths of weights: see there. Keras lacks it.

    Raises:
        ValueError: an argument is not what is said here.

    Example:
        >>> class Plain(Optimizer):
        ...     def update(self, gradient, variable, learning_rate):
        ...         variable.assign(variable.value - learning_rate * gradient)
        >>> weight = Variable([1.0, 1.0], name="weight")
        >>> Plain(learning_rate=0.5).apply([[1.0, 2.0]], [weight])
        >>> weight.numpy()
        array([0.5, 0. ], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        learning_rate_multipliers: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        kind = type(self).__name__
        options.refuse_unknown(kind, kwargs, argument_names(type(self)))
        options.check_clipping(kind, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        options.check_counts(kind, ema_overwrite_frequency, gradient_accumulation_steps or None)
        options.check_fraction(kind, "ema_momentum", ema_momentum)
        super().__init__(check_name(name, kind) if name is not None else unique_name(snake_case(kind)))
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._iterations = self.add_variable((), 0, "int32", aggregation="only_first_replica", name="iteration")
        self._learning_rate = self._kept_learning_rate(learning_rate)
        self.learning_rate_multipliers = learning_rate_multipliers
        self._named_slots: dict[int, dict[str, Variable]] = {}
        self._averages: dict[int, Variable] = {}
        self._accumulators: dict[int, Variable] = {}
        self._indices: dict[int, int] = {}
        self._undecayed: set[int] = set()
        self._undecayed_names: list[re.Pattern[str]] = []
        self._excluded: list[Variable] = []

    # What subclasses write -----------------------------------------------------------------------------------------
    def slots(self) -> list[dict[str, float]]:
        """What is kept for each weight: names, and the numbers that the slots are filled with.

        The slots of one dict lie side by side in `variables`, weight by weight; the next dict's come after them.
        """
        return []

    def begin_update(self) -> None:
        """What is done once for each change of the weights, before `update` is called for each of them."""

    def update(self, gradient: Array, variable: Variable, learning_rate: Array, **slots: Variable) -> None:
        """The formula: assign the variable and its slots.

        Args:
            gradient: An array of the variable's shape; at least 32 bits wide, like all that is read here.
            variable: The weight.
            learning_rate: A scalar of the gradient's dtype.
            slots: The slots of this weight, by name.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no formula: write `update(self, gradient, variable, learning_rate, **slots)`, "
            "or `update_step(self, gradient, variable, learning_rate)`."
        )

    def update_step(self, gradient: Array, variable: Variable, learning_rate: Array) -> None:
        """Change one weight. Keras's subclasses override this; `update` is the same with slots and wide numbers."""
        with wide(variable) as dtype:
            slots = self._named_slots.get(id(variable), {})
            self.update(engine.asarray(gradient, dtype), variable, engine.asarray(learning_rate, dtype), **slots)

    def step_number(self, dtype: Any = "float32") -> Array:
        """1 for the first change of the weights, then 2, 3, …"""
        return engine.asarray(value_of(self.iterations) + 1, str(dtype))

    # Variables -----------------------------------------------------------------------------------------------------
    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots of these weights; a subclass that overrides it calls this first.

        With weights that were not there before, it runs again for all: the others keep their slots.
        """
        grown = bool(self._indices)
        self._indices = {id(v): index for index, v in enumerate(variables)}
        trained = [v for v in variables if not v.overwrite_with_gradient]
        self._check_multipliers(trained)
        if self.use_ema:
            self._make_averages(trained, grown)
        if self.gradient_accumulation_steps:
            for v in variables:
                self._accumulators[id(v)] = self.add_variable_from_reference(v, "gradient_accumulator", 0)
        for group in self.slots():
            for v in trained:
                for name, start in group.items():
                    self.add_slot(v, name, start)

    def add_slot(self, variable: Variable, name: str, start: Any = 0.0) -> None:
        """Keep something for one weight; `update` gets it by this name. For a `build` whose weights differ in slots.

        Args:
            variable: The weight.
            name: What the slot is for.
            start: What it is filled with.
        """
        slot = self.add_variable_from_reference(variable, name, start)
        self._named_slots.setdefault(id(variable), {})[name] = slot

    def _get_variable_index(self, variable: Variable) -> int:
        return self._indices[id(variable)]

    @property
    def iterations(self) -> Any:
        """How often the weights have been changed: a variable, or, with gradient accumulation, an array."""
        steps = self.gradient_accumulation_steps
        return self._iterations.value // steps if steps else self._iterations

    # One step ------------------------------------------------------------------------------------------------------
    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """`apply`, for `(gradient, variable)` pairs.

        Returns:
            `iterations`.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("apply_gradients() got no (gradient, variable) pairs.")
        gradients, variables = zip(*pairs, strict=True)
        self.apply(gradients, variables)
        return self.iterations

    def apply(self, grads: Iterable[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Change each of these weights by its gradient.

        Args:
            grads: One gradient for each weight. Where it is None, the weight is left as it is, with a warning.
            trainable_variables: Any of the weights that the optimizer was built for; by default all of the last
                `build`. An optimizer that is not built yet is built for them.

        Raises:
            ValueError: numbers or shapes don't match, all gradients are None, or a weight is unknown.
        """
        gradients, variables = self._matched(list(grads), trainable_variables)
        if not variables:
            return
        scale = self.loss_scale_factor
        if scale:
            gradients = [
                g if v.overwrite_with_gradient else g / scale for g, v in zip(gradients, variables, strict=True)
            ]
        if self.gradient_accumulation_steps:
            self._accumulate(gradients, variables)
        else:
            self._change(gradients, variables)
        if self.use_ema:
            self._average(variables)
        self._iterations.assign_add(1)

    def _matched(self, grads: list[Any], given: Sequence[Variable] | None) -> tuple[list[Array], list[Variable]]:
        if given is None and not self.built:
            raise ValueError(
                "apply() was called without variables, and the optimizer is not built. Call "
                "optimizer.build(model.trainable_variables) first, or give the variables."
            )
        variables = self._trainable_variables if given is None else list(given)
        if not self.built:
            self.build(variables)
        for variable in variables:
            if id(variable) not in self._indices:
                raise ValueError(
                    f"Unknown variable {variable.path!r}: this {type(self).__name__} was not built for it. Call "
                    "optimizer.build(variables) with all variables before the step."
                )
        check_shapes(grads, variables)
        return without_missing(grads, variables)

    def _change(self, gradients: Sequence[Array], variables: Sequence[Variable]) -> None:
        """Change the weights once."""
        pairs = list(zip(gradients, variables, strict=True))
        for gradient, variable in pairs:
            if variable.overwrite_with_gradient:
                variable.assign(gradient)
        trained = [v for _, v in pairs if not v.overwrite_with_gradient]
        clipped = self._clipped([g for g, v in pairs if not v.overwrite_with_gradient])
        self.update_all(clipped, trained)
        for _, variable in pairs:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))

    def update_all(self, gradients: Sequence[Array], variables: Sequence[Variable]) -> None:
        """Change these weights: they decay, then `update_step` is called for each of them."""
        rate = engine.asarray(value_of(self.learning_rate))
        rates = [self._rate_of(v, rate) for v in variables] if self._multipliers else [rate] * len(variables)
        before = [v.value for v in variables] if self._multipliers else []
        for variable, own_rate in zip(variables, rates, strict=True):
            self._decay(variable, own_rate)
        self.begin_update()
        for gradient, variable, own_rate in zip(gradients, variables, rates, strict=True):
            self.update_step(gradient, variable, own_rate)
        if self._multipliers:
            for variable, own_rate, value in zip(variables, rates, before, strict=True):
                # Frozen to the bit, also where the gradient is NaN.
                variable.assign(xp.where(own_rate == 0, value, variable.value))

    def _rate_of(self, variable: Variable, rate: Array) -> Array:
        return rate * engine.asarray(self._multiplier(variable), str(rate.dtype))

    def _clipped(self, gradients: list[Array]) -> list[Array]:
        if self.clipnorm:
            return clipping.clip_by_norm(gradients, self.clipnorm)
        if self.global_clipnorm:
            return clipping.clip_by_global_norm(gradients, self.global_clipnorm)
        return clipping.clip_by_value(gradients, self.clipvalue) if self.clipvalue else gradients

    def _decay(self, variable: Variable, rate: Array) -> None:
        excluded = id(variable) in self._undecayed or any(p.search(variable.name) for p in self._undecayed_names)
        decay = self.weight_decay_of(variable)
        if decay and not excluded:
            with wide(variable) as dtype:
                variable.assign(variable.value * (1 - engine.asarray(rate, dtype) * decay))

    def weight_decay_of(self, variable: Variable) -> float | None:
        """The weight decay of one weight, unless it is excluded."""
        del variable
        return self.weight_decay

    def _accumulate(self, gradients: Sequence[Array], variables: Sequence[Variable]) -> None:
        accumulators = [self._accumulators[id(v)] for v in variables]
        for accumulator, gradient, variable in zip(accumulators, gradients, variables, strict=True):
            merge = xp.maximum if variable.overwrite_with_gradient else xp.add
            accumulator.assign(merge(accumulator.value, engine.asarray(gradient, accumulator.dtype)))
        steps = self.gradient_accumulation_steps

        def change() -> None:
            pairs = zip(accumulators, variables, strict=True)
            self._change([a.value if v.overwrite_with_gradient else a.value / steps for a, v in pairs], variables)
            for accumulator in accumulators:
                accumulator.assign(xp.zeros_like(accumulator.value))

        when((self._iterations.value + 1) % steps == 0, change, [*variables, *self.variables])

    # Other things --------------------------------------------------------------------------------------------------
    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Say which weights don't decay; it replaces what was said before.

        Args:
            var_list: The weights.
            var_names: Regular expressions, searched for in the weights' names (not in their paths).
        """
        self._excluded = list(var_list or ())
        for variable in self._excluded:
            if not isinstance(variable, Variable):
                raise TypeError(f"exclude_from_weight_decay() takes variables in var_list; got {variable!r}.")
        self._undecayed = {id(v) for v in self._excluded}
        self._undecayed_names = [re.compile(name) for name in var_names or ()]

    def scale_loss(self, loss: Any) -> Any:
        """`loss`, multiplied by `loss_scale_factor`."""
        return loss * self.loss_scale_factor if self.loss_scale_factor else loss

    def stateless_apply(
        self, optimizer_variables: Sequence[Array], grads: Iterable[Any], trainable_variables: Sequence[Array]
    ) -> tuple[list[Array], list[Array]]:
        """`apply` without side effects.

        Args:
            optimizer_variables: A value for each of `variables`.
            grads: A gradient for each weight.
            trainable_variables: A value for each weight that the optimizer was last built for.

        Returns:
            The new values of the weights, and those of the optimizer's variables.
        """
        weights, own = self._trainable_variables, self.variables
        if not self.built:
            raise ValueError(
                f"To call stateless_apply, {type(self).__name__} must be built: optimizer.build(trainable_variables)."
            )
        for name, got, expected in (
            ("optimizer_variables", optimizer_variables, own),
            ("trainable_variables", trainable_variables, weights),
        ):
            if len(got) != len(expected):
                raise ValueError(f"stateless_apply needs {len(expected)} {name}; got {len(got)}.")
        values = [engine.asarray(value_of(x)) for x in [*trainable_variables, *optimizer_variables]]
        _, new = pure(lambda: self.apply(grads, weights), [*weights, *own])(values)
        return new[: len(weights)], new[len(weights) :]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; multipliers, which Keras does not know, only where there are some."""
        config = super().get_config()
        if not self._multipliers:
            config.pop("learning_rate_multipliers", None)
        return config

    def as_optax(self) -> Transformation:
        """This optimizer as a pair of pure functions, for `optax.chain` or a loop of one's own; optax is not needed.

        `state = init(params)`, `updates, state = update(gradients, state, params)`, and the new parameters are
        `params + updates`. Parameters are a tree of arrays of any kind that the backend knows. The state is new: that
        of the optimizer's own variables stays where it is.

        Example:
            >>> from kerasish.optimizers import SGD
            >>> init, update = SGD(learning_rate=0.5).as_optax()
            >>> weights, gradients = {"w": xp.asarray([1.0, 2.0])}, {"w": xp.asarray([2.0, 2.0])}
            >>> updates, state = update(gradients, init(weights), weights)
            >>> updates["w"].tolist()
            [-1.0, -1.0]
        """
        if self._undecayed:
            raise ValueError(
                "as_optax() can't leave out weights by identity: call exclude_from_weight_decay(var_names=...) instead."
            )
        return transformation_of(self.copied)

    def copied(self) -> Self:
        """An optimizer with the same arguments, not built yet."""
        copy = type(self).from_config(self.get_config())
        copy.exclude_from_weight_decay(var_names=[pattern.pattern for pattern in self._undecayed_names])
        return copy

    def _argument(self, name: str) -> Any:
        if name != "learning_rate":
            return super()._argument(name)
        rate = self._learning_rate
        return float(rate.numpy()) if isinstance(rate, Variable) else rate

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The optimizer that `get_config` described, not built yet."""
        with CustomObjectScope(custom_objects or {}):
            return super().from_config(config)
