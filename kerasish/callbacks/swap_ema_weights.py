"""Puts the moving averages of the weights in their place while the model is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Evaluate and predict with the moving averages that the optimizer keeps; train with the weights themselves.

    Weights and averages change places before each evaluation and prediction, and back after it. When training ends,
    `fit` leaves the averages in the model, as with every optimizer that has `use_ema=True`.

    Args:
        swap_on_epoch: Whether they also change places at the end of each epoch, and back at the beginning of the next;
            so that callbacks behind this one, such as `ModelCheckpoint`, see the averages.

    Raises:
        ValueError: when training or an evaluation begins, if the optimizer keeps no averages.

    Example:
        >>> SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
        True
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._own: list[tuple[Any, np.ndarray]] = []
        """While the averages are in their place: the weights, with their values."""

    def _show_averages(self) -> None:
        if not self._own:
            pairs = self.model.optimizer.averaged_weights()
            self._own = [(weight, np.array(weight.numpy())) for weight, _ in pairs]
            for weight, average in pairs:
                weight.assign(average.numpy())

    def _show_weights(self) -> None:
        for weight, value in self._own:
            weight.assign(value)
        self._own = []

    def _check(self) -> None:
        if not self.model.optimizer.keeps_averages:
            raise ValueError(
                "SwapEMAWeights needs an optimizer that keeps moving averages: compile the model with use_ema=True, "
                "as in Adam(use_ema=True)."
            )

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._check()
        self._own = []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._show_weights()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._show_averages()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._own = []

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._check()
        self._show_averages()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._show_weights()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._check()
        self._show_averages()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._show_weights()

    def get_state(self) -> dict[str, Any]:
        return {"own": [value for _, value in self._own]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        pairs = self.model.optimizer.averaged_weights() if state["own"] else []
        self._own = [(weight, value) for (weight, _), value in zip(pairs, state["own"], strict=True)]

    def on_exception(self, exception: BaseException) -> None:
        self._show_weights()
