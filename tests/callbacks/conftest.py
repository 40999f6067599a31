"""A stand-in for a model: what callbacks need of one, and nothing else."""

import numpy as np
import pytest

from kerasish.callbacks import Callback, CallbackList
from kerasish.callbacks.logs import LazyLogs


class StandInOptimizer:
    """Keeps its learning rate in float32, as optimizers do."""

    def __init__(self, learning_rate=0.1):
        self.learning_rate = learning_rate
        self.iterations = 0

    @property
    def learning_rate(self):
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self._learning_rate = np.float32(value)


class StandInMetric:
    def __init__(self, name, direction):
        self.name = name
        self._direction = direction


class StandInWeight:
    def __init__(self, path, value):
        self.path = path
        self.value = value

    def numpy(self):
        return self.value


class StandInModel:
    """One weight, which a test may change in place; what is saved is remembered, and a file is written."""

    def __init__(self, metrics=()):
        self.stop_training = False
        self.history = None
        self.optimizer = StandInOptimizer()
        self.metrics = [StandInMetric(name, direction) for name, direction in metrics]
        self.metrics_names = [name for name, _ in metrics]
        self.weight = np.zeros(2, "float32")
        self.saved = []

    @property
    def weights(self):
        return [StandInWeight("dense/kernel", self.weight)]

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        (self.weight,) = weights

    def save(self, filepath, overwrite=True):
        self._write("model", filepath, overwrite)

    def save_weights(self, filepath, overwrite=True):
        self._write("weights", filepath, overwrite)

    def load_weights(self, filepath):
        raise NotImplementedError

    def _write(self, what, filepath, overwrite):
        assert overwrite
        self.saved.append((what, str(filepath)))
        with open(filepath, "w") as file:
            file.write(what)


@pytest.fixture
def make_model():
    return StandInModel


@pytest.fixture
def run_epochs():
    """Call a callback's hooks as `fit` does, with one value of one log for each epoch."""

    def run(callback, values, name="val_loss", model=None, params=None, batches=0):
        model = model or StandInModel()
        callback = CallbackList(callback) if isinstance(callback, Callback) else callback  # else it is Keras's
        callback.set_model(model)
        callback.set_params({"epochs": len(values)} if params is None else params)
        callback.on_train_begin({})
        every_logs = []
        for epoch, value in enumerate(values):
            model.weight = np.full(2, epoch + 1, "float32")
            callback.on_epoch_begin(epoch, {})
            for batch in range(batches):
                callback.on_train_batch_begin(batch, {})
                callback.on_train_batch_end(batch, {"loss": float(batch)})
            logs = LazyLogs({"loss": 1.0} if value is None else {name: value})
            callback.on_epoch_end(epoch, logs)
            every_logs.append({**logs, "rate_after": float(model.optimizer.learning_rate)})
            if model.stop_training:
                break
        callback.on_train_end({})
        return model, every_logs

    return run
