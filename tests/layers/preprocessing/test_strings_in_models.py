"""Strings in models: the host computes on them before the compiled step, batch by batch."""

import numpy as np
import pytest

import kerasish
from kerasish import Input, Model, Sequential, layers
from kerasish.data.prepared import ahead

TEXTS = np.array([["the cat sat"], ["a dog ran far away"], ["the dog"], ["a cat"]] * 5, object)
Y = np.array([1.0, 0.0, 0.0, 1.0] * 5, "float32")
TABLE = {
    "word": np.array(["a", "b", "z", "a"])[:, None],
    "size": np.ones((4, 2), "float32"),
    "kind": np.array([[1], [2], [3], [1]]),
}


def text_model(length=4, first=True):
    words = layers.TextVectorization(output_sequence_length=length)
    words.adapt(TEXTS[:, 0])
    start = [Input((1,), dtype="string")] if first else []
    model = Sequential(
        [*start, words, layers.Embedding(12, 3, mask_zero=True), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def table_model():
    inputs = {
        "word": Input((1,), dtype="string", name="word"),
        "size": Input((2,), name="size"),
        "kind": Input((1,), dtype="int32", name="kind"),
    }
    word = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(inputs["word"])
    cross = layers.HashedCrossing(5, output_mode="one_hot")((inputs["word"], inputs["kind"]))
    kind = layers.IntegerLookup(vocabulary=[1, 2], output_mode="one_hot")(inputs["kind"])
    outputs = layers.Dense(1)(layers.Concatenate()([word, cross, kind, inputs["size"]]))
    model = Model(inputs, outputs)
    model.compile("sgd", "mse")
    return model


def weights_after(model, *args, **kwargs):
    model.fit(*args, verbose=0, shuffle=False, **kwargs)
    return np.concatenate([w.ravel() for w in model.get_weights()])


def twin(model):
    other = kerasish.models.clone_model(model)
    for one, theirs in zip(other.layers, model.layers, strict=True):
        if isinstance(one, layers.TextVectorization):
            one.set_vocabulary(theirs.get_vocabulary())
    other.compile("sgd", "mse", metrics=["mae"])
    other.set_weights(model.get_weights())
    return other


def test_predict_and_a_call_by_hand_agree():
    model = text_model()
    by_hand = np.asarray(model(TEXTS))
    for given in (TEXTS, TEXTS.astype("U"), TEXTS.astype("S"), TEXTS[:, 0], list(TEXTS[:, 0]), TEXTS.tolist()):
        np.testing.assert_allclose(model.predict(given, batch_size=7), by_hand, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(TEXTS), by_hand, atol=1e-6)
    assert model.predict(TEXTS[:0]).shape == (0, 1)


def test_arrays_and_generators_train_alike():
    model = text_model()
    other, third = twin(model), twin(model)
    batches = [(TEXTS[i : i + 5], Y[i : i + 5]) for i in range(0, 20, 5)]
    expected = weights_after(model, TEXTS, Y, batch_size=5)
    np.testing.assert_allclose(weights_after(other, iter(batches)), expected, rtol=1e-5)
    for x, y in batches:
        third.train_on_batch(x, y)
    np.testing.assert_allclose(np.concatenate([w.ravel() for w in third.get_weights()]), expected, rtol=1e-5)


def test_texts_are_padded_batch_by_batch_where_no_length_is_given():
    model = text_model(length=None)
    x = TEXTS[:4]
    lengths = []
    kept = model.layers[0].call
    model.layers[0].call = lambda x: lengths.append(kept(x).shape) or kept(x)
    model.predict(x, batch_size=2)
    assert lengths[-2:] == [(2, 5), (2, 2)]


def test_a_model_without_an_input_is_built_by_strings():
    model = text_model(first=False)
    history = model.fit(TEXTS, Y, epochs=2, validation_split=0.25, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert model.evaluate(TEXTS, Y, verbose=0, return_dict=True)["mae"] >= 0


def test_several_inputs_and_a_model_inside_a_model():
    model = table_model()
    model.fit(TABLE, np.ones(4), verbose=0)
    expected = np.asarray(model(TABLE))
    np.testing.assert_allclose(model.predict(TABLE), expected, atol=1e-6)
    flat = TABLE | {"word": TABLE["word"][:, 0]}
    np.testing.assert_allclose(model.predict(flat), expected, atol=1e-6)
    inputs = {name: Input(x.shape[1:], dtype=x.dtype, name=name) for name, x in model.input.items()}
    outer = Model(inputs, layers.Dense(2)(model(inputs)))
    outer.compile("sgd", "mse")
    outer.fit(TABLE, np.ones((4, 2)), verbose=0)
    np.testing.assert_allclose(outer.predict(TABLE), np.asarray(outer(TABLE)), atol=1e-6)


def test_frames_are_inputs():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"word": ["a", "b"], "kind": [1, 2]})
    inputs = {"word": Input((1,), dtype="string"), "kind": Input((1,), dtype="int32")}
    model = Model(inputs, layers.HashedCrossing(9)((inputs["word"], inputs["kind"])))
    by_hand = layers.HashedCrossing(9)((["a", "b"], [1, 2]))
    assert model.predict(dict(frame)).ravel().tolist() == np.asarray(by_hand).tolist()


def test_a_model_may_end_on_the_host():
    word = Input((), dtype="string")
    ids = layers.StringLookup(vocabulary=["a", "b"])(word)
    back = layers.StringLookup(vocabulary=["a", "b"], invert=True)(ids)
    assert Model(word, back).predict(np.array(["b", "q"])).tolist() == ["b", "[UNK]"]
    counts = layers.TextVectorization(vocabulary=["a", "b"], output_mode="count")(word)
    assert Model(word, counts).predict(np.array(["a a", "b c"])).tolist() == [[0, 2, 0], [1, 0, 1]]


def test_strings_from_the_compiled_part_are_made_by_hand_only():
    x = Input((3,))
    best = kerasish.ops.argmax(layers.Dense(3)(x), -1)
    model = Model(x, layers.StringLookup(vocabulary=["a", "b"], invert=True)(best))
    assert model(np.ones((2, 3))).shape == (2,)
    with pytest.raises(ValueError, match="apply it to what `predict` returns"):
        model.predict(np.ones((2, 3)))


def test_eager_steps_train_on_strings():
    model = text_model()
    model.run_eagerly = True
    model.fit(TEXTS, Y, verbose=0)
    assert model.predict(TEXTS).shape == (20, 1)


class Own(Model):
    def __init__(self):
        super().__init__()
        self.lookup = layers.StringLookup(vocabulary=["a", "b"])
        self.embedding = layers.Embedding(3, 2)

    def prepare_on_host(self, x):
        return self.lookup.run_on_host(x)

    def call(self, ids):
        return self.embedding(ids)


def test_a_model_of_one_s_own_prepares_its_inputs():
    model = Own()
    model.compile("sgd", "mse")
    model.fit(np.array(["a", "z"]), np.ones((2, 2)), verbose=0)
    assert model.predict(np.array(["a", "z"])).shape == (2, 2)


class Forgetful(Model):
    def __init__(self):
        super().__init__()
        self.lookup = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")

    def call(self, x):
        return self.lookup(x)


def test_a_model_of_one_s_own_is_told_how_to_take_strings():
    model = Forgetful()
    assert model(np.array(["a", "z"])).shape == (2, 3)
    with pytest.raises(TypeError, match="Write `def prepare_on_host"):
        model.predict(np.array(["a", "z"]))


def test_an_error_on_the_thread_is_raised_in_its_place():
    def work(x):
        if x == 3:
            raise ValueError("third")
        return x

    got = []
    with pytest.raises(ValueError, match="third"):
        got.extend(ahead(work, iter(range(1, 9))))
    running = ahead(lambda x: x, iter(range(10**9)))
    assert next(running) == 0
    running.close()  # ends the thread


MISTAKES = {
    "numbers": (lambda: text_model().predict(np.ones((2, 1))), "strings are expected"),
    "strings for a number": (
        lambda: table_model()(TABLE | {"size": np.array([["a", "b"]] * 4)}),
        "dtype 'float32' got strings",
    ),
    "missing": (lambda: text_model().predict(np.array([["a"], [None]], object)), "position 1, among strings"),
    "targets": (lambda: text_model().fit(TEXTS, np.array(["a"] * 20), verbose=0), "y holds strings"),
    "a symbolic string": (lambda: layers.Dense(2)(Input((2,), dtype="string")), "StringLookup, TextVectorization"),
    "an op": (lambda: kerasish.ops.exp(Input((2,), dtype="string")), "StringLookup, TextVectorization"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name):
    make, match = MISTAKES[name]
    with pytest.raises((ValueError, TypeError), match=match):
        make()
