"""Logs are read from the device when somebody looks, and are a dict otherwise."""

import copy
import json
import pickle

import numpy as np
import pytest

from kerasish.backend import xp
from kerasish.callbacks.logs import LazyLogs


class Counter:
    """Counts how often it is read."""

    def __init__(self, value=0.5):
        self.value = value
        self.reads = 0

    def __call__(self):
        self.reads += 1
        return self.value


def test_nothing_is_read_until_somebody_looks():
    loss = Counter()
    logs = LazyLogs({"loss": loss})
    assert "loss" in logs
    assert len(logs) == 1
    assert list(logs) == ["loss"]
    logs["extra"] = 1
    logs.update({"more": 2})
    logs.copy()
    assert loss.reads == 0
    assert logs["loss"] == 0.5


def test_what_was_read_is_not_read_again_also_not_by_a_copy():
    loss = Counter()
    logs = LazyLogs({"loss": loss})
    twin = logs.copy()
    assert logs["loss"] == logs.get("loss") == twin["loss"] == 0.5
    assert dict(logs) == {"loss": 0.5}
    assert loss.reads == 1


@pytest.mark.parametrize(
    "value", [0.5, np.float32(0.5), np.float64(0.5), np.asarray(0.5), np.asarray(0.5, "float16"), Counter()]
)
def test_one_number_is_read_as_a_python_float(value):
    read = LazyLogs({"loss": value})["loss"]
    assert type(read) is float
    assert read == 0.5


def test_an_array_of_the_device_is_read_as_a_python_float():
    logs = LazyLogs({"loss": xp.asarray(0.5), "vector": xp.asarray([0.5])})
    assert type(logs["loss"]) is float
    assert logs["loss"] == 0.5
    assert logs["vector"].shape == (1,)


@pytest.mark.parametrize("value", [None, "text", [1, 2], {"a": 1}, np.asarray("text")], ids=repr)
def test_what_is_not_a_number_is_read_as_it_is(value):
    assert LazyLogs({"x": value})["x"] is value


def test_a_vector_is_read_as_it_is():
    np.testing.assert_array_equal(LazyLogs({"f1": lambda: np.ones(3)})["f1"], np.ones(3))


def test_an_entry_that_a_callback_adds_is_kept_as_given():
    logs = LazyLogs({"loss": 1.0})
    logs["count"] = 3
    assert logs["count"] is not None
    assert type(logs["count"]) is int
    del logs["loss"]
    assert logs.setdefault("count", 4) == 3
    assert logs.pop("count") == 3
    assert logs.get("loss", 7) == 7
    with pytest.raises(KeyError, match="loss"):
        logs["loss"]


def as_keywords(**values):
    return values


@pytest.mark.parametrize(
    "as_dict",
    [
        dict,
        lambda logs: {**logs},
        lambda logs: logs | {},
        lambda logs: {} | logs,
        lambda logs: json.loads(json.dumps(logs)),
        lambda logs: dict(copy.deepcopy(logs)),
        lambda logs: dict(pickle.loads(pickle.dumps(logs))),
        lambda logs: dict(logs.items()),
        lambda logs: dict(zip(logs.keys(), logs.values(), strict=True)),
        lambda logs: eval(repr(logs)),
        lambda logs: as_keywords(**logs),
    ],
)
def test_every_way_to_a_dict_leads_to_floats(as_dict):
    logs = LazyLogs({"loss": np.float32(0.5), "accuracy": np.asarray(0.25)})
    assert as_dict(logs) == {"loss": 0.5, "accuracy": 0.25}
    assert logs == {"loss": 0.5, "accuracy": 0.25}
    assert isinstance(logs, dict)


def test_a_copy_is_its_own():
    logs = LazyLogs({"loss": 1.0})
    logs.copy()["loss"] = 2.0
    assert logs["loss"] == 1.0
