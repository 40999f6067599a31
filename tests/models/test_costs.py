"""Operations and memory of `summary(flops=True)`: numbers worked out by hand."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.backend import engine
from kerasish.backend.numpy import count_flops as numpy_count_flops
from kerasish.models.costs import costs_of


def flops(layer, *shape, batch=2):
    model = kerasish.Sequential([kerasish.Input(shape), layer])
    costs = costs_of(model, batch)
    assert costs.of(layer) == costs.total
    return costs.total


@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (lambda: layers.Dense(5), (3,), 2 * (2 * 3 * 5 + 5)),
        (lambda: layers.Dense(5, use_bias=False), (7, 3), 2 * 7 * 2 * 3 * 5),
        (lambda: layers.Conv2D(4, 3, use_bias=False), (8, 8, 3), 2 * 6 * 6 * 4 * 2 * 27),
        (lambda: layers.Conv2D(4, 3, padding="same"), (8, 8, 3), 2 * 8 * 8 * 4 * (2 * 27 + 1)),
        (lambda: layers.DepthwiseConv2D(3, use_bias=False), (8, 8, 3), 2 * 6 * 6 * 3 * 2 * 9),
        (lambda: layers.Activation("tanh"), (6,), 2 * 6),
        (lambda: layers.Flatten(), (6, 2), 0),
        # at each of 10 steps: h = tanh(x @ kernel + bias + h @ recurrent_kernel)
        (lambda: layers.SimpleRNN(4), (10, 3), 2 * 10 * (2 * 3 * 4 + 4 + 2 * 4 * 4 + 4 + 4)),
    ],
)
def test_operations_of_layers(layer, shape, expected):
    assert flops(layer(), *shape) == expected


def test_operations_of_branches_and_loops():
    def loop(x):
        return engine.fori_loop(0, 5, lambda i, x: x * 2, x)

    def branch(x):
        return engine.cond(x[0] > 0, lambda x: x * 2, lambda x: x * 2 + 1, x)

    x = np.zeros(3, "float32")
    assert engine.count_flops(loop, x) == 15
    assert engine.count_flops(branch, x) == 6
    with pytest.raises(NotImplementedError, match="use jax"):
        numpy_count_flops(loop, x)


def test_the_table(capsys):
    x = kerasish.Input((4,))
    shared = layers.Dense(4, use_bias=False, name="shared")
    inner = kerasish.Sequential([layers.Dense(3, name="in")], name="inner")
    model = kerasish.Model(x, inner(shared(shared(x)) * 2.0))
    model.compile("adam", "mse")
    model.summary(flops=True, batch_size=8, expand_nested=True)
    text = capsys.readouterr().out
    rows = {line.split()[1]: line.split("│")[-2].strip() for line in text.splitlines() if "(" in line and "│" in line}
    assert rows["shared"] == f"{2 * 8 * 2 * 16}"
    assert rows["multiply"] == f"{8 * 4}"
    assert rows["inner"] == rows["in"] == f"{8 * 27}"
    assert f"Total FLOPs: {2 * 8 * 2 * 16 + 32 + 8 * 27:,} for a batch of 8" in text
    weights = 4 * (16 + 15)
    assert f"weights {weights}.00 B, gradients {weights}.00 B, optimizer {2 * weights + 8}.00 B" in text
    assert f"activations {8 * 4 * (4 + 4 + 3)}.00 B" in text
    assert not model.optimizer.built
    model.summary()
    assert "FLOPs" not in capsys.readouterr().out


def test_models_with_a_call_of_their_own_and_unknown_sizes(capsys):
    class Own(kerasish.Model):
        def __init__(self):
            super().__init__()
            self.one = layers.Dense(2, name="one")

        def call(self, x):
            return self.one(x)

    model = Own()
    with pytest.raises(ValueError, match=r"give their shape, as in summary\(flops=True, input_shape"):
        model.summary(flops=True)
    model(np.zeros((3, 4), "float32"))
    model.summary(flops=True)
    assert "Total FLOPs: 18 for a batch of 1" in capsys.readouterr().out
    open_ended = kerasish.Sequential([kerasish.Input((None, 4)), layers.Dense(1, use_bias=False)])
    with pytest.raises(ValueError, match=r"of the shape \(None, None, 4\)"):
        open_ended.summary(flops=True)
    open_ended.summary(flops=True, input_shape=(None, 10, 4))
    assert "Total FLOPs: 80 for" in capsys.readouterr().out
    with pytest.raises(ValueError, match="batch_size must be"):
        open_ended.summary(flops=True, batch_size=0)


def test_several_inputs_and_nothing_changes(capsys):
    a, b = kerasish.Input((2,), name="a"), kerasish.Input((3,), name="b")
    out = layers.Dropout(0.5)(layers.BatchNormalization()(layers.Concatenate()([a, b])))
    model = kerasish.Model({"a": a, "b": b}, out)
    before = [v.numpy() for v in model.every_variable()]
    model.summary(flops=True)
    assert all(map(np.array_equal, before, [v.numpy() for v in model.every_variable()]))
    assert "Total FLOPs" in capsys.readouterr().out
