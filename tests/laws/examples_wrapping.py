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


EXAMPLES = [
    E(lambda L: L.SpectralNormalization(L.Dense(3, name="d"), name="s"), (None, 4)),
    E(lambda L: L.SpectralNormalization(L.Conv2D(2, 2, name="c"), power_iterations=3, name="s"), IMAGE),
    E(lambda L: L.SpectralNormalization(L.Conv1D(2, 2, use_bias=False, name="c"), name="s"), SEQUENCE),
    # Keras makes whole numbers of the output, as the input is.
    E(lambda L: L.SpectralNormalization(L.Embedding(7, 3, name="e"), 2, name="s"), (None, 5), ids=7, keras=False),
    E(lambda L: L.ReversibleEmbedding(7, 3), (None, 5), ids=7),
    E(lambda L: L.ReversibleEmbedding(7, 3, mask_zero=True, embeddings_regularizer="l2"), (None, 5), ids=7),
    E(lambda L: L.ReversibleEmbedding(7, 3, tie_weights=False, logit_soft_cap=2.0), (None, 5), ids=7),
    E(lambda L: L.JaxLayer(line, first_line), (None, 4), smooth=True, keras=False),
    E(lambda L: L.JaxLayer(counting, first_count, seed=3), SEQUENCE, keras=False),
    E(lambda L: L.JaxLayer(double, name="j"), (None, 4), keras=False),
]
