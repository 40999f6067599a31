"""The tables of names: what was registered, what is in scope, and who sees it."""

import gc
import threading

import pytest

from kerasish import saving
from kerasish.core.registry import did_you_mean, find_function, find_public, is_registered, public_name, publish
from kerasish.saving import CustomObjectScope, get_registered_name, get_registered_object


def test_registered_names_are_package_and_name():
    @saving.register_keras_serializable("shop", "till")
    def count(x):
        return x

    @saving.register_keras_serializable()
    def other(x):
        return x

    assert get_registered_name(count) == "shop>till"
    assert get_registered_object("shop>till") is count
    assert get_registered_name(other) == "Custom>other"
    assert get_registered_name(len) == "len"
    assert get_registered_object("nobody>knows") is None
    assert saving.get_custom_objects()["shop>till"] is count


def test_a_class_without_a_config_can_t_be_registered():
    with pytest.raises(ValueError, match="Plain needs a get_config method"):

        @saving.register_keras_serializable()
        class Plain:
            pass


def test_a_definition_that_is_run_again_takes_the_name_and_the_old_one_keeps_its_own():
    def define():
        @saving.register_keras_serializable("twice")
        def again(x):
            return x

        return again

    first = define()
    key = id(first)
    second = define()
    assert get_registered_object("twice>again") is second
    assert get_registered_name(first) == "twice>again"
    del first
    gc.collect()
    unregistered = [lambda: None for _ in range(200)]  # one of them could get the old one's id
    assert not any(is_registered(x) for x in unregistered)
    assert key


def test_scopes_nest_may_be_entered_again_and_end():
    outer, inner = CustomObjectScope({"a": 1, "b": 1}), CustomObjectScope({"b": 2})
    with outer, inner:
        assert (get_registered_object("a"), get_registered_object("b")) == (1, 2)
        with outer:
            assert get_registered_object("b") == 1
        assert get_registered_object("b") == 2
    assert get_registered_object("a") is None
    with outer:
        assert get_registered_object("b") == 1
    with pytest.raises(KeyError), outer:
        raise KeyError
    assert get_registered_object("a") is None
    assert saving.custom_object_scope is CustomObjectScope


def test_what_is_given_beats_the_scope_and_the_scope_beats_the_registry():
    @saving.register_keras_serializable("order")
    def x():
        return None

    with CustomObjectScope({"order>x": "scope"}):
        assert get_registered_object("order>x", {"order>x": "given"}) == "given"
        assert get_registered_object("order>x") == "scope"
    assert get_registered_object("order>x", None, {"order>x": "module"}) is x
    assert get_registered_object("only", None, {"only": "module"}) == "module"


def test_other_threads_do_not_see_a_scope():
    seen = []
    with CustomObjectScope({"a": 1}):
        thread = threading.Thread(target=lambda: seen.append(get_registered_object("a")))
        thread.start()
        thread.join()
    assert seen == [None]


def test_a_published_object_is_written_under_its_first_name():
    def thing(x):
        return x

    publish("tests.module", {"thing": thing, "alias": thing})
    assert public_name(thing) == ("tests.module", "thing")
    assert find_public("tests.module", "alias") is thing
    assert find_public("tests.module", "nothing") is None
    assert find_function("alias") is thing
    assert find_function("Dense") is None


def test_suggestions():
    assert did_you_mean("sigmiod", ["sigmoid", "tanh"]) == " Did you mean 'sigmoid'?"
    assert did_you_mean("zzz", ["b", "a"]) == " Known are a, b."
