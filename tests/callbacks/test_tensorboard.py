"""TensorBoard's own reader finds what the callback wrote."""

import glob
import json
import sys
import zlib

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.callbacks import TensorBoard
from kerasish.callbacks.event_files import png

pytest.importorskip("tensorboard")
accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

X = np.random.default_rng(0).integers(0, 6, (16, 3)).astype("int32")
Y = X.sum(1, keepdims=True).astype("float32")


def model():
    kerasish.utils.set_random_seed(0)
    made = kerasish.Sequential(
        [kerasish.Input((3,), dtype="int32"), layers.Embedding(6, 2, name="table"), layers.Flatten(), layers.Dense(1)]
    )
    made.compile(kerasish.optimizers.SGD(0.01), "mse", metrics=["mae"])
    return made


def read(folder):
    found = accumulators.EventAccumulator(
        str(folder), size_guidance=dict.fromkeys(accumulators.DEFAULT_SIZE_GUIDANCE, 0)
    )
    found.Reload()
    return found


def tensors(found, tag):
    """`(step, values)` of each event."""
    return [(event.step, event.tensor_proto) for event in found.Tensors(tag)]


def number(proto):
    return float(np.frombuffer(proto.tensor_content, "float32")[0]) if proto.tensor_content else proto.float_val[0]


@pytest.mark.filterwarnings("ignore")
def test_logs_weights_graph_and_embeddings_are_read_back(tmp_path):
    callback = TensorBoard(
        tmp_path,
        histogram_freq=1,
        write_images=True,
        write_steps_per_second=True,
        update_freq=3,
        embeddings_freq=1,
        embeddings_metadata={"table": "labels.tsv"},
        hparams={"rate": 0.01, "deep": False, "kind": "flat"},
    )
    made = model()
    history = made.fit(X, Y, batch_size=4, epochs=2, verbose=0, validation_data=(X, Y), callbacks=[callback]).history
    training, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    for found, prefix in ((training, ""), (validation, "val_")):
        for name in ("loss", "mae"):
            written = [(step, number(proto)) for step, proto in tensors(found, f"epoch_{name}")]
            assert written == [(e, pytest.approx(v)) for e, v in enumerate(history[prefix + name])]
    assert [step for step, _ in tensors(training, "batch_loss")] == [3, 6]
    assert [step for step, _ in tensors(validation, "evaluation_loss_vs_iterations")] == [4, 8]
    assert [number(p) for _, p in tensors(training, "epoch_learning_rate")] == [pytest.approx(0.01)] * 2
    assert all(number(p) > 0 for _, p in tensors(training, "epoch_steps_per_second"))
    tags = training.Tags()["tensors"]
    for weight in made.weights:
        assert {f"{weight.path}/histogram", f"{weight.path}/image"} <= set(tags)
    graph = json.loads(tensors(training, "keras")[0][1].string_val[0])
    assert [layer["class_name"] for layer in graph["config"]["layers"]][1:] == ["Embedding", "Flatten", "Dense"]
    config = (tmp_path / "train/projector_config.pbtxt").read_text()
    assert "labels.tsv" in config and "tensor_path" in config
    (table,) = glob.glob(str(tmp_path / "train/*.tsv"))
    np.testing.assert_allclose(np.loadtxt(table), made.layers[0].get_weights()[0], rtol=1e-6)
    assert training.PluginTagToContent("hparams")
    assert "tensorflow" not in sys.modules


@pytest.mark.filterwarnings("ignore")
def test_batches_are_profiled(tmp_path):
    model().fit(X, Y, batch_size=4, epochs=1, verbose=0, callbacks=[TensorBoard(tmp_path, profile_batch=(2, 3))])
    assert glob.glob(str(tmp_path / "plugins/profile/*/*.xplane.pb"))


@pytest.mark.filterwarnings("ignore")
def test_an_exception_ends_the_profile_and_writes_what_was_waiting(tmp_path):
    class Fails(kerasish.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise OverflowError

    for _ in range(2):  # one profile at a time is all that JAX allows
        board = TensorBoard(tmp_path, profile_batch=(1, 100), update_freq="batch")
        with pytest.raises(OverflowError):
            model().fit(X, Y, batch_size=4, verbose=0, callbacks=[board, Fails()])
    assert tensors(read(tmp_path / "train"), "batch_loss")


def test_without_batches_to_look_at_it_costs_no_batch_hook(tmp_path):
    assert not TensorBoard(tmp_path).overrides("on_train_batch_end")
    assert TensorBoard(tmp_path, update_freq="batch").overrides("on_train_batch_end")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"update_freq": 0}, "update_freq must be 'epoch', 'batch' or a number"),
        ({"histogram_freq": -1}, "histogram_freq must be a number of epochs"),
        ({"profile_batch": (3, 2)}, "profile_batch must be the number of a batch"),
    ],
)
def test_arguments_are_checked(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        TensorBoard(tmp_path, **arguments)


def test_a_picture_holds_the_values_as_grey():
    values = np.array([[0.0, 1.0, 2.0], [4.0, 3.0, 2.0]])
    data = png(values)
    start = data.index(b"IDAT") + 4
    size = int.from_bytes(data[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(data[start : start + size]), "uint8").reshape(2, 4)[:, 1:]
    assert rows.tolist() == [[0, 64, 128], [255, 191, 128]]  # value / 4 * 255, rounded
