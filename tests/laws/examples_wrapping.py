"""Rows of layers around other layers and functions for the table of `examples.py`."""

import numpy as np

from kerasish.saving import register_keras_serializable
from tests.laws.examples import IMAGE, SEQUENCE, Example

E = Example


@register_keras_serializable("laws")
def first_line(rng, inputs):
    """The parameters of `line`."""
    del rng
    return {"kernel": np.full((inputs.shape[-1], 3), 0.5, "float32"), "bias": np.zeros(3, "float32")}


@register_keras_serializable("laws")
def line(params, inputs):
    """A dense layer."""
    return inputs @ params["kernel"] + params["bias"]


@register_keras_serializable("laws")
def first_count(rng, inputs):
    """The parameters and the state of `counting`."""
    return first_line(rng, inputs), [np.zeros((2,), "float32"), {"scale": np.ones((), "float32")}]


@register_keras_serializable("laws")
def counting(params, state, rng, inputs, training):
    """A dense layer with a state."""
    del rng, training
    return line(params, inputs) * state[1]["scale"], state


@register_keras_serializable("laws")
def double(inputs):
    """No parameters at all."""
    return inputs + inputs


@register_keras_serializable("laws")
def scaled(inputs, by=0.5):
    """A part of the inputs."""
    return inputs * by


@register_keras_serializable("laws")
def same_mask(inputs, mask=None):
    """The mask of the inputs."""
    del inputs
    return mask


@register_keras_serializable("laws")
class Line:
    """A dense layer, with the methods that a module of Flax has."""

    def __init__(self, units=3):
        self.units = units

    def get_config(self):
        """As Keras's objects."""
        return {"units": self.units}

    @classmethod
    def from_config(cls, config):
        """As Keras's objects."""
        return cls(**config)

    def __call__(self, inputs, training=False):
        """Stands for Flax's."""

    @register_keras_serializable("laws")
    def reversed_line(self, inputs):
        """Another method."""

    def init(self, rngs, inputs, method=None, **kwargs):
        """The first variables."""
        del rngs, method, kwargs
        return {"params": {"kernel": np.full((inputs.shape[-1], self.units), 0.5, "float32")}}

    def apply(self, variables, inputs, method=None, rngs=None, mutable=False, **kwargs):
        """The output."""
        del rngs, kwargs
        y = inputs @ variables["params"]["kernel"]
        y = y if method is None else -y
        return (y, {}) if mutable else y


KNOWN_TO_KERAS = [first_line, line, first_count, counting, double, scaled, same_mask, Line, Line.reversed_line]
"""What must be registered with Keras too, where it is to be compared."""

LINE = {"kernel": np.full((4, 3), 0.5, "float32"), "bias": np.zeros(3, "float32")}
COUNT = [np.zeros((2,), "float32"), {"scale": np.ones((), "float32")}]
FIRST, SECOND = ({"params": {"kernel": np.full(shape, 0.5, "float32")}} for shape in ((4, 3), (3, 2)))
UNNAMED = {"keras paths": "Keras numbers these weights through the program; ours have the names of the parameters"}
UNSEEDED = {"keras config": "Keras forgets the seed", "seed": "its function draws nothing"}
KERAS_CASTS = "Keras makes whole numbers of the output, as the input is"
CASTS = dict.fromkeys(("keras", "keras training", "keras gradients", "keras masks", "keras file"), KERAS_CASTS)

EXAMPLES = [
    E(lambda L: L.SpectralNormalization(L.Dense(3, name="d"), name="s"), (None, 4)),
    E(lambda L: L.SpectralNormalization(L.Conv2D(2, 2, name="c"), power_iterations=3, name="s"), IMAGE),
    E(lambda L: L.SpectralNormalization(L.Conv1D(2, 2, use_bias=False, name="c"), name="s"), SEQUENCE),
    E(lambda L: L.SpectralNormalization(L.Embedding(7, 3, name="e"), 2, name="s"), (None, 5), ids=7, without=CASTS),
    E(lambda L: L.ReversibleEmbedding(7, 3), (None, 5), ids=7),
    E(lambda L: L.ReversibleEmbedding(7, 3, mask_zero=True, embeddings_regularizer="l2"), (None, 5), ids=7),
    E(lambda L: L.ReversibleEmbedding(7, 3, tie_weights=False, logit_soft_cap=2.0), (None, 5), ids=7),
    E(lambda L: L.JaxLayer(line, first_line, LINE), (None, 4), smooth=True, without=UNNAMED),
    E(lambda L: L.JaxLayer(counting, first_count, LINE, COUNT, seed=3), SEQUENCE, without=UNNAMED | UNSEEDED),
    E(lambda L: L.JaxLayer(double, name="j"), (None, 4)),
    E(lambda L: L.Lambda(double), (None, 4), smooth=True),
    E(lambda L: L.Lambda(scaled, arguments={"by": 0.25}), SEQUENCE),
    E(lambda L: L.Lambda(scaled, (6, 5, 4), same_mask), IMAGE),
    E(lambda L: L.FlaxLayer(Line(), variables=FIRST), (None, 4), without=UNNAMED),
    E(lambda L: L.FlaxLayer(Line(), Line.reversed_line, FIRST), SEQUENCE, without=UNNAMED),
    E(lambda L: L.FlaxLayer(Line(2), variables=SECOND), (None, 3), without=UNNAMED),
]
