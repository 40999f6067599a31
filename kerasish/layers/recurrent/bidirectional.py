"""`Bidirectional`: a recurrent layer, and a second one that reads from the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from kerasish import ops
from kerasish.backend.interface import Array, Shape, Tree
from kerasish.core.configurable import deserialize, serialize_object
from kerasish.core.registry import CustomObjectScope
from kerasish.layers.layer import Layer


@runtime_checkable
class Recurrent(Protocol):
    """What `Bidirectional` needs of a layer: `RNN` has it, and layers of other makers may."""

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    states: Any


MERGES: dict[str, Callable[[Array, Array], Array]] = {
    "sum": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "ave": lambda x, y: (x + y) / 2,
    "concat": lambda x, y: ops.concatenate([x, y], axis=-1),
}
"""How the outputs of both directions become one."""


class Bidirectional(Layer):
    """`merge(layer(x), flip(backward_layer(x)))`: one layer reads from the start, the other from the end.

    Args:
        layer: A recurrent layer: an `RNN`, or one with its attributes. It is copied, not used itself.
        merge_mode: `"concat"`, `"sum"`, `"mul"` or `"ave"`; None: both outputs, as a tuple.
        weights: First values of the weights: those of the forward layer, then those of the backward one.
        backward_layer: The layer that reads from the end, with `go_backwards=True`; by default a copy of `layer`.

    Shapes:
        sequences: `(batch, time, ...)`.
        initial_state: The states of the forward layer, then those of the backward one.
        returns: as of `layer`; with `"concat"` twice as many features. With `return_state` the states of the forward
            layer and then those of the backward one follow.

    Raises:
        ValueError: the layers aren't recurrent, or don't fit together.

    Example:
        >>> import numpy as np
        >>> from kerasish.layers import LSTM
        >>> Bidirectional(LSTM(3, return_sequences=True))(np.ones((2, 4, 5), "float32")).shape
        (2, 4, 6)

    Source: Schuster and Paliwal, 1997, https://doi.org/10.1109/78.650093
    """

    supports_masking = True

    unwritten = {"weights": ...}  # they are in the file's weights

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if merge_mode is not None and merge_mode not in MERGES:
            raise ValueError(
                f"Bidirectional's merge_mode must be {', '.join(map(repr, MERGES))} or None; got {merge_mode!r}."
            )
        for one in (layer, backward_layer or layer):
            if not isinstance(one, Layer) or not isinstance(one, Recurrent):
                raise ValueError(f"Bidirectional takes recurrent layers, such as LSTM(3); got {one!r}.")
        name = layer.name
        self.merge_mode = merge_mode
        self.initial_weights = weights
        self.forward_layer: Any = _copy(layer, name=name if name.startswith("forward_") else f"forward_{name}")
        if backward_layer is None:
            backward_layer = _copy(layer, name=f"backward_{name.removeprefix('forward_')}", go_backwards=True)
        self.backward_layer: Any = backward_layer
        self._check_pair()
        if self.return_sequences:  # as in Keras: sums and products of both directions ignore masked steps
            for one in (self.forward_layer, self.backward_layer):
                one.zero_output_for_mask = True
        self.input_spec = layer.input_spec

    def _check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                "Bidirectional's layer must have go_backwards=False and its backward_layer go_backwards=True; both "
                f"have go_backwards={forward.go_backwards}."
            )
        for attribute in ("stateful", "return_sequences", "return_state"):
            values = getattr(forward, attribute), getattr(backward, attribute)
            if values[0] != values[1]:
                raise ValueError(
                    f"Bidirectional's layer and backward_layer must have the same {attribute}; "
                    f"got {values[0]} and {values[1]}."
                )

    @property
    def layer(self) -> Any:
        """The forward layer: the copy of the argument."""
        return self.forward_layer

    @property
    def return_sequences(self) -> bool:
        """Whether every step is returned."""
        return self.forward_layer.return_sequences

    @property
    def return_state(self) -> bool:
        """Whether the last states are returned."""
        return self.forward_layer.return_state

    @property
    def stateful(self) -> bool:
        """Whether the states are kept between calls."""
        return self.forward_layer.stateful

    @property
    def states(self) -> Tree:
        """The variables that hold the states between calls, forward and backward; None if there are none."""
        if self.forward_layer.states is None:
            return None
        return [*self.forward_layer.states, *self.backward_layer.states]

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
                layer.built = True
        if self.initial_weights is not None:
            self.set_weights(self.initial_weights)

    def call(
        self, sequences: Array, initial_state: Any = None, mask: Array | None = None, training: bool | None = None
    ) -> Any:
        first: Any = (None, None)
        if initial_state is not None:
            if len(initial_state) % 2:
                raise ValueError(
                    f"{self.name!r} takes an initial_state of the forward layer's states and then as many of the "
                    f"backward layer's; got {len(initial_state)} states, an odd number."
                )
            half = len(initial_state) // 2
            first = (initial_state[:half], initial_state[half:])
        ahead = self.forward_layer(sequences, initial_state=first[0], mask=mask, training=training)
        back = self.backward_layer(sequences, initial_state=first[1], mask=mask, training=training)
        states: tuple[Any, ...] = ()
        if self.return_state:
            (ahead, *own), (back, *others) = ahead, back
            states = (*own, *others)
        if self.return_sequences:
            back = ops.flip(back, axis=1)
        merged = (ahead, back) if self.merge_mode is None else (MERGES[self.merge_mode](ahead, back),)
        return (*merged, *states) if len(merged) + len(states) > 1 else merged[0]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The input's mask for each output if every step is returned; the states have none."""
        mask = previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask
        mask = mask if self.return_sequences else None
        return (mask, mask) if self.merge_mode is None else mask

    def reset_state(self) -> None:
        """Make the states zero that both layers keep."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def _argument(self, name: str) -> Any:
        return None if name == "weights" else super()._argument(name)


def _copy(layer: Layer, **changes: Any) -> Any:
    """A new layer of the same config, but for `changes`. Classes that no registry knows may be inside."""
    config = serialize_object(layer)
    config["config"] = config["config"] | changes
    with CustomObjectScope({type(one).__name__: type(one) for one in layer.layers_inside()}):
        return deserialize(config)
