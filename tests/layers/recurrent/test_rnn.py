"""Recurrent layers beside Keras's, with the same weights: masks, flags, states, dropout, cells of users."""

import jax
import numpy as np
import pytest

from kerasish import layers, ops
from kerasish.backend import engine
from kerasish.core.random import SeedGenerator
from kerasish.core.variable import value_and_grad
from kerasish.layers.recurrent.loop import Plan, run
from kerasish.random import dropout

X = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
MASK = np.array([[0, 1, 0, 1, 0], [1, 1, 0, 0, 0]], bool)
H, C = (np.full((2, 3), value, "float32") for value in (0.5, -1.0))


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def close(ours, theirs, tolerance=1e-5):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


def same_weights(ours, theirs, shape=X.shape):
    ours.build(shape), theirs.build(shape)
    weights = [np.random.default_rng(i).normal(0, 0.5, v.shape).astype("float32") for i, v in enumerate(ours.weights)]
    ours.set_weights(weights), theirs.set_weights(weights)
    return ours, theirs


CASES = {
    "lstm": (lambda L, **k: L.LSTM(3, **k), [H, C]),
    "gru": (lambda L, **k: L.GRU(3, **k), [H]),
    "old gru": (lambda L, **k: L.GRU(3, reset_after=False, use_bias=False, **k), H),
    "simple": (lambda L, **k: L.SimpleRNN(3, **k), H),
    "stack": (lambda L, **k: L.RNN([L.LSTMCell(3), L.GRUCell(3)], **k), [[H, C], [H]]),
}
FLAGS = [
    {"return_sequences": True, "return_state": True},
    {"return_state": True, "go_backwards": True, "zero_output_for_mask": True},
]


@pytest.mark.parametrize(
    "case, flags", [*((case, FLAGS[0]) for case in CASES), ("lstm", FLAGS[1]), ("stack", FLAGS[1])]
)
def test_masks_states_and_flags_are_those_of_keras(keras, case, flags):
    make, states = CASES[case]
    ours, theirs = same_weights(make(layers, **flags), make(keras.layers, **flags))
    with jax.numpy_dtype_promotion("standard"):
        expected = theirs(X, initial_state=states, mask=MASK)
    close(ours(X, initial_state=states, mask=MASK), expected)
    assert isinstance(ours(X), tuple)


def test_unrolling_changes_no_number():
    looped, unrolled = layers.LSTM(3, return_sequences=True), layers.LSTM(3, return_sequences=True, unroll=True)
    looped(X), unrolled(X)
    unrolled.set_weights(looped.get_weights())
    # Keras's unrolled loop gives 0 for masked steps before the first one, its other loop the first state, as here.
    close(unrolled(X, initial_state=[H, C], mask=MASK), looped(X, initial_state=[H, C], mask=MASK), 1e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_gradients_are_those_of_keras_through_a_mask(keras, kind):
    ours, theirs = same_weights(getattr(layers, kind)(3), getattr(keras.layers, kind)(3))
    (_, _), gradients = value_and_grad(lambda: (ops.sum(ours(X, mask=MASK) ** 2), None), ours.trainable_variables)

    def loss(values):
        output, _ = theirs.stateless_call(values, [v.value for v in theirs.non_trainable_variables], X, mask=MASK)
        return (output**2).sum()

    with jax.numpy_dtype_promotion("standard"):
        close(gradients, jax.grad(loss)([v.value for v in theirs.trainable_variables]))


def test_a_sequence_of_no_steps_gives_the_first_state():
    empty = X[:, :0]
    close(layers.LSTM(3)(empty, initial_state=[H, C]), H)
    assert layers.GRU(3, return_sequences=True)(empty).shape == (2, 0, 3)


def test_mixed_precision_masks_and_states_stay_in_16_bits():
    layer = layers.LSTM(3, return_state=True, dtype="mixed_bfloat16")
    outputs = layer(X, initial_state=[H, C], mask=MASK)
    assert {str(x.dtype) for x in outputs} == {"bfloat16"}
    full = layers.LSTM(3, return_state=True)
    full(X)
    full.set_weights(layer.get_weights())
    close([np.asarray(x, "float32") for x in outputs], full(X, initial_state=[H, C], mask=MASK), 3e-2)


# Stateful -------------------------------------------------------------------------------------------------------------
def test_a_stateful_layer_goes_on_where_it_was(keras):
    ours, theirs = same_weights(layers.LSTM(3, stateful=True), keras.layers.LSTM(3, stateful=True))
    with jax.numpy_dtype_promotion("standard"):
        for _ in range(3):
            close(ours(X), theirs(X))
        close(ours.states, [v.value for v in theirs.states])
        ours.reset_state(), theirs.reset_state()
        close(ours(X), theirs(X))
    assert [v.path for v in ours.weights] == [
        "lstm/lstm_cell/kernel",
        "lstm/lstm_cell/recurrent_kernel",
        "lstm/lstm_cell/bias",
    ]
    assert {id(v) for v in ours.states} <= {id(v) for v in ours.non_trainable_variables}
    assert ours.mixes_samples


def test_a_stateful_layer_refuses_another_batch_size():
    layer = layers.GRU(3, stateful=True)
    layer(X)
    with pytest.raises(ValueError, match="always takes the batch size that it was built with"):
        layer(X[:1])
    with pytest.raises(ValueError, match="batch size must be fixed"):
        layers.GRU(3, stateful=True)(layers.Input((5, 4)))


# Cells ----------------------------------------------------------------------------------------------------------------
class Widening(layers.Layer):
    """Its output is no state: it has another size."""

    state_size = 4
    output_size = 6

    def call(self, inputs, states):
        total = states[0] + inputs
        return ops.concatenate([total, inputs[:, :2]], axis=-1), [total]


class Counter(layers.Layer):
    """As `call` may be written for Keras: one state, as it is, and first states of its own."""

    state_size = (2, 2)

    def get_initial_state(self, batch_size=None):
        return [ops.ones((batch_size, 2)), ops.zeros((batch_size, 2))]

    def call(self, inputs, states, training=False):
        return states[0] + (10.0 if training else 0.0), (states[0] + 1.0, states[1])


def test_a_masked_step_of_any_cell_repeats_its_output():
    output, state = layers.RNN(Widening(), return_sequences=True, return_state=True)(X, mask=MASK)
    sums = np.cumsum(np.where(MASK[..., None], X, 0), axis=1)
    expected = np.concatenate([sums, X[..., :2]], axis=-1)
    expected[0, 0], expected[0, 2], expected[0, 4] = 0, expected[0, 1], expected[0, 3]
    expected[1, 2:] = expected[1, 1]
    close(output, expected, 1e-6)
    close(state, sums[:, -1], 1e-6)


def test_a_cell_may_have_first_states_and_take_training():
    rnn = layers.RNN(Counter(), return_sequences=True)
    close(rnn(X)[0, :, 0], np.arange(1.0, 6))
    close(rnn(X, training=True)[0, :, 0], np.arange(11.0, 16))
    stack = layers.RNN([Widening(), layers.GRUCell(2)])
    assert stack(X).shape == (2, 2)
    assert layers.Bidirectional(layers.RNN(Widening()))(X).shape == (2, 12)


@pytest.mark.parametrize("kind, count", [("SimpleRNNCell", 1), ("GRUCell", 1), ("LSTMCell", 2)])
def test_a_cell_alone_is_one_step_of_its_layer(kind, count):
    cell = getattr(layers, kind)(3)
    output, states = cell(X[:, 0], [H, C][:count])
    close(output, layers.RNN(cell)(X[:, :1], initial_state=[H, C][:count]), 1e-6)
    assert len(states) == count and cell.output_size == 3
    stacked = layers.StackedRNNCells([cell, layers.GRUCell(4)])
    output, states = stacked(X[:, 0], stacked.get_initial_state(2))
    assert output.shape == (2, 4) and [len(s) for s in states] == [count, 1]


def test_stacked_cells_run_one_after_the_other_as_together():
    cell = layers.StackedRNNCells([layers.LSTMCell(3), layers.SimpleRNNCell(2)])
    cell.build((2, 4))
    states, steps = cell.get_initial_state(2), []
    for t in range(5):
        output, states = cell(X[:, t], states)
        steps.append(output)
    found, last = run(cell, engine.asarray(X.swapaxes(0, 1)), cell.get_initial_state(2), Plan())
    close(found, np.stack(steps), 1e-6)
    close(last, states, 1e-6)


# Dropout --------------------------------------------------------------------------------------------------------------
def ones_rnn(**arguments):
    kinds = {"kernel_initializer": "ones", "recurrent_initializer": "zeros", "activation": "linear"}
    return layers.SimpleRNN(1, **(kinds | arguments))


def test_dropout_drops_the_same_features_at_every_step_and_keeps_the_mean():
    x = np.ones((400, 3, 20), "float32")
    layer = ones_rnn(dropout=0.25, return_sequences=True, seed=1)
    y = np.asarray(layer(x, training=True))[..., 0]
    assert (y == y[:, :1]).all() and len(np.unique(y.round(3))) > 3
    assert abs(y.mean() - 20) < 0.3  # standard deviation of the mean: 0.13
    close(layer(x)[..., 0], np.full((400, 3), 20.0))
    again = np.asarray(layer(x, training=True))[..., 0]
    assert (again != y).any()
    twin = ones_rnn(dropout=0.25, return_sequences=True, seed=1)
    close(twin(x, training=True)[..., 0], y, 0)


def test_recurrent_dropout_drops_the_same_units_at_every_step():
    layer = ones_rnn(
        recurrent_dropout=0.5, recurrent_initializer="ones", kernel_initializer="zeros", return_sequences=True, seed=2
    )
    y = np.asarray(layer(np.ones((60, 3, 2), "float32"), initial_state=np.ones((60, 1), "float32"), training=True))
    assert {tuple(row) for row in y[..., 0].tolist()} == {(0.0, 0.0, 0.0), (2.0, 4.0, 8.0)}


def test_recurrent_dropout_leaves_the_state_that_a_gru_keeps():
    # With z = 1 the state is kept: seen with Keras's cell, too.
    cell = layers.GRUCell(3, recurrent_dropout=0.5, bias_initializer="ones", kernel_initializer="zeros", seed=1)
    cell.build((2, 4))
    cell.set_weights([np.zeros((4, 9)), np.zeros((3, 9)), np.full((2, 9), 50.0)])
    close(cell(X[:, 0], [H], training=True)[0], H)


def test_random_numbers_in_the_call_of_a_cell_are_refused():
    class Noisy(layers.Layer):
        state_size = 4

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seed_generator = SeedGenerator(1)

        def call(self, inputs, states):
            return dropout(inputs, 0.5, seed=self.seed_generator), states

    with pytest.raises(RuntimeError, match="Inside a loop or a branch a variable can't be assigned"):
        layers.RNN(Noisy())(X)


# Errors ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: layers.LSTM(0), "LSTMCell's units must be a positive integer; got 0"),
        (lambda: layers.GRU(3, dropout=1.5), "GRUCell's dropout must be at least 0 and at most 1; got 1.5"),
        (lambda: layers.LSTM(3, use_cudnn="yes"), "use_cudnn must be 'auto', True or False; got 'yes'"),
        (lambda: layers.LSTM(3, use_cudnn=True)(X, mask=MASK), "use_cudnn=True can't be met"),
        (lambda: layers.GRU(3, use_cudnn=True), "JAX has no kernel for it; got True"),
        (lambda: layers.RNN(layers.Dense(3)), "must be a layer with a `state_size`"),
        (lambda: layers.StackedRNNCells([]), "at least one cell"),
        (
            lambda: layers.RNN(layers.GRUCell(3))(X[:, 0]),
            r"takes sequences of shape \(batch, time, features\); got \(2, 4\)",
        ),
        (lambda: layers.LSTM(3)(X, initial_state=[H]), "was given an initial_state of the shapes"),
        (lambda: layers.LSTM(3)(X, mask=MASK[:, :4]), r"must have the shape \(batch, time\) = \(2, 5\); got \(2, 4\)"),
        (lambda: layers.LSTM(3, time_major=True), "time_major"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("use_bias", [True, False])
def test_cudnn_gets_the_weights_in_its_own_order(use_bias):
    """No GPU is needed: JAX has the kernel's meaning as a function of the unpacked weights."""
    rnn = pytest.importorskip("jax.experimental.rnn")
    recurrent = pytest.importorskip("kerasish.backend.jax.recurrent")
    layer = layers.LSTM(3, use_bias=use_bias, return_sequences=True, return_state=True)
    layer.build(X.shape)
    layer.set_weights([np.random.default_rng(i).normal(size=v.shape) for i, v in enumerate(layer.weights)])
    kernel, recurrent_kernel, bias = (*(v.value for v in layer.weights), None)[:3]
    packed = recurrent.packed(kernel, recurrent_kernel, bias)
    sizes = {"input_size": X.shape[-1], "hidden_size": 3, "num_layers": 1, "bidirectional": False}
    assert packed.shape == (rnn.get_num_params_in_lstm(*sizes.values()),)
    nothing = np.zeros((1, len(X), 3), "float32")
    lengths = np.full(len(X), X.shape[1], "int32")
    unpacked = rnn.unpack_lstm_weights(packed, *sizes.values())
    with jax.numpy_dtype_promotion("standard"):
        outputs, h, c = rnn.lstm_ref(X, nothing, nothing, *unpacked, seq_lengths=lengths, dropout=0.0, **sizes)
    for got, wanted in zip(layer(X), (outputs, h[0], c[0]), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
