"""`Function`: recorded operations that can be called."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.core.symbolic import SymbolicTensor


def test_a_function_makes_the_operations_again():
    x = kerasish.Input((3,))
    f = kerasish.Function(x, {"y": ops.relu(layers.Dense(2, kernel_initializer="ones")(x)), "z": x * 2})
    found = f(np.ones((4, 3), "float32"))
    assert np.asarray(found["y"]).tolist() == [[3, 3]] * 4
    assert np.asarray(found["z"]).tolist() == [[2, 2, 2]] * 4
    assert [x.shape for x in f.outputs] == [(None, 2), (None, 3)]
    assert f.inputs == [x]
    assert f.input is x
    assert set(f.output) == {"y", "z"}
    assert len(f.operations) == 4


def test_a_function_of_symbolic_tensors_is_a_node():
    x = kerasish.Input((3,))
    f = kerasish.Function([x], [x + 1])
    assert f([SymbolicTensor((5, 3))]).shape == (5, 3)
    assert f.compute_output_shape([(7, 3)]) == (7, 3)
    assert f.compute_output_spec([SymbolicTensor((6, 3))]).shape == (6, 3)


def test_another_shape_or_number_of_inputs_is_refused():
    x = kerasish.Input((3,))
    f = kerasish.Function(x, x + 1)
    with pytest.raises(ValueError, match=r"input of shape \(None, 3\); got one of shape \(1, 4\)"):
        f(np.ones((1, 4)))
    with pytest.raises(ValueError, match="takes 1 tensors; got 2"):
        f([np.ones((1, 3))] * 2)


def test_a_function_is_in_no_file():
    x = kerasish.Input((3,))
    f = kerasish.Function(x, x + 1)
    with pytest.raises(NotImplementedError, match=r"make a kerasish\.Model of its inputs"):
        f.get_config()
    with pytest.raises(NotImplementedError, match=r"make a kerasish\.Model, which has"):
        kerasish.Function.from_config({})
    with pytest.raises(NotImplementedError, match="quantization is not part"):
        f.quantized_call(1)
    assert float(f.rematerialized_call(lambda x: x * 2)(np.float32(2))) == 4
