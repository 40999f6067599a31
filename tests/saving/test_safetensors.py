"""`.safetensors` files: both ways with the library of that name, under other names, and refused where they lie."""

import json
import struct

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError


def model_of(value=None, names=("a", "b"), units=(3, 2), dtype=None):
    rows = [layers.Dense(n, name=name, dtype=dtype) for n, name in zip(units, names, strict=True)]
    model = kerasish.Sequential([layers.Input((4,)), *rows, layers.Dropout(0.5)], name="m")
    if value is not None:
        model.set_weights([np.full(w.shape, value, w.dtype) for w in model.get_weights()])
    return model


def values(model):
    return {float(x) for w in model.get_weights() for x in np.unique(w)}


def header(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def rewrite(path, entries, data):
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize("dtype", [None, "bfloat16", "float16"])
def test_weights_come_back(tmp_path, dtype):
    model_of(5.0, dtype=dtype).save_weights(tmp_path / "m.safetensors")
    model = model_of(1.0, dtype=dtype)
    model.load_weights(tmp_path / "m.safetensors")
    assert values(model) == {5.0}


def test_the_library_reads_ours_and_we_read_its(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    model = model_of(5.0)
    model.save_weights(tmp_path / "ours.safetensors")
    found = safetensors.load_file(tmp_path / "ours.safetensors")
    assert {name: x.shape for name, x in found.items()} == {
        "a/kernel": (4, 3),
        "a/bias": (3,),
        "b/kernel": (3, 2),
        "b/bias": (2,),
    }
    safetensors.save_file({name: x + 1 for name, x in found.items()}, tmp_path / "theirs.safetensors")
    model.load_weights(tmp_path / "theirs.safetensors")
    assert values(model) == {6.0}


def test_weights_may_have_other_names_in_the_file(tmp_path):
    path = tmp_path / "m.safetensors"
    names = {"a/kernel": "encoder.weight", "a/bias": "encoder.bias"}
    model_of(5.0).save_weights(path, rename=names)
    assert set(header(path)[0]) == {"encoder.weight", "encoder.bias", "b/kernel", "b/bias", "__metadata__"}
    model = model_of(1.0)
    model.load_weights(path, rename=names)
    assert values(model) == {5.0}
    model = model_of(1.0)
    model.load_weights(path, rename=lambda name: names.get(name))  # None: not in the file
    assert values(model.layers[0]) == {5.0}
    assert values(model.layers[1]) == {1.0}
    with pytest.raises(IncompatibleModelError, match=r"a/kernel: nothing / \(4, 3\).*\n[\s\S]*Give `rename`"):
        model.load_weights(path)
    with pytest.raises(ValueError, match="'c/kernel'.*the path of no weight"):
        model.load_weights(path, rename={"c/kernel": "x"})
    with pytest.raises(ValueError, match=r"Two weights.*'x'.*rename"):
        model.save_weights(path, rename=lambda name: "x")


def test_automatic_names_need_not_be_the_same(tmp_path):
    model_of(5.0, names=("dense", "dense_1")).save_weights(tmp_path / "m.safetensors")
    model = model_of(1.0, names=("dense_7", "dense_8"))
    model.load_weights(tmp_path / "m.safetensors")
    assert values(model) == {5.0}


def test_what_does_not_fit_is_shown_in_a_table_or_left_out(tmp_path):
    model_of(5.0).save_weights(tmp_path / "m.safetensors")
    model = model_of(1.0, units=(3, 4))
    with pytest.raises(IncompatibleModelError, match=r"b/kernel: \(3, 2\) float32 / \(3, 4\) float32"):
        model.load_weights(tmp_path / "m.safetensors")
    assert values(model) == {1.0}
    with pytest.warns(UserWarning, match="left out"):
        model.load_weights(tmp_path / "m.safetensors", skip_mismatch=True)
    assert values(model.layers[0]) == {5.0}


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("entries", "data", "error", "message"),
    [
        (b"", b"", CorruptModelError, "empty, truncated or not"),
        (b"[]", b"", CorruptModelError, "must hold an object"),
        (b'{"a": 1, "a": 2}', b"", CorruptModelError, "'a' twice"),
        (b'{"a": NaN}', b"", CorruptModelError, "NaN"),
        (b'{"a":' + b"[" * 3000, b"", CorruptModelError, "nesting"),
        ({"a": 1}, b"", CorruptModelError, "no dtype, shape"),
        ({"a": entry() | {"x": 1}}, bytes(8), CorruptModelError, "no dtype, shape"),
        ({"a": entry(shape=(-2,))}, bytes(8), CorruptModelError, "no usable shape"),
        ({"a": entry(shape=(True,))}, bytes(8), CorruptModelError, "no usable shape"),
        ({"a": entry(offsets=(0, 2**70))}, bytes(8), CorruptModelError, "no usable shape"),
        ({"a": entry(shape=(2**50,), offsets=(0, 2**52))}, bytes(8), CorruptModelError, "truncated"),
        ({"a": entry(shape=(3,))}, bytes(8), CorruptModelError, "needs 12 bytes; it has 8"),
        ({"a": entry("O8")}, bytes(8), IncompatibleModelError, "dtype 'O8'"),
        ({"a": entry(), "b": entry()}, bytes(8), UnsafeModelError, "overlaps"),
        ({"a": entry(offsets=(4, 12))}, bytes(12), UnsafeModelError, "belong to no tensor"),
        ({"a": entry()}, bytes(9), CorruptModelError, "bytes after its last"),
        ({"a": entry()}, bytes(7), CorruptModelError, "truncated"),
        ({"__metadata__": {"x": 1}}, b"", CorruptModelError, "must hold texts"),
    ],
)
def test_files_that_lie_are_refused(tmp_path, entries, data, error, message):
    rewrite(tmp_path / "m.safetensors", entries, data)
    with pytest.raises(error, match=message):
        model_of().load_weights(tmp_path / "m.safetensors")


def test_a_header_that_is_said_to_be_huge_is_not_read(tmp_path):
    for size in (2**62, 10**9):
        (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", size) + b"{}")
        with pytest.raises(CorruptModelError, match="length of the header"):
            model_of().load_weights(tmp_path / "m.safetensors")


def test_changed_values_and_exchanged_or_missing_tensors_are_noticed(tmp_path):
    path = tmp_path / "m.safetensors"
    model_of(names=("a", "b"), units=(4, 4)).save_weights(path)
    entries, data = header(path)
    rewrite(path, entries, data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(CorruptModelError, match="SHA-256"):
        model_of(units=(4, 4)).load_weights(path)
    exchanged = entries | {"a/kernel": entries["b/kernel"], "b/kernel": entries["a/kernel"]}
    rewrite(path, exchanged, data)
    with pytest.raises(CorruptModelError, match="SHA-256"):
        model_of(units=(4, 4)).load_weights(path)
    renamed = {("c/bias" if key == "b/bias" else key): value for key, value in entries.items()}
    rewrite(path, renamed, data)
    with pytest.raises(CorruptModelError, match="missing or added"):
        model_of(units=(4, 4)).load_weights(path)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m, p: m.save_weights(p / "m.weights.h5", rename={}), ValueError, "`rename` is for"),
        (lambda m, p: m.load_weights(p / "m.weights.h5", rename={}), ValueError, "`rename` is for"),
        (lambda m, p: m.save_weights(p / "m.safetensors", max_shard_size=1), ValueError, "one file"),
    ],
)
def test_wrong_calls_are_told(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(model_of(), tmp_path)
