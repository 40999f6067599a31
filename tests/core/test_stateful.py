"""`Stateful`: variables are found by walking attributes."""

import numpy as np

from kerasish.core.stateful import Stateful
from kerasish.core.variable import Variable


class Holder(Stateful):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def v(name):
    return Variable(np.float32(0), name=name)


def names(x):
    return [variable.name for variable in x.variables]


def test_variables_are_found_in_attributes_lists_dicts_and_tuples():
    x = Holder(a=v("a"), parts=[v("b"), {"key": v("c")}], pair=(v("d"), 3, None, "text"))
    assert names(x) == ["a", "b", "c", "d"]
    assert [path for path, _ in x.named_variables()] == ["a", "parts/0", "parts/1/key", "pair/0"]


def test_an_object_s_own_variables_come_before_those_of_what_it_holds():
    x = Holder(child=Holder(w=v("child")), own=v("own"))
    assert names(x) == ["own", "child"]
    assert [path for path, _ in x.named_variables()] == ["own", "child/w"]


def test_what_is_shared_is_listed_once():
    w = v("w")
    child = Holder(w=w)
    x = Holder(first=child, again=child, w=w, list=[w, w])
    assert names(x) == ["w"]
    assert len(list(x.stateful_objects())) == 2


def test_cycles_end():
    a, b = Holder(v=v("a")), Holder(v=v("b"))
    a.other, b.other = b, a
    a.me = a
    assert names(a) == ["a", "b"]
    assert names(b) == ["b", "a"]


def test_an_object_may_keep_its_variables_to_itself():
    class Private(Holder):
        belongs_to_owner = False

    x = Holder(w=v("w"), optimizer=Private(slot=v("slot")))
    assert names(x) == ["w"]
    assert [variable.name for variable in x.every_variable()] == ["w", "slot"]
    assert names(x.optimizer) == ["slot"]


def test_an_attribute_that_appears_or_goes_is_seen_at_once():
    x = Holder()
    assert x.variables == []
    x.w = v("w")
    assert names(x) == ["w"]
    del x.w
    assert x.variables == []
