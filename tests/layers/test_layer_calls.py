"""The base of all layers: losses, calls, shapes, demands on the input, configs."""

import numpy as np
import pytest

import kerasish
from kerasish import InputSpec, layers, ops

X = np.ones((2, 3), "float32")


class Scale(layers.Layer):
    """Counts how often it is built."""

    builds = 0

    def build(self, input_shape):
        self.builds += 1
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x):
        return x * self.factor


class Attend(layers.Layer):
    def build(self, query_shape, value_shape, key_shape=None):
        self.shapes = query_shape, value_shape, key_shape
        self.kernel = self.add_weight((query_shape[-1], value_shape[-1]), "ones")

    def call(self, query, value, key=None):
        return ops.matmul(query, self.kernel)


class Both(layers.Layer):
    """Own weights of both kinds, in mixed order; one is kept by nobody."""

    def build(self, input_shape):
        self.mean = self.add_weight((1,), "zeros", trainable=False, name="mean")
        self.inner = Scale(name="inner")
        self.inner.build(input_shape)
        self.gain = self.add_weight((2,), "ones", name="gain")
        self.add_weight((3,), "ones", name="loose")

    def call(self, x):
        self.mean.assign_add([1.0])
        return self.inner(x)


# Losses ----------------------------------------------------------------------------------------------------------------
class Adds(layers.Layer):
    def call(self, x):
        self.add_loss([ops.sum(x), 2 * ops.sum(x)])
        return x


def test_losses_of_a_call_by_hand():
    layer = Adds()
    for rows in (2, 3):
        layer(X[:1].repeat(rows, 0))
        assert [float(x) for x in layer.losses] == [3 * rows, 6 * rows]


def test_an_activity_regularizer_is_divided_by_the_rows():
    layer = layers.Dense(1, activity_regularizer="l2", kernel_initializer="ones")
    layer(np.ones((4, 3), "float32"))
    assert [float(x) for x in layer.losses] == [pytest.approx(0.01 * 4 * 9 / 4)]


def test_penalties_on_weights_follow_the_weights_and_freezing():
    layer = layers.Dense(1, kernel_regularizer=kerasish.regularizers.L1(0.5), kernel_initializer="ones")
    layer.build((None, 3))
    assert [float(x) for x in layer.losses] == [1.5]
    layer.kernel.assign(layer.kernel * 2)
    assert [float(x) for x in layer.losses] == [3]
    layer.trainable = False
    assert layer.losses == []


@pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
@pytest.mark.parametrize("eagerly", [False, True])
def test_losses_count_in_a_model(eagerly):
    dense = layers.Dense(1, kernel_regularizer=kerasish.regularizers.L1(0.5), kernel_initializer="ones")
    model = kerasish.Sequential([kerasish.Input((3,)), Adds(), dense])
    model.compile(kerasish.optimizers.SGD(0.0), "mse", run_eagerly=eagerly)
    y = np.full((2, 1), 3.0, "float32")  # what it predicts
    history = model.fit(X, y, verbose=0)
    assert history.history["loss"] == [pytest.approx(6 + 12 + 1.5)]
    assert model.evaluate(X, y, verbose=0) == pytest.approx(6 + 12 + 1.5)


# Calls -----------------------------------------------------------------------------------------------------------------
def test_a_stateless_call_changes_nothing_and_returns_the_new_state():
    layer = Both()
    layer(X)
    trainable, fixed = [v.value for v in layer.trainable_variables], [np.full(1, 10.0, "float32")]
    outputs, new = layer.stateless_call([2 * w for w in trainable], fixed, X)
    np.testing.assert_array_equal(outputs, 2 * X)
    np.testing.assert_array_equal(new[0], [11])
    np.testing.assert_array_equal(layer.mean, [1])
    with pytest.raises(ValueError, match="3 trainable and 1 non-trainable variables; stateless_call got 3 and 0"):
        layer.stateless_call(trainable, [], X)


def test_a_stateless_call_returns_the_losses_too():
    model = kerasish.Sequential([kerasish.Input((3,)), Adds(), layers.Dense(1, kernel_regularizer="l2")])
    values = [np.ones((3, 1), "float32"), np.zeros(1, "float32")]
    _, _, losses = model.stateless_call(values, [], X, return_losses=True)
    assert [float(x) for x in losses] == [6, 12, pytest.approx(0.03)]  # 0.01 · 3 of the values that were given


def test_an_unknown_attribute_of_the_call_is_found_by_name_or_position():
    class Takes(layers.Layer):
        def call(self, x, scale, training=None):
            return x * scale if training else x

    layer = Takes()
    np.testing.assert_array_equal(layer(X, 3.0, True), 3 * X)
    np.testing.assert_array_equal(layer(X, scale=3.0, training=True), 3 * X)
    np.testing.assert_array_equal(layer(X, 3.0), X)


def test_training_may_be_given_to_a_layer_that_does_not_ask():
    np.testing.assert_array_equal(Scale()(X, training=True), X)


def test_floating_inputs_are_cast_and_others_are_not():
    class Same(layers.Layer):
        def call(self, x):
            return x

    assert Same()(np.ones(2, "float64")).dtype == "float32"
    assert Same()(np.ones(2, "int32")).dtype == "int32"
    assert Same()({"a": np.ones(2, "float16")})["a"].dtype == "float32"


# Shapes ----------------------------------------------------------------------------------------------------------------
def test_shapes_without_values():
    layer = layers.Dense(4)
    assert layer.compute_output_shape((None, 3)) == (None, 4)
    assert layer.compute_output_shape(input_shape=(5, 3)) == (5, 4)
    spec = layer.compute_output_spec(kerasish.KerasTensor((None, 3)))
    assert (spec.shape, spec.dtype) == ((None, 4), "float32")
    assert layer.nodes == []
    assert layers.Add().compute_output_shape([(None, 3), (None, 3)]) == (None, 3)
    assert Attend().compute_output_shape((None, 3), (None, 5)) == (None, 5)


def test_computing_a_shape_changes_no_state():
    layer = Both()
    layer.compute_output_shape((None, 3))
    np.testing.assert_array_equal(layer.mean, [0])


def test_input_and_output_of_a_recorded_call():
    x = kerasish.Input((3,))
    layer = layers.Dense(2)
    y = layer(x)
    assert layer.input is x
    assert layer.output is y
    layer(x)
    assert layer.output is y  # of the first call, as in Keras


# Demands on the input --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        (InputSpec(ndim=2), (2, 3, 4), "must have 2 axes, got 3: its shape is"),
        (InputSpec(min_ndim=3), (2, 3), "at least 3 axes, got 2"),
        (InputSpec(max_ndim=1), (2, 3), "at most 1 axes, got 2"),
        (InputSpec(axes={-1: 4}), (2, 3), "size 4 at axis -1, got 3"),
        (InputSpec(axes={2: 4}), (2, 3), "an axis 2, got 2 axes"),
        (InputSpec(shape=(None, 4)), (2, 3), "size 4 at axis 1, got 3"),
        (InputSpec(shape=(None, 4), allow_last_axis_squeeze=True), (2, 3, 1), "size 4 at axis 1, got 3"),
        (InputSpec(dtype="int32"), (2, 3), "the dtype int32, got float32"),
        ([InputSpec(), InputSpec()], (2, 3), "expects 2 inputs; got 1"),
        ({"a": InputSpec()}, (), "expects an input named 'a'; got"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(spec, shape, message):
    class Demands(layers.Layer):
        def call(self, x):
            return x

    layer = Demands(name="demands")
    layer.input_spec = spec
    given = {"b": X} if isinstance(spec, dict) else np.ones(shape, "float32")
    with pytest.raises(ValueError, match=message) as caught:
        layer(given)
    assert "'demands'" in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "given"),
    [
        (InputSpec(shape=(None, 3)), X),
        (InputSpec(shape=(2, 3), allow_last_axis_squeeze=True), X[..., None]),
        (InputSpec(shape=(2, 3, 1), allow_last_axis_squeeze=True), X),
        (InputSpec(min_ndim=2, max_ndim=2, axes={1: 3}), X),
        ([InputSpec(ndim=2), InputSpec(ndim=1)], [X, X[0]]),
        ({"a": InputSpec(ndim=2), "b": InputSpec(optional=True)}, {"a": X, "b": None}),
    ],
)
def test_an_input_that_fits_passes(spec, given):
    class Demands(layers.Layer):
        def call(self, x):
            return X

    layer = Demands()
    layer.input_spec = spec
    assert layer(given).shape == (2, 3)


def test_a_spec_shows_and_writes_what_it_demands():
    spec = InputSpec(shape=[None, 3], dtype="float32")
    assert repr(spec) == "InputSpec(dtype='float32', shape=(None, 3), ndim=2)"
    again = InputSpec(**spec.get_config())
    assert again.get_config() == spec.get_config()


# Configs ---------------------------------------------------------------------------------------------------------------
def test_what_the_config_of_a_layer_of_the_user_holds():
    class Mine(layers.Layer):
        def __init__(self, size, **kwargs):
            super().__init__(**kwargs)
            self.size = size

    config = Mine(3, name="mine", trainable=False, dtype="mixed_float16").get_config()
    assert list(config) == ["name", "trainable", "dtype", "size"]
    again = Mine.from_config(config)
    assert (again.name, again.trainable, again.size, again.compute_dtype) == ("mine", False, 3, "float16")
    assert "activity_regularizer" not in layers.Dense(1).get_config()  # as in Keras
    assert layers.Dense(1, activity_regularizer="l2").get_config()["activity_regularizer"]["class_name"] == "L2"
    assert Mine(3, autocast=False).get_config()["autocast"] is False


def test_older_ways_to_give_the_input_s_shape():
    assert layers.Dense(1, input_shape=(3,)).first_input_shape == (None, 3)
    assert layers.Dense(1, input_dim=3).first_input_shape == (None, 3)
    assert layers.Dense(1, batch_input_shape=(2, 3)).first_input_shape == (2, 3)
    assert layers.Dense(1, input_shape=(3,), batch_size=5).first_input_shape == (5, 3)
    model = kerasish.Sequential([layers.Dense(1, input_shape=(3,))])
    assert model.built
