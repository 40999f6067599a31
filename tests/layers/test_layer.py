"""The base of all layers: building, weights, freezing, and what it says when used wrongly."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.core.variable import Variable

X = np.ones((2, 3), "float32")


class Scale(layers.Layer):
    """Counts how often it is built."""

    builds = 0

    def build(self, input_shape):
        self.builds += 1
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x):
        return x * self.factor


class Block(layers.Layer):
    """Makes one sub-layer in the constructor, one in `build`, and one in `call`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Dense(4, name="first")

    def build(self, input_shape):
        self.second = layers.Dense(2, name="second")

    def call(self, x):
        return self.second(self.first(x))


class Attend(layers.Layer):
    def build(self, query_shape, value_shape, key_shape=None):
        self.shapes = query_shape, value_shape, key_shape
        self.kernel = self.add_weight((query_shape[-1], value_shape[-1]), "ones")

    def call(self, query, value, key=None):
        return ops.matmul(query, self.kernel)


# Building --------------------------------------------------------------------------------------------------------------
def test_a_layer_is_built_once_at_its_first_call():
    layer = Scale()
    assert not layer.built
    for _ in range(3):
        layer(X)
    layer.build((None, 3))
    assert layer.built
    assert layer.builds == 1
    assert layer.get_build_config() == {"input_shape": (2, 3)}


def test_a_layer_may_be_built_by_hand():
    layer = Scale()
    layer.build((None, 3))
    layer(X)
    assert (layer.builds, [v.path for v in layer.weights]) == (1, ["scale/factor"])


def test_a_layer_without_variables_is_built_too():
    layer = layers.Activation("relu")
    layer(X)
    assert layer.built
    assert layer.count_params() == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda layer: layer(X, np.ones((2, 5), "float32")),
        lambda layer: layer(X, value=np.ones((2, 5), "float32")),
        lambda layer: layer(query=X, value=np.ones((2, 5), "float32")),
        lambda layer: layer(value=np.ones((2, 5), "float32"), query=X),
    ],
)
def test_arguments_of_build_are_named_after_those_of_call(call):
    layer = Attend()
    assert call(layer).shape == (2, 5)
    assert layer.shapes == ((2, 3), (2, 5), None)
    assert layer.get_build_config() == {"shapes_dict": {"query_shape": (2, 3), "value_shape": (2, 5)}}


def test_a_layer_of_several_inputs_is_built_again_from_its_config():
    layer = Attend()
    layer(X, np.ones((2, 5), "float32"), np.ones((2, 7), "float32"))
    again = Attend()
    again.build_from_config(
        {"shapes_dict": {name: list(s) for name, s in layer.get_build_config()["shapes_dict"].items()}}
    )
    assert again.shapes == layer.shapes
    one = Scale()
    one.build_from_config({"input_shape": [None, 3]})
    assert one.factor.shape == (3,)
    one.build_from_config({"input_shape": [None, 4]})  # built already
    assert one.factor.shape == (3,)


def test_a_missing_argument_of_build_is_explained():
    class Wrong(layers.Layer):
        def build(self, query_shape, other_shape):
            pass

        def call(self, query, value):
            return query

    with pytest.raises(ValueError, match="'wrong' takes other_shape, for which the call has no argument"):
        Wrong()(X, X)


def test_nested_inputs_give_nested_shapes():
    class Nested(layers.Layer):
        def build(self, input_shape):
            self.seen = input_shape

        def call(self, inputs):
            return inputs["a"]

    layer = Nested()
    layer({"a": X, "b": [X[:, :1], X[0]]})
    assert layer.seen == {"a": (2, 3), "b": [(2, 1), (3,)]}


def test_a_build_that_fails_leaves_no_weights_and_may_be_tried_again():
    class Fails(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner, self.many, self.fail = Scale(), [], True

        def build(self, input_shape):
            self.kernel = self.add_weight((3,), "ones")
            self.inner.build((None, 7 if self.fail else 3))
            self.made = Scale()
            self.many.append(Scale())
            if self.fail:
                raise KeyError("build")

        def call(self, x):
            return self.made(self.inner(x)) + self.kernel

    layer = Fails()
    for _ in range(2):
        with pytest.raises(KeyError, match="build"):
            layer(X)
        assert (layer.weights, layer.built, layer.inner.built, layer.many) == ([], False, False, [])
    layer.fail = False
    assert layer(X).shape == (2, 3)
    assert len(layer.weights) == 3
    assert len(layer.many) == 1


def test_sub_layers_are_built_where_they_are_called():
    block = Block(name="block")
    block(X)
    assert [v.path for v in block.weights] == [
        *("block/first/kernel", "block/first/bias", "block/second/kernel", "block/second/bias"),
    ]


def test_a_sub_layer_first_met_while_a_model_is_traced_gets_real_weights():
    model = kerasish.Sequential([kerasish.Input((3,)), Block()])
    assert model.count_params() == 3 * 4 + 4 + 4 * 2 + 2
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_a_size_that_weights_depend_on_must_be_known():
    with pytest.raises(ValueError, match="must be known when it is made"):
        Scale()(kerasish.Input((None,)))


def test_a_call_may_take_any_number_of_inputs_or_none():
    class Sum(layers.Layer):
        def build(self, input_shape):
            self.seen = input_shape

        def call(self, *inputs):
            return sum(inputs)

    layer = Sum()
    np.testing.assert_array_equal(layer(X, X, X), 3 * X)
    assert layer.seen == (2, 3)

    class Constant(layers.Layer):
        def call(self):
            return 3

    assert Constant()() == 3


def test_super_init_must_be_called():
    class Forgets(layers.Layer):
        def __init__(self):
            self.size = 3

    with pytest.raises(RuntimeError, match=r"`super\(\).__init__\(\*\*kwargs\)` at the start of Forgets.__init__"):
        Forgets()(X)


def test_a_layer_without_call_says_so():
    with pytest.raises(NotImplementedError, match="has no `call` method"):
        layers.Layer()(X)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: layers.Dense(2, colour=1),
            TypeError,
            "Dense got an argument that it doesn't know: 'colour'. Known are ",
        ),
        (lambda: layers.Dense(2, activaton="relu"), TypeError, "know: 'activaton'. Did you mean 'activation'?"),
        (lambda: layers.Dense(2, name="a/b"), ValueError, "must be a string without '/'; got 'a/b'"),
        (lambda: layers.Dense(2, name=""), ValueError, "must be a string without '/'"),
        (lambda: layers.Dense(2, dtype="float31"), ValueError, "is not a dtype"),
        (lambda: layers.Dense(2, activity_regularizer="l3"), ValueError, "regularizer"),
        (lambda: layers.Dense(2)(X, colour=1), TypeError, "colour"),
        (lambda: layers.Dense(2).count_params(), ValueError, "has no weights yet"),
        (lambda: layers.Dense(2).stateless_call([], [], X), ValueError, "has no variables yet"),
        (lambda: layers.Dense(2).output, AttributeError, "has not been called on symbolic tensors"),
    ],
)
def test_mistakes_are_explained(make, error, message):
    with pytest.raises(error, match=message) as caught:
        make()
    assert len(str(caught.value)) <= 600


# Weights ---------------------------------------------------------------------------------------------------------------
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


def test_the_order_of_weights_is_keras_s():
    layer = Both()
    layer(X)
    assert [v.name for v in layer.weights] == ["gain", "loose", "mean", "factor"]
    assert [v.name for v in layer.trainable_weights] == ["gain", "loose", "factor"]
    assert [v.name for v in layer.non_trainable_weights] == ["mean"]
    assert layer.count_params() == 9


def test_weights_without_seeds_and_variables_with_them():
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1), layers.Dropout(0.5)])
    assert len(model.weights) == 2
    assert len(model.variables) == 3
    assert len(model.non_trainable_variables) == 1


def test_freezing_reaches_the_layers_inside_and_thawing_too():
    block = Block()
    block(X)
    block.trainable = False
    assert not block.first.trainable
    assert block.trainable_weights == block.trainable_variables == []
    assert len(block.non_trainable_weights) == 4
    block.first.trainable = True
    assert block.trainable_weights == []  # the block as a whole is frozen
    block.trainable = True
    assert len(block.trainable_weights) == 4
    block.second.trainable = False
    assert [v.path for v in block.trainable_weights] == ["block/first/kernel", "block/first/bias"]


def test_freezing_before_building_counts():
    layer = Scale(trainable=False)
    layer(X)
    assert layer.trainable_weights == []
    assert not layer.factor.trainable
    layer.trainable = True
    assert len(layer.trainable_weights) == 1


def test_statistics_stay_fixed_when_a_layer_is_thawed():
    layer = layers.BatchNormalization()
    layer(X)
    layer.trainable = False
    layer.trainable = True
    assert [v.name for v in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]


def test_a_variable_that_is_an_attribute_is_a_weight():
    layer = Scale()
    layer.extra = Variable(np.zeros(2, "float32"), name="extra")
    layer(X)
    assert [v.name for v in layer.weights] == ["factor", "extra"]


def test_weights_are_read_and_set_whole():
    layer = Both()
    layer(X)
    values = [w + 1 for w in layer.get_weights()]
    layer.set_weights(values)
    for one, other in zip(layer.get_weights(), values, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="has 4 weights; set_weights got 3 arrays"):
        layer.set_weights(values[:-1])
    with pytest.raises(
        ValueError, match=r"'both/inner/factor' of 'both' has the shape \(3,\); set_weights got .* \(2,\)"
    ):
        layer.set_weights([*(w * 0 for w in values[:-1]), np.zeros(2)])
    np.testing.assert_array_equal(layer.get_weights()[0], values[0])


def test_own_weights_are_saved_and_loaded_by_number():
    first, second = Both(), Both()
    first(X)
    second(X)
    store = {}
    first.gain.assign([5.0, 6.0])
    first.save_own_variables(store)
    assert sorted(store) == ["0", "1", "2"]
    second.load_own_variables(store)
    np.testing.assert_array_equal(second.gain, [5, 6])
    with pytest.raises(ValueError, match="has 3 own weights; the file has 1 for it"):
        second.load_own_variables({"0": 1})
