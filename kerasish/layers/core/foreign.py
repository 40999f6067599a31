"""Keras's layers around models of TensorFlow and of PyTorch, which can't be here."""

from __future__ import annotations

from typing import Any

from kerasish.layers.layer import Layer


class TFSMLayer(Layer):
    """Refuses to be made: a TensorFlow SavedModel needs TensorFlow, which this library does without.

    Args:
        filepath: The folder of the SavedModel.
        call_endpoint: The name of its function.
        call_training_endpoint: The name of its function while training.
        trainable: As for all layers.
        name: As for all layers.
        dtype: As for all layers.

    Raises:
        NotImplementedError: always.
    """

    def __init__(
        self,
        filepath: Any,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        del call_endpoint, call_training_endpoint, trainable, name, dtype
        raise NotImplementedError(
            f"TFSMLayer can't run the SavedModel {str(filepath)!r}: that needs TensorFlow, which is not used here. "
            "In a program with Keras and TensorFlow, save the original model with model.save('model.keras'), and load "
            "that file here with kerasish.models.load_model."
        )


class TorchModuleWrapper(Layer):
    """Refuses to be made: a PyTorch module computes on PyTorch's tensors, which JAX can't differentiate or compile.

    Args:
        module: The module.
        name: As for all layers.
        output_shape: The shape of its output.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, module: Any, name: str | None = None, output_shape: Any = None, **kwargs: Any) -> None:
        del name, output_shape, kwargs
        raise NotImplementedError(
            f"TorchModuleWrapper can't run {type(module).__name__}: PyTorch's operations can't be compiled or "
            "differentiated by JAX. Write the module with kerasish's layers and copy its weights by set_weights (a "
            "Linear's weight is transposed), or write it in JAX and wrap it in JaxLayer."
        )
