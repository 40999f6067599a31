"""Masks beside arrays, `training`, losses of the outermost call, and paths of names."""

import gc
import threading

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.core.context import Call, MaskTable, collected_losses, current_call, enter, leave, masks, scope
from kerasish.core.variable import Variable

IDS = np.array([[1, 2, 0], [3, 0, 0]], "int32")
MASK = IDS != 0


class Spy(layers.Layer):
    """Notes what it is given."""

    supports_masking = True

    def call(self, x, training=None, mask=None):
        self.seen = training, mask
        return x


def array(*shape):
    return ops.ones(shape)


def test_a_mask_belongs_to_one_array():
    table = MaskTable()
    x, y = array(2, 3), array(2, 3)
    table.set(x, MASK)
    assert table.get(x) is MASK
    assert table.get(y) is None
    table.set(x, None)
    table.set(x, None)
    assert table.get(x) is None


def test_a_mask_goes_with_its_array():
    table = MaskTable()
    x = array(2, 3)
    table.set(x, MASK)
    table.set(x, ~MASK)  # the entry that replaces another one stays when the first reference goes
    gc.collect()
    assert table.get(x) is not None
    del x
    gc.collect()
    assert not table._masks


def test_what_can_t_be_referred_to_weakly_has_no_mask():
    table = MaskTable()
    table.set(3.0, MASK)
    assert table.get(3.0) is None


def test_an_embedding_s_mask_reaches_the_next_layers():
    embedding, spy = layers.Embedding(5, 2, mask_zero=True), Spy()
    x = spy(layers.Dropout(0.1)(embedding(IDS)))
    np.testing.assert_array_equal(spy.seen[1], MASK)
    np.testing.assert_array_equal(masks.get(x), MASK)


def test_masks_pass_inside_models_as_outside():
    spy = Spy()
    model = kerasish.Sequential([layers.Embedding(5, 2, mask_zero=True), Spy(), spy])
    model(IDS)
    np.testing.assert_array_equal(spy.seen[1], MASK)


def test_a_mask_given_by_hand_wins():
    spy = Spy()
    spy(layers.Embedding(5, 2, mask_zero=True)(IDS), mask=~MASK)
    np.testing.assert_array_equal(spy.seen[1], ~MASK)


def test_a_layer_that_loses_a_mask_says_so():
    class Plain(layers.Layer):
        def call(self, x):
            return x[:, 0]

    x = layers.Embedding(5, 2, mask_zero=True)(IDS)
    with pytest.warns(UserWarning, match="loses the mask: it doesn't support masking.*supports_masking = True"):
        y = Plain(name="plain")(x)
    assert masks.get(y) is None


@pytest.mark.parametrize(("given", "expected"), [({}, None), ({"training": True}, True), ({"training": False}, False)])
def test_training_is_what_the_outermost_call_was_given(given, expected):
    spy = Spy()
    kerasish.Sequential([Spy(), spy])(array(2, 3), **given)
    assert spy.seen[0] is expected
    assert current_call().training is None


def test_an_inner_call_may_decide_training_for_itself():
    class Frozen(layers.Layer):
        def __init__(self):
            super().__init__()
            self.spy, self.after = Spy(), Spy()

        def call(self, x):
            return self.after(self.spy(x, training=False))

    outer = Frozen()
    outer(array(2, 3), training=True)
    assert (outer.spy.seen[0], outer.after.seen[0]) == (False, True)


class Adds(layers.Layer):
    def call(self, x):
        self.add_loss(ops.sum(x))
        return x


def test_losses_are_those_of_the_last_outermost_call():
    inner = [Adds(), Adds()]
    model = kerasish.Sequential(inner)
    for rows in (2, 5):
        model(array(rows, 1))
        assert [float(x) for x in model.losses] == [rows, rows]
        assert [float(x) for x in inner[0].losses] == [rows]
    inner[1](array(7, 1))
    assert [float(x) for x in model.losses] == [7]


def test_a_name_scope_around_a_call_keeps_no_losses():
    layer = Adds()
    for _ in range(3):
        with kerasish.name_scope("around"):
            layer(array(2, 1))
        assert [float(x) for x in layer.losses] == [2]
        assert len(collected_losses()) == 1


def test_losses_without_values_are_not_kept():
    layer = Adds()
    layer(kerasish.Input((3,)))
    assert layer.losses == []
    layer.compute_output_shape((2, 3))
    assert layer.losses == []
    dense = layers.Dense(1, activity_regularizer="l2")
    dense(kerasish.Input((3,)))
    assert dense.losses == []


def test_a_loss_outside_of_calls_is_refused():
    with pytest.raises(ValueError, match="add_loss of 'adds' was called outside of any `call`"):
        Adds().add_loss(3.0)


def test_threads_have_their_own_losses():
    layer = Adds()
    layer(array(1, 1))
    found = {}

    def run(rows):
        layer(array(rows, 1))
        found[rows] = [float(x) for x in layer.losses]

    threads = [threading.Thread(target=run, args=(rows,)) for rows in (2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {2: [2], 3: [3], 4: [4]}
    assert [float(x) for x in layer.losses] == [1]


def test_a_call_ends_when_it_fails():
    class Fails(layers.Layer):
        def call(self, x):
            raise KeyError

    with pytest.raises(KeyError):
        Fails()(array(1, 1), training=True)
    assert current_call() == Call()


def test_scopes_change_one_thing_and_go_back():
    with scope(path="a"), scope(training=True, dtype="float16"), kerasish.name_scope("b") as call:
        assert (call.path, call.training, call.dtype) == ("a/b", True, "float16")
        with scope(dtype=None):  # variables are made in their own dtype
            assert Variable(0.0, name="v").path == "a/b/v"
    assert current_call() == Call()
    token = enter(Call("x"))
    assert current_call().path == "x"
    leave(token)
    assert current_call() == Call()
