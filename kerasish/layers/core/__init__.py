"""The layers that nearly every model has."""

from kerasish.layers.core.activation import Activation
from kerasish.layers.core.dense import Dense
from kerasish.layers.core.einsum_dense import EinsumDense
from kerasish.layers.core.embedding import Embedding
from kerasish.layers.core.flax_layer import FlaxLayer
from kerasish.layers.core.foreign import TFSMLayer, TorchModuleWrapper
from kerasish.layers.core.identity import Identity
from kerasish.layers.core.input_layer import Input, InputLayer
from kerasish.layers.core.jax_layer import JaxLayer
from kerasish.layers.core.lambda_layer import Lambda
from kerasish.layers.core.masking import Masking
from kerasish.layers.core.reversible_embedding import ReversibleEmbedding
from kerasish.layers.core.wrapper import Wrapper

__all__ = [
    "Activation",
    "Dense",
    "EinsumDense",
    "Embedding",
    "FlaxLayer",
    "Identity",
    "Input",
    "InputLayer",
    "JaxLayer",
    "Lambda",
    "Masking",
    "ReversibleEmbedding",
    "TFSMLayer",
    "TorchModuleWrapper",
    "Wrapper",
]
