"""Symbolic tensors: calls are recorded, shapes found, and misuse is explained."""

import numpy as np
import pytest

from kerasish import ops
from kerasish.core.symbolic import OpCall, SymbolicTensor, abstract_eval
from kerasish.core.variable import Variable


def test_a_call_is_recorded_with_its_arguments():
    x = SymbolicTensor((None, 3), name="x")
    y = ops.mean(x, axis=1)
    node = y.node
    assert isinstance(node.operation, OpCall)
    assert node.args == (x,)
    assert node.kwargs == {"axis": 1}
    assert node.inputs == [x]
    assert node.operation.input is x
    assert node.operation.output is y


def test_several_outputs_know_their_places():
    parts = ops.split(SymbolicTensor((None, 4)), 2, axis=1)
    assert [part.index for part in parts] == [0, 1]
    assert parts[0].node is parts[1].node


def test_abstract_evaluation_changes_no_variable():
    count = Variable(np.float32(0), name="count")
    made = abstract_eval(lambda x: x + count.assign_add(1.0), SymbolicTensor((None, 2)))
    assert made.shape == (None, 2)
    assert float(count) == 0


def test_sizes_that_depend_on_an_unknown_one_are_unknown():
    x = SymbolicTensor((None, None, 3))
    assert ops.concatenate([x, x], axis=1).shape == (None, None, 3)
    assert ops.reshape(x, (-1, 3)).shape == (None, 3)
    assert ops.max(x, axis=(0, 1)).shape == (3,)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda x: bool(x), TypeError, "no truth value"),
        (lambda x: np.asarray(x), ValueError, "NumPy can't use it"),
        (lambda x: list(x), TypeError, "can't be iterated"),
        (lambda x: len(x), TypeError, "no length"),
        (lambda x: SymbolicTensor((2,), sparse=True), ValueError, "is dense"),
    ],
)
def test_a_symbolic_tensor_says_that_it_has_no_values(use, error, message):
    with pytest.raises(error, match=message):
        use(SymbolicTensor((2, 3)))


def test_methods_are_ops():
    x = SymbolicTensor((None, 4, 1))
    assert x.reshape((-1, 2)).shape == (None, 2)
    assert x.squeeze(2).shape == (None, 4)
    assert x.astype("int32").dtype == "int32"
