"""TensorFlow's tensors and datasets, with the real package; nothing of it is imported unless the user does."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.data import adapt
from kerasish.data.conversion import convert
from tests.data.rows import PAIRS, ROWS, SIZE, W, X, Y, assert_refused

tf = pytest.importorskip("tensorflow")
WORDS = ["a b", "c", "b a c", "a a b"]


def batches(*parts):
    """A dataset of `(x, y)`, or of these parts, in batches."""
    return tf.data.Dataset.from_tensor_slices(parts or (X, Y)).batch(SIZE)


def keep(*parts):
    return True


def generated():
    signature = (tf.TensorSpec((3,)), tf.TensorSpec((1,)))
    return tf.data.Dataset.from_generator(lambda: zip(X, Y), output_signature=signature).batch(SIZE)


DATASETS = {
    "batches": batches,
    "batches made ahead": lambda: batches().prefetch(2),
    "mapped by threads": lambda: batches().map(lambda x, y: (x, y), num_parallel_calls=2),
    "of unknown length": lambda: batches().filter(keep),
    "of a generator": generated,
    "dicts": lambda: batches({"x": X}, {"y": Y}),
    "dicts of two datasets": lambda: tf.data.Dataset.zip((batches({"x": X}), batches({"y": Y}))),
    "sparse": lambda: batches(tf.sparse.from_dense(X), Y),
    "floats of 64 bits": lambda: batches(X.astype("float64"), Y.astype("float64")),
}


# The same numbers -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", DATASETS)
def test_every_pipeline_trains_as_numpy_s(curve, streamed, name):
    assert curve(DATASETS[name]()) == curve(X, Y, batch_size=SIZE, shuffle=False)


def test_weights_of_samples_come_third(curve, streamed):
    assert curve(batches(X, Y, W)) == curve(X, Y, batch_size=SIZE, shuffle=False, sample_weight=W)
    assert curve(batches(X, Y, W)) != curve(batches())


@pytest.mark.parametrize("make", [lambda: batches().repeat(), lambda: batches().repeat().filter(keep), generated])
def test_a_dataset_goes_on_where_an_epoch_of_so_many_steps_ended(curve, streamed, make):
    wanted = curve(X, Y, batch_size=SIZE, shuffle=False, steps_per_epoch=2)
    assert curve(make(), steps_per_epoch=2) == wanted


def test_how_many_batches_there_are():
    assert adapt(batches()).steps == len(PAIRS)
    assert adapt(batches().repeat(2)).steps == 2 * len(PAIRS)
    assert adapt(batches().filter(keep)).steps is None
    assert adapt(batches().repeat()).steps is None
    assert adapt(batches().repeat(), steps=5).steps == 5


@pytest.mark.parametrize("name", DATASETS)
def test_predictions_and_evaluations_are_numpy_s(small_model, streamed, name):
    dataset = DATASETS[name]()
    wanted = small_model.predict(X, batch_size=SIZE)
    np.testing.assert_array_equal(small_model.predict(dataset), wanted)
    np.testing.assert_array_equal(small_model.predict(dataset.repeat(), steps=2), wanted[: 2 * SIZE])
    assert small_model.evaluate(dataset, verbose=0) == small_model.evaluate(X, Y, batch_size=SIZE, verbose=0)
    half = small_model.evaluate(dataset.repeat(), steps=1, verbose=0)
    assert half == small_model.evaluate(X[:SIZE], Y[:SIZE], batch_size=SIZE, verbose=0)


def test_inputs_alone_are_enough_to_predict(small_model, streamed):
    dataset = tf.data.Dataset.from_tensor_slices(X).batch(SIZE)
    np.testing.assert_array_equal(small_model.predict(dataset), small_model.predict(X, batch_size=SIZE))


def test_a_dataset_to_validate_with(small_model, curve):
    history = small_model.fit(X, Y, verbose=0, validation_data=batches().repeat(), validation_steps=3).history
    wanted = small_model.evaluate(X, Y, batch_size=SIZE, verbose=0)
    np.testing.assert_allclose(history["val_loss"], [wanted], rtol=1e-6)


def test_two_inputs_by_order_and_by_name():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    model = kerasish.Model([a, b], layers.Subtract()([a, b]))
    for x in ((X, 2 * X), {"b": 2 * X, "a": X}):
        np.testing.assert_allclose(model.predict(batches(x, Y)), -X, rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [("bfloat16", "bfloat16"), ("float16", "float16"), ("float64", "float32"), ("int64", "int64"), ("bool", "bool")],
)
def test_tensors_of_any_dtype(dtype, wanted):
    tensor = tf.cast(tf.constant([[1.0, 0.0], [0.0, 1.0]]), dtype)
    found = convert(tensor, "x")
    assert found.dtype == wanted
    np.testing.assert_array_equal(found.astype("float32"), np.eye(2))


def test_layers_and_models_take_tensors(small_model):
    wanted = small_model(X)
    np.testing.assert_array_equal(small_model(tf.constant(X)), wanted)
    np.testing.assert_array_equal(small_model.predict_on_batch(tf.constant(X)), wanted)


# Strings ----------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def text_model():
    """A model of strings."""
    vectorize = layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(tf.data.Dataset.from_tensor_slices(WORDS).batch(2))
    assert vectorize.get_vocabulary()[2:] == ["a", "b", "c"]
    model = kerasish.Sequential(
        [kerasish.Input((), dtype="string"), vectorize, layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return model


def test_strings_go_into_a_model_that_begins_with_their_layer(text_model):
    texts, y = tf.constant(WORDS), np.arange(4.0, dtype="float32")[:, None]
    dataset = tf.data.Dataset.from_tensor_slices((texts, y)).batch(3)
    wanted = text_model.predict(np.array(WORDS))
    np.testing.assert_allclose(text_model.predict(dataset), wanted, rtol=1e-6)
    np.testing.assert_allclose(text_model.predict(texts), wanted, rtol=1e-6)
    if kerasish.config.backend() == "numpy":
        return
    start, curves = text_model.get_weights(), []
    for data in ((dataset,), (texts, tf.constant(y)), (np.array(WORDS), y)):
        text_model.set_weights(start)
        batch_size = {} if len(data) == 1 else {"batch_size": 3}
        curves.append(text_model.fit(*data, epochs=2, shuffle=False, verbose=0, **batch_size).history["loss"])
    np.testing.assert_allclose(curves, [curves[0]] * 3, rtol=1e-6)


# What is no array -------------------------------------------------------------------------------------------------------
RAGGED = tf.ragged.constant([[1.0, 2.0], [3.0]])
SPARSE = tf.sparse.from_dense(X)
REFUSED = {
    "ragged": (lambda: RAGGED, TypeError, r"x has rows of different lengths \(a RaggedTensor\); .*x.to_tensor\(\)"),
    "ragged in a dict": (lambda: {"a": RAGGED}, TypeError, r"x\['a'\] has rows of different lengths"),
    "ragged in a dataset": (lambda: batches(RAGGED, [1, 2]), TypeError, "Each element of the dataset has rows of"),
    "ragged from an iterator": (lambda: iter(batches(RAGGED, [1, 2])), TypeError, "x of batch 0 has rows of different"),
    "sparse": (lambda: SPARSE, TypeError, r"x has a SparseTensor; make it dense: `tf.sparse.to_dense\(x\)`"),
    "sparse in a dict": (lambda: {"a": SPARSE}, TypeError, r"x\['a'\] has a SparseTensor"),
    "sparse from an iterator": (lambda: iter(batches(SPARSE, Y)), TypeError, "x of batch 0 has a SparseTensor"),
    "strings": (lambda: tf.constant(["a", "b"]), TypeError, "x holds strings; turn them into numbers first"),
    "complex": (lambda: tf.constant([1j]), ValueError, "x has complex numbers"),
    "single samples": (
        lambda: tf.data.Dataset.from_tensor_slices((X, Y[:, 0])),
        ValueError,
        r"yields single samples, .*`dataset.batch\(32\)`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_array_is_refused(name):
    assert_refused(*REFUSED[name])


@pytest.mark.parametrize("argument", ["y", "sample_weight", "batch_size"])
def test_a_dataset_has_everything_with_it(argument):
    with pytest.raises(ValueError, match=f"already yields batches, so `{argument}` can't be given"):
        adapt(batches(), **{argument: 4 if argument == "batch_size" else Y})


def test_an_empty_dataset_is_an_error():
    with pytest.raises(ValueError, match="gave no batch at all"):
        adapt(batches().take(0)).example()


def test_an_error_in_a_pipeline_comes_through():
    dataset = tf.data.Dataset.range(ROWS).batch(SIZE).map(lambda n: tf.debugging.check_numerics(1 / (n - 4), "mine"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="mine"):
        list(adapt(dataset).epoch(0))
