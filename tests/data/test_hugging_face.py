"""Hugging Face's `datasets`, with the real package: tables, streams of rows, and what their columns are."""

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.data import adapt
from tests.data.rows import ROWS, SIZE, W, X, Y, assert_refused

datasets = pytest.importorskip("datasets")
FORMATS = [None, "numpy", "torch", "jax", "tensorflow", "pandas", "polars", "arrow"]


def table(**columns):
    return datasets.Dataset.from_dict(columns or {"x": X, "y": Y})


def in_format(rows, name):
    """`rows`, whose values come in this format; what gives it must be there."""
    pytest.importorskip({"arrow": "pyarrow", None: "datasets"}.get(name, name))
    return rows.with_format(name)


# The same numbers -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_a_table_in_any_format_trains_as_numpy_s(curve, streamed, name, shuffle):
    wanted = curve(X, Y, batch_size=SIZE, shuffle=shuffle)
    assert curve(in_format(table(), name), "y", batch_size=SIZE, shuffle=shuffle) == wanted


def test_rows_that_were_chosen_and_shuffled_before(curve, streamed):
    order = np.random.default_rng(2).permutation(ROWS)[:15]
    wanted = curve(X[order], Y[order], batch_size=SIZE, shuffle=False)
    assert curve(table().select(order), "y", batch_size=SIZE, shuffle=False) == wanted


@pytest.mark.parametrize("name", [None, "numpy", "torch"])
def test_a_stream_of_rows_trains_as_numpy_s(curve, streamed, name):
    stream = in_format(table().to_iterable_dataset(num_shards=3), name)
    assert curve(stream, "y", batch_size=SIZE) == curve(X, Y, batch_size=SIZE, shuffle=False)


def test_a_stream_goes_on_where_an_epoch_of_so_many_steps_ended(curve, streamed):
    wanted = curve(X, Y, batch_size=SIZE, shuffle=False, steps_per_epoch=2)
    assert curve(table().to_iterable_dataset(), "y", batch_size=SIZE, steps_per_epoch=2) == wanted


def test_a_stream_from_a_generator_and_through_a_map(curve, streamed):
    rows = datasets.IterableDataset.from_generator(lambda: ({"a": a, "y": b} for a, b in zip(X, Y)))
    halved = rows.map(lambda row: {"x": np.asarray(row["a"], "float32") / 2}, remove_columns="a")
    assert curve(halved, "y", batch_size=SIZE) == curve(X / 2, Y, batch_size=SIZE, shuffle=False)


def test_weights_are_a_column_too(curve, streamed):
    wanted = curve(X, Y, batch_size=SIZE, shuffle=False, sample_weight=W)
    rows = table(x=X, y=Y, w=W)
    assert curve(rows, "y", batch_size=SIZE, shuffle=False, sample_weight="w") == wanted
    assert curve(rows.to_iterable_dataset(), "y", batch_size=SIZE, sample_weight="w") == wanted


@pytest.mark.parametrize("kind", ["table", "stream"])
def test_predictions_and_evaluations_are_numpy_s(small_model, streamed, kind):
    rows = table() if kind == "table" else table().to_iterable_dataset()
    wanted = small_model.predict(X, batch_size=SIZE)
    np.testing.assert_array_equal(small_model.predict(rows, batch_size=SIZE), wanted)  # `y` is no input of its
    np.testing.assert_array_equal(small_model.predict(rows.remove_columns("y"), batch_size=SIZE), wanted)
    np.testing.assert_array_equal(small_model.predict(rows, batch_size=SIZE, steps=2), wanted[: 2 * SIZE])
    found = small_model.evaluate(rows, "y", batch_size=SIZE, verbose=0)
    assert found == small_model.evaluate(X, Y, batch_size=SIZE, verbose=0)


def test_columns_are_arrays_too(curve, streamed):
    wanted = curve(X, Y, batch_size=SIZE)
    for rows in (table(), table().with_format("numpy"), table().with_format("pandas")):
        assert curve(rows["x"], rows["y"], batch_size=SIZE) == wanted
    assert curve(X, table()["y"], batch_size=SIZE) == wanted


# Columns ----------------------------------------------------------------------------------------------------------------
def test_columns_of_tables_are_named():
    rows = table(a=[1.0, 2.0], b=[3.0, 4.0], y=[0, 1], w=[1.0, 2.0])
    x, y, weights = adapt(rows, "y", "w").example().data
    assert ({name: v.tolist() for name, v in x.items()}, y.tolist(), weights.tolist()) == (
        {"a": [1, 2], "b": [3, 4]},
        [0, 1],
        [1, 2],
    )
    assert list(adapt(rows, ["y", "w"]).example().data[1]) == ["y", "w"]
    with pytest.raises(ValueError, match="has no column 'z'; it has 'a', 'b', 'y', 'w'"):
        adapt(rows, "z").example()
    with pytest.raises(TypeError, match="y must be the name of its column, or a list of names; got ndarray"):
        adapt(rows, Y)


def test_without_names_all_columns_are_inputs_and_a_loss_asks_for_targets(curve, small_model):
    x, y, weights = adapt(table()).example().data
    assert (list(x), y, weights) == (["x", "y"], None, None)
    with pytest.raises(ValueError, match="needs targets: give `y`"):
        small_model.fit(table(), verbose=0)


def test_columns_go_to_the_inputs_of_their_names():
    a, b = kerasish.Input((3,), name="a"), kerasish.Input((3,), name="b")
    model = kerasish.Model([b, a], layers.Subtract()([a, b]))
    rows = table(b=2 * X, a=X, other=["text"] * ROWS)
    with pytest.raises(TypeError, match=r"\['other'\] holds strings"):
        model.predict(rows)
    for chosen in (rows.select_columns(["a", "b"]), rows.with_format("numpy", columns=["b", "a"])):
        np.testing.assert_allclose(model.predict(chosen), -X, rtol=1e-6)
        np.testing.assert_allclose(model.predict(chosen.with_format("pandas", columns=["a", "b"])), -X, rtol=1e-6)


def as_arrays(batch):
    return {"x": np.asarray(batch["x"], "float32") * 2, "y": batch["y"]}


def as_a_list_of_arrays(batch):
    return {"x": [np.asarray(row, "float32") * 2 for row in batch["x"]], "y": batch["y"]}


def as_a_list_of_tensors(batch):
    torch = pytest.importorskip("torch")
    return {"x": [torch.tensor(row) * 2 for row in batch["x"]], "y": batch["y"]}


@pytest.mark.parametrize("transform", [as_arrays, as_a_list_of_arrays, as_a_list_of_tensors])
def test_a_transform_is_applied_to_each_batch(curve, streamed, transform):
    wanted = curve(2 * X, Y, batch_size=SIZE, shuffle=True)
    assert curve(table().with_transform(transform), "y", batch_size=SIZE, shuffle=True) == wanted


def test_the_dtype_of_a_format_is_kept():
    assert adapt(table().with_format("numpy", dtype="float16"), "y").example().data[0].dtype == "float16"
    classes = table(x=[1.0, 2.0], y=["no", "yes"]).cast_column("y", datasets.ClassLabel(names=["no", "yes"]))
    assert adapt(classes, "y").example().data[1].tolist() == [0, 1]


def test_pictures_are_arrays():
    pytest.importorskip("PIL")
    pictures = [np.full((4, 5, 3), n, "uint8") for n in range(3)]
    features = datasets.Features({"x": datasets.Image(), "y": datasets.Value("int64")})
    rows = datasets.Dataset.from_dict({"x": pictures, "y": [0, 1, 2]}, features=features)
    np.testing.assert_array_equal(adapt(rows, "y").example().data[0], pictures)


@pytest.mark.parametrize("kind", ["table", "stream"])
def test_strings_go_into_a_model_that_begins_with_their_layer(kind):
    words = ["a b", "c", "b a c", "a a b"]
    vectorize = layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(table(text=words)["text"])
    model = kerasish.Sequential([kerasish.Input((), dtype="string"), vectorize, layers.Embedding(9, 2)])
    rows = table(text=words)
    found = model.predict(rows if kind == "table" else rows.to_iterable_dataset(), batch_size=3)
    np.testing.assert_allclose(found, model.predict(np.array(words)), rtol=1e-6)


# What is refused, and what goes on --------------------------------------------------------------------------------------
REFUSED = {
    "a dict of tables": (
        lambda: datasets.DatasetDict({"train": table(), "test": table()}),
        TypeError,
        r"x is a dict of datasets: 'train', 'test'; give one of them: x\['train'\]",
    ),
    "a dict of streams": (
        lambda: datasets.IterableDatasetDict({"train": table().to_iterable_dataset()}),
        TypeError,
        "x is a dict of datasets: 'train'; give",
    ),
    "no row": (lambda: table().select([]), ValueError, "The Dataset has no row at all"),
    "strings": (lambda: table(x=["a", "b"]), TypeError, "x of batch 0 holds strings"),
    "lists of different lengths": (
        lambda: table(x=[[1.0], [1.0, 2.0]]),
        TypeError,
        r"x of batch 0 holds rows of different shapes \(.*\); make them equal",
    ),
    "dicts": (
        lambda: table(x=[{"a": 1}, {"a": 2}]),
        TypeError,
        "x of batch 0 holds dicts; give their values as arrays",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_arrays_is_refused(name):
    assert_refused(*REFUSED[name])


def test_a_stream_of_rows_goes_on_at_its_place():
    rows = table().to_iterable_dataset()
    found = adapt(rows, "y", batch_size=4, steps=3)
    found.example()
    running = found.epoch(0)
    next(running)
    state = found.get_state()
    wanted = next(running)
    again = adapt(rows, "y", batch_size=4, steps=3)
    again.set_state(state)
    np.testing.assert_array_equal(next(again.epoch(0, skip=1)).data[0], wanted.data[0])
