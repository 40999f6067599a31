"""A `Config` is a mapping whose items are attributes too, and which can be frozen."""

import copy
import pickle

import pytest

from kerasish import layers
from kerasish.utils import Config, get_source_inputs


def test_items_and_attributes_are_the_same():
    config = Config(a=1, b="x")
    config.c = 3
    config["d"] = 4
    config.update({"e": 5}, f=6)
    del config.a, config["b"]
    assert config.as_dict() == {"c": 3, "d": 4, "e": 5, "f": 6} == dict(config)
    assert (config["c"], config.d, config.pop("e"), config.get("x", 0), len(config)) == (3, 4, 5, 0, 3)
    assert config == Config(c=3, d=4, f=6) and config.to_json() == '{"c": 3, "d": 4, "f": 6}'


def test_what_is_frozen_does_not_change():
    config = Config(a=1)
    config.freeze()
    changes = [
        lambda: setattr(config, "a", 2),
        lambda: config.update(a=2),
        lambda: config.pop("a"),
        lambda: delattr(config, "a"),
    ]
    for change in changes:
        with pytest.raises(ValueError, match="is frozen.*unfreeze"):
            change()
    assert config.frozen and config.a == 1
    config.unfreeze()
    config.a = 2
    assert config.a == 2 and not config.frozen


def test_names_that_are_not_there():
    config = Config(a=1, b=2)
    with pytest.raises(AttributeError, match="no value 'c'; it has a, b"):
        config.c
    with pytest.raises(AttributeError, match="no value 'c'"):
        del config.c
    with pytest.raises(KeyError):
        config["c"]


def test_copies_are_apart():
    config = Config(a=[1])
    config.freeze()
    for made in (copy.copy(config), copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert made == config and made.frozen
        made.unfreeze()
        made.a = 2
        assert config.a == [1]


def test_sources_are_found_once_and_in_order():
    x, y, z = (layers.Input((2,), name=name) for name in "xyz")
    middle = layers.Dense(2)(x + y)
    assert [s.name for s in get_source_inputs(layers.Add()([z, middle, x]))] == ["z", "x", "y"]
    assert get_source_inputs(x) == [x]
    with pytest.raises(TypeError, match="takes a symbolic tensor.*got a list"):
        get_source_inputs([x])
