"""What a model offers beside training: its state as a tree, a test of learning rates, a picture."""

from __future__ import annotations

from os import PathLike
from typing import Any, Unpack

import numpy as np

from kerasish.backend import engine
from kerasish.callbacks.rate_test import RateTest
from kerasish.core.random import peeking
from kerasish.models.inspecting import Inspecting
from kerasish.models.picture import ModelPicture
from kerasish.models.plotting import PlotOptions
from kerasish.models.rate_sweep import Plan, sweep
from kerasish.models.trainer import check_differentiable
from kerasish.saving.orbax import checkpoint_of
from kerasish.saving.state_tree import FORMATS, StateTree, nested, paths, sections_of


class Exploring(Inspecting):
    """`get_state_tree`, `set_state_tree`, `lr_find`, `plot`."""

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, StateTree]:
        """Copies of the values of all variables, as nested dicts under their paths.

        Args:
            value_format: `"backend_tensor"` or `"numpy_array"`.

        Returns:
            A tree for each of `trainable_variables`, `non_trainable_variables`, `optimizer_variables` and
            `metrics_variables`.

        Raises:
            ValueError: two variables have one path, or `value_format` is neither.

        Example:
            >>> from kerasish import Model
            >>> from kerasish.layers import Dense, Input
            >>> x = Input((4,))
            >>> tree = Model(x, Dense(2, name="out")(x)).get_state_tree("numpy_array")
            >>> tree["trainable_variables"]["out"]["kernel"].shape
            (4, 2)
        """
        if value_format not in FORMATS:
            raise ValueError(f"value_format must be one of {', '.join(map(repr, FORMATS))}; got {value_format!r}.")
        return {name: nested(found, FORMATS[value_format]) for name, found in sections_of(self).items()}

    def set_state_tree(self, state_tree: dict[str, StateTree]) -> None:
        """Give variables the values that such a tree has for them. Kinds and variables may be left out.

        Args:
            state_tree: As `get_state_tree` returns it.

        Raises:
            ValueError: it has a path that no variable has (Keras ignores it), or a value of another shape. Then
                nothing is changed.
        """
        sections, values = sections_of(self), []
        if unknown := set(state_tree) - set(sections):
            raise ValueError(
                f"set_state_tree knows {', '.join(sections)}; it got {', '.join(map(str, unknown))}."[:600]
            )
        for name, tree in state_tree.items():
            known = {v.path: v for v in sections[name]}
            for path, value in paths(tree):
                if path not in known:
                    raise ValueError(f"Model {self.name!r} has no variable {path!r} among its {name}."[:600])
                if np.shape(value) != known[path].shape:
                    raise ValueError(
                        f"The variable {path!r} has the shape {known[path].shape}; set_state_tree got a value of shape "
                        f"{np.shape(value)}."
                    )
                values.append((known[path], value))
        for variable, value in values:
            variable.assign(value)

    def lr_find(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        *,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        shuffle: bool | str = True,
        min_rate: float = 1e-7,
        max_rate: float = 10.0,
        steps: int = 100,
        smoothing: float = 0.9,
        divergence: float = 4.0,
    ) -> RateTest:
        """Try learning rates: train at rates that grow step by step, and look at the loss.

        Nothing changes: weights, optimizer, metrics and seeds are what they were, to the bit, after an error too; only
        what has not been made yet (weights, slots) is made. On arrays, all steps are one call of one program. What a
        generator has given for the test is gone; sources that can say where they are go back there. Callbacks are not
        called.

        Args:
            x, y, batch_size, sample_weight, class_weight, shuffle: As for `fit`. Data that are less than `steps`
                batches are taken again. Batches that are not full are left out.
            min_rate: The rate of the first step.
            max_rate: The rate of the last step.
            steps: How many steps; each has a rate greater by the same factor.
            smoothing: The share of the past in the moving average of the losses.
            divergence: The test ends where the smoothed loss is so many times its least value; or not finite.

        Returns:
            A `RateTest`: `suggestion`, `rates`, `losses`, `smoothed`, `plot()`.

        Raises:
            ValueError: a number is not what it may be, or `train_step` returns no log named `loss`.
            AttributeError: the optimizer is several in one, and has no learning rate.

        Example:
            >>> import numpy as np
            >>> from kerasish import Sequential
            >>> from kerasish.layers import Dense
            >>> model = Sequential([Dense(1)])
            >>> model.compile("sgd", "mse")
            >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
            >>> test = model.lr_find(x, 3 * x, steps=50)
            >>> len(test.rates) <= 50, test.suggestion < 10
            (True, True)

        Source: Smith, 2015, section 3.3, https://arxiv.org/abs/1506.01186
        """
        plan = Plan(min_rate, max_rate, steps, smoothing, divergence)
        _ = self.setup
        check_differentiable()
        x = self._by_column(x, training=True)
        with peeking():
            batches = self._adapt(
                x, y, sample_weight, batch_size=batch_size, shuffle=shuffle, class_weight=class_weight
            )
        program = self._program("train_step", batches.example().data)
        self._check_targets(batches)
        before = batches.get_state()
        try:
            with engine.keeping_memory():
                return sweep(self, program, self._packed("train_step"), batches, plan)
        finally:
            if before is not None:
                batches.set_state(before)

    def plot(
        self,
        to_file: str | PathLike[str] | None = None,
        **options: Unpack[PlotOptions],
    ) -> ModelPicture:
        """Draw the model. A notebook shows the picture, which needs no other package.

        Args:
            to_file: Where to save it, if given. `.svg`, `.mmd`, `.md` and `.dot` need nothing; other endings are drawn
                by graphviz, see `utils.plot_model`.
            **options: `show_shapes=True` and the other arguments of `utils.plot_model`.

        Returns:
            A `ModelPicture`: `svg`, `mermaid` and `save(path)`.

        Example:
            >>> from kerasish import Model
            >>> from kerasish.layers import Dense, Input
            >>> x = Input((4,), name="x")
            >>> print(Model(x, Dense(2, name="out")(x)).plot())
            flowchart TB
              n0["x (InputLayer)"]
              n1["out (Dense)"]
              n0 --> n1
            <BLANKLINE>
        """
        picture = ModelPicture(self, **{"show_layer_names": True, **options})
        if to_file is not None:
            picture.save(to_file)
        return picture

    def checkpoint_parts(self, weights_only: bool = False) -> dict[str, Any]:
        """What a checkpoint of this model consists of; see `OrbaxCheckpoint`."""
        return checkpoint_of(self, weights_only)
