"""Configs come from constructor signatures; objects come from configs; nothing is imported because a file names it."""

import functools

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.core.configurable import (
    Configurable,
    Family,
    UnregisteredNameError,
    argument_names,
    deserialize,
    reading_shared,
    serialize,
    writing_shared,
)
from kerasish.core.policies import DTypePolicy
from kerasish.saving import register_keras_serializable


class Base(Configurable):
    def __init__(self, size, rate=0.5, *, name=None):
        self.size, self.rate, self.name = size, rate, name


class Child(Base):
    def __init__(self, extra, **kwargs):
        super().__init__(**kwargs)
        self.extra = extra


class Stern(Base):
    """Takes no keyword arguments: its base's are not its own."""

    def __init__(self, extra):
        super().__init__(3)
        self.extra = extra


class Silent(Child):
    """Has no constructor of its own."""


def test_the_config_is_the_signature():
    assert Base(3).get_config() == {"size": 3, "rate": 0.5, "name": None}
    assert Base.from_config(Base(3, 0.1, name="b").get_config()).get_config() == {"size": 3, "rate": 0.1, "name": "b"}


def test_keyword_arguments_of_the_base_classes_belong_to_it_where_they_are_passed_on():
    assert argument_names(Child) == ("extra", "size", "rate", "name")
    assert argument_names(Silent) == argument_names(Child)
    assert argument_names(Stern) == ("extra",)
    assert Silent.from_config(Silent("e", size=1).get_config()).size == 1


def test_an_argument_that_is_not_kept_is_explained():
    class Forgetful(Configurable):
        def __init__(self, size):
            del size

    with pytest.raises(TypeError, match=r"Forgetful takes `size` but does not keep it.*\nWrite `self.size = size`"):
        Forgetful(3).get_config()


def test_an_override_may_add_what_super_does_not_know():
    class Doubled(Configurable):
        def __init__(self, size, rate=0.5):
            self.twice, self.rate = 2 * size, rate

        def get_config(self):
            return super().get_config() | {"size": self.twice // 2}

    assert Doubled.from_config(Doubled(4).get_config()).twice == 8


def test_a_property_counts_as_kept():
    class Computed(Configurable):
        def __init__(self, size):
            self._size = size

        @property
        def size(self):
            return self._size

    assert Computed(3).get_config() == {"size": 3}


def named_function(x):
    return x


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        ((1, [2.5, "a"]), (1, [2.5, "a"])),
        ({"k": np.float32(0.5)}, {"k": 0.5}),
        (np.int64(3), 3),
        (np.array([1, 2], "int8"), {"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "int8"}}),
        (slice(1, None), {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": None}}),
        (..., {"class_name": "__ellipsis__", "config": {}}),
        (kerasish.activations.relu, "relu"),
        (
            DTypePolicy("mixed_float16"),
            {
                "module": "keras",
                "class_name": "DTypePolicy",
                "config": {"name": "mixed_float16"},
                "registered_name": None,
            },
        ),
        (
            kerasish.initializers.Constant(2.0),
            {
                "module": "keras.initializers",
                "class_name": "Constant",
                "config": {"value": 2.0},
                "registered_name": None,
            },
        ),
        (
            named_function,
            {
                "module": "builtins",
                "class_name": "function",
                "config": "named_function",
                "registered_name": "function",
            },
        ),
    ],
)
def test_values_are_written_as_keras_writes_them(value, written):
    assert serialize(value) == written


@pytest.mark.parametrize(
    "value", [np.arange(6.0).reshape(2, 3), slice(1, 5, 2), Ellipsis, DTypePolicy("float16")], ids=repr
)
def test_special_values_come_back(value):
    np.testing.assert_equal(deserialize(serialize(value)), value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda x: x, "has no name, so it can't be written.*register_keras_serializable"),
        (functools.partial(named_function, 3), "has no name"),
        (object(), "of type object can't be written to a config. Give its class a `get_config`"),
    ],
)
def test_what_can_t_be_written_is_explained(value, message):
    with pytest.raises(TypeError, match=message) as caught:
        serialize(value)
    assert len(str(caught.value)) <= 600


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        (3, ValueError, "must be a dict with a 'class_name'"),
        ({"class_name": 3, "config": {}}, ValueError, "must be a dict with a 'class_name'"),
        ({"class_name": "Dense", "config": [1], "module": "keras.layers"}, ValueError, "'config' of a Dense must be a"),
        ({"class_name": "__lambda__", "config": {}}, UnregisteredNameError, "bytecode of a lambda. It is never run"),
        (
            {"class_name": "system", "config": {}, "module": "os"},
            UnregisteredNameError,
            "not registered. Nothing is imp",
        ),
        (
            {"class_name": "Dense", "config": {}, "module": "keras.layers", "registered_name": "evil>Dense"},
            UnregisteredNameError,
            "names 'evil>Dense'",
        ),
        (
            {"class_name": "function", "config": "eval", "module": "builtins", "registered_name": "function"},
            UnregisteredNameError,
            "'eval'",
        ),
        ({"class_name": "function", "config": ["x"], "module": "builtins"}, UnregisteredNameError, "which is no name"),
        (
            {"class_name": "relu", "config": {}, "module": "keras.activations"},
            UnregisteredNameError,
            "named as a class",
        ),
        ({"class_name": "__numpy__", "config": {"value": [1], "dtype": "objct"}}, ValueError, "unknown dtype"),
        ({"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}}, UnregisteredNameError, "are numbers"),
        ({"class_name": "__numpy__", "config": {"value": [1]}}, ValueError, "config of a __numpy__ is malformed"),
        ({"class_name": "__slice__", "config": None}, ValueError, "config of a __slice__ is malformed"),
        ({"class_name": "DTypePolicy", "config": {"size": 3}}, ValueError, "config of a DTypePolicy is malformed"),
    ],
)
def test_bad_configs_are_refused(config, error, message):
    with pytest.raises(error, match=message) as caught:
        deserialize(config)
    assert len(str(caught.value)) <= 600


def test_classes_and_functions_of_the_user_come_back_by_registration_or_custom_objects():
    @register_keras_serializable("tests")
    class Mine(Configurable):
        def __init__(self, size=1, inner=None):
            self.size, self.inner = size, inner

    config = serialize(Mine(2, inner=Mine(3)))
    assert (config["registered_name"], config["module"]) == ("tests>Mine", None)
    assert deserialize(config).inner.size == 3

    class Other(Configurable):
        def __init__(self, size):
            self.size = size

    config = serialize(Other(2))
    with pytest.raises(UnregisteredNameError, match="give it in `custom_objects`"):
        deserialize(config)
    assert deserialize(config, {"Other": Other}).size == 2
    assert deserialize(serialize(named_function), {"named_function": named_function}) is named_function


def test_a_subclass_of_a_public_class_is_not_taken_for_it():
    class Dense(layers.Dense):
        pass

    config = serialize(Dense(2))
    assert config["registered_name"] == "Dense"
    assert config["module"] != "keras.layers"


def test_an_object_in_several_places_is_one_object_again():
    shared = kerasish.initializers.Constant(1.0)
    with writing_shared():
        written = [serialize(shared), serialize(kerasish.initializers.Zeros()), serialize(shared)]
    assert [config.get("shared_object_id") for config in written] == [1, None, 1]
    with reading_shared():
        read = [deserialize(config) for config in written]
    assert read[0] is read[2]
    assert deserialize(written[0]) is not deserialize(written[2])
    written[2]["class_name"] = "Ones"
    with reading_shared(), pytest.raises(ValueError, match="one object as a Constant and as a Ones"):
        [deserialize(config) for config in written]


def test_a_family_understands_names_objects_classes_functions_and_configs():
    family = Family("activation", "keras.activations", make=False)
    relu = kerasish.activations.relu
    assert family.get(None) is None
    assert family.get("relu") is relu
    assert family.get(relu) is relu
    assert family.get("LeakyReLU") is family.get("leaky_relu")  # as people write it
    assert family.get(family.serialize(named_function) if False else named_function) is named_function
    initializers = Family("initializer", "keras.initializers")
    assert isinstance(initializers.get("zeros"), kerasish.initializers.Zeros)
    assert isinstance(initializers.get(kerasish.initializers.Zeros), kerasish.initializers.Zeros)
    assert (
        initializers.get({"class_name": "Constant", "config": {"value": 3.0}, "module": "keras.initializers"}).value
        == 3
    )
    assert initializers.deserialize("mine", {"mine": kerasish.initializers.Ones}).get_config() == {}


def test_a_family_suggests_what_may_be_meant():
    family = Family("activation", "keras.activations", make=False)
    with pytest.raises(ValueError, match="no activation named 'sigmiod'. Did you mean 'sigmoid'"):
        family.get("sigmiod")
    with pytest.raises(ValueError, match="no activation named 'qqqq'. Known are .*relu"):
        family.get("qqqq")
    with pytest.raises(ValueError, match="3 is not an activation: give a name"):
        family.get(3)
