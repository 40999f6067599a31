"""Models and layers that users write: where their weights lie, and how they come back."""

import h5py
import numpy as np
import pytest

import kerasish
from kerasish import layers, saving
from kerasish.saving import load_model, register_keras_serializable
from kerasish.saving.errors import IncompatibleModelError, UnsafeModelError
from kerasish.saving.layout import places

keras = pytest.importorskip("keras")
X = np.ones((2, 3), "float32")


def walked(k):
    """A model with layers in every kind of attribute; Keras's order decides which attribute names a layer's place."""
    dense = lambda name: k.layers.Dense(3, name=name)  # noqa: E731

    class Block(k.layers.Layer):
        def __init__(self):
            super().__init__(name="block")
            self._private = dense("private")
            self.again = self._private
            self.Upper = dense("upper")
            self.several = (dense("first"), [dense("second")], {"q": dense("third")})
            self.table = {"x": {"y": dense("xy")}, "w": [dense("w")], "v": dense("v")}
            self.mixed = [self.Upper, k.layers.Dense(3, name="mixed")]

        @property
        def chosen(self):
            return [self.table["x"]["y"]]

        @property
        def broken(self):
            raise AttributeError("not now")

        def build(self, input_shape):
            self.late = self.add_weight(shape=(1,), trainable=False, name="late")
            self.scale = self.add_weight(shape=(2,), name="scale")
            rows = [self.several[0], self.several[1][0], self.several[2]["q"], self.table["w"][0], self.table["v"]]
            for layer in [*rows, *self.mixed, self._private, *self.chosen]:
                layer.build((None, 3))
            self.built = True

        def call(self, x):
            return x

    class Whole(k.Model):
        def __init__(self):
            super().__init__(name="whole")
            self.block = Block()
            self._hidden = dense("hidden")
            self.z_last = dense("last")
            self.first = [dense("one"), dense("two")]
            self.own = self.add_weight(shape=(2,), name="own")

        def call(self, x):
            for layer in [self._hidden, *self.first, self.z_last]:
                x = layer(x)
            return self.block(x)

    model = Whole()
    model(X)
    return model


def test_every_attribute_lies_where_keras_has_it(tmp_path):
    found = {}
    for name, k in (("ours", kerasish), ("theirs", keras)):
        path = tmp_path / f"{name}.weights.h5"
        walked(k).save_weights(path)
        content = found[name] = {}
        with h5py.File(path) as file:
            file.visititems(
                lambda place, x, c=content: c.update({place: x.shape}) if isinstance(x, h5py.Dataset) else None
            )
    assert found["ours"] == found["theirs"]


def test_every_variable_has_a_place_even_where_keras_would_lose_it():
    model = walked(kerasish)
    kept = {id(v) for place in places(model) for v in place.variables}
    assert {id(v) for v in model.variables} <= kept


@register_keras_serializable("tests")
def doubled(x):
    return x * 2


@register_keras_serializable("tests")
class Scale(layers.Layer):
    def __init__(self, start=1.0, act=None, **kwargs):
        super().__init__(**kwargs)
        self.start = start
        self.act = kerasish.activations.get(act)

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")

    def call(self, x):
        return self.act(x) * self.factor * self.start


@register_keras_serializable("tests")
class Registered(kerasish.Model):
    def __init__(self, units=2, head=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.head = head or layers.Dense(units)
        self.twin = self.head

    def call(self, x):
        return self.twin(self.head(x))


class Plain(Registered):
    pass


def test_a_registered_model_and_its_layers_come_back(tmp_path):
    model = Registered(3, head=kerasish.Sequential([layers.Dense(3, activation=doubled), Scale(2.0, "relu")]), name="m")
    expected = model.predict(X)
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    assert type(again) is Registered
    np.testing.assert_array_equal(again.predict(X), expected)
    assert again.get_config() == model.get_config()


def test_a_model_that_is_not_registered_needs_custom_objects(tmp_path):
    model = Plain(3, name="m")
    expected = model.predict(X)
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsafeModelError, match="'Plain'.*not registered.*custom_objects"):
        load_model(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras", custom_objects={"Plain": Plain})
    np.testing.assert_array_equal(again.predict(X), expected)


def test_a_function_that_is_not_registered_goes_by_its_name(tmp_path):
    def tripled(x):
        return x * 3

    model = kerasish.Sequential([layers.Input((3,)), layers.Dense(2, activation=tripled)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsafeModelError, match="'tripled'.*not registered"):
        load_model(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras", custom_objects={"tripled": tripled})
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_a_lambda_is_not_written_and_the_old_file_stays(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"old")
    model = kerasish.Sequential([layers.Input((3,)), layers.Dense(2, activation=lambda x: x)])
    with pytest.raises(TypeError, match="has no name.*register_keras_serializable"):
        model.save(tmp_path / "m.keras")
    assert (tmp_path / "m.keras").read_bytes() == b"old"


@register_keras_serializable("tests")
class Own(layers.Layer):
    """Writes and reads its variables in its own way."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=(2,), initializer="zeros", name="table")

    def call(self, x):
        return x

    def save_own_variables(self, store):
        store["table"] = self.table.numpy()

    def load_own_variables(self, store):
        self.table.assign(store["table"])
        if float(store["table"][0]) < 0:
            raise ValueError("not below 0")


def test_a_layer_may_write_its_own_and_an_error_in_it_changes_nothing(tmp_path):
    def model_with(value):
        model = kerasish.Sequential([layers.Input((3,)), layers.Dense(1), Own()])
        model.set_weights([np.full((3, 1), value), np.full(1, value), np.full(2, value)])
        return model

    model_with(5.0).save_weights(tmp_path / "good.weights.h5")
    model_with(-5.0).save_weights(tmp_path / "bad.weights.h5")
    model = model_with(1.0)
    with pytest.raises(ValueError, match="not below 0"):
        model.load_weights(tmp_path / "bad.weights.h5")
    assert all((w == 1.0).all() for w in model.get_weights())
    model.load_weights(tmp_path / "good.weights.h5")
    assert all((w == 5.0).all() for w in model.get_weights())


def test_a_shared_object_is_one_object_again(tmp_path):
    head = layers.Dense(3, name="head")

    @register_keras_serializable("tests")
    class Two(kerasish.Model):
        def __init__(self, one, other, **kwargs):
            super().__init__(**kwargs)
            self.one, self.other = one, other

        def call(self, x):
            return self.one(self.other(x))

    model = Two(head, head)
    model(X)
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    assert again.one is again.other
    assert len(again.weights) == 2


def test_an_unbuilt_model_is_not_saved(tmp_path):
    model = kerasish.Sequential([layers.Dense(2)])
    with pytest.raises(ValueError, match="not been built"):
        model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="not been built"):
        model.save_weights(tmp_path / "m.weights.h5")


def test_an_argument_that_a_layer_does_not_know_is_told(tmp_path):
    config = saving.serialize_keras_object(layers.Dense(2))
    config["config"]["evil"] = 1
    with pytest.raises(TypeError, match="evil"):
        saving.deserialize_keras_object(config)
    del config["config"]["evil"]
    assert isinstance(saving.deserialize_keras_object(config), layers.Dense)
    assert IncompatibleModelError.__mro__[1].__name__ == "ModelFileError"
