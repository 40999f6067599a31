"""The downloaded data sets, on small files of the same form in the cache, against Keras on the same files."""

import gzip
import hashlib
import importlib
import io
import json
import pickle
import tarfile
from typing import Any

import numpy as np
import pytest

from kerasish.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

RANDOM = np.random.RandomState(0)


def lists(count):
    array = np.empty(count, object)
    for position in range(count):
        array[position] = RANDOM.randint(1, 12, RANDOM.randint(1, 7)).tolist()
    return array


TABLES: dict[str, dict[str, Any]] = {
    "mnist": dict(zip(("x_train", "y_train", "x_test", "y_test"), map(np.arange, (5, 6, 7, 8)), strict=True)),
    "imdb": {"x_train": lists(10), "y_train": np.arange(10), "x_test": lists(5), "y_test": np.arange(5)},
    "reuters": {"x": lists(10), "y": np.arange(10)},
    "boston_housing": {"x": np.arange(90.0).reshape(30, 3), "y": np.arange(30.0)},
    "california_housing": {"x": np.arange(1400.0).reshape(700, 2), "y": np.arange(700.0)},
}


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """Put a file into our cache, with its hash in the place of the real one."""
    monkeypatch.setenv("KERASISH_HOME", str(tmp_path))
    folder = tmp_path / "datasets"
    folder.mkdir()

    def put(module, name, content, constant="_SHA256", algorithm="sha256"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        digest = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
        if constant:
            monkeypatch.setattr(module, constant, digest)
        return digest, path

    return put


def table(name):
    file = io.BytesIO()
    np.savez(file, **TABLES[name])
    return file.getvalue()


def keras_reading(name, path, monkeypatch):
    """Keras's module of the same name, which reads `path` instead of downloading."""
    pytest.importorskip("keras")
    module = importlib.import_module(f"keras.datasets.{name}")
    monkeypatch.setitem(module.load_data.__globals__, "get_file", lambda *args, **kwargs: str(path))
    return module


def assert_same(found, expected):
    for ours, theirs in zip([*found[0], *found[1]], [*expected[0], *expected[1]], strict=True):
        assert ours.dtype == theirs.dtype
        # Of lists of equal lengths, Keras makes one array of two axes.
        assert ours.shape == (theirs.shape if ours.dtype != object else theirs.shape[:1])
        assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        (mnist, {}),
        (boston_housing, {}),
        (boston_housing, {"seed": 5, "test_split": 0.35}),
        (boston_housing, {"test_split": 0.0}),
        (california_housing, {}),
        (california_housing, {"version": "small"}),
        *[
            (module, arguments)
            for module in (imdb, reuters)
            for arguments in (
                {},
                {"num_words": 8},
                {"num_words": 0},
                {"skip_top": 5},
                {"maxlen": 5},
                {"start_char": None},
                {"start_char": 0},
                {"index_from": 0},
                {"oov_char": None, "num_words": 8, "skip_top": 5},
                {"oov_char": 0, "num_words": 8, "seed": 1},
                {"start_char": None, "index_from": None},
            )
        ],
        (reuters, {"test_split": 0.5}),
        (reuters, {"test_split": 1.0}),
    ],
)
def test_data_are_those_of_keras(module, arguments, cached, monkeypatch):
    name = module.__name__.rpartition(".")[2]
    _, path = cached(module, f"{name}.npz", table(name))
    expected = keras_reading(name, path, monkeypatch).load_data(**arguments)
    assert_same(module.load_data(**arguments), expected)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(header + array.tobytes())


def test_fashion_mnist_is_read_from_four_files(cached, monkeypatch):
    images, labels = np.arange(48, dtype="u1").reshape(3, 4, 4), np.array([7, 8, 9], "u1")
    arrays = dict(zip(fashion_mnist._SHA256, (images, labels, images[:1], labels[:1]), strict=True))
    hashes = {k: cached(None, f"fashion-mnist/{k}", idx(array), None)[0] for k, array in arrays.items()}
    monkeypatch.setattr(fashion_mnist, "_SHA256", hashes)
    assert_same(fashion_mnist.load_data(), ((images, labels), (images[:1], labels[:1])))


def test_a_file_that_is_not_idx_is_refused(cached, monkeypatch):
    hashes = {k: cached(None, f"fashion-mnist/{k}", gzip.compress(b"text"), None)[0] for k in fashion_mnist._SHA256}
    monkeypatch.setattr(fashion_mnist, "_SHA256", hashes)
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz is not a file of bytes in the IDX format"):
        fashion_mnist.load_data()


def tar_of(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, item in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(item)
            tar.addfile(info, io.BytesIO(item))
    return content.getvalue()


def batch(count, *label_keys):
    rows = RANDOM.randint(0, 256, (count, 3072)).astype("u1")
    return {b"data": rows} | {key: RANDOM.randint(0, 10, count).tolist() for key in label_keys}


def images(rows):
    return np.stack([rows[:, i * 1024 : (i + 1) * 1024].reshape(-1, 32, 32) for i in range(3)], axis=-1)


def test_cifar10_is_read_from_its_archive(cached):
    batches = [batch(2, b"labels") for _ in range(6)]
    names = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
    files = {f"cifar-10-batches-py/{n}": pickle.dumps(b, 2) for n, b in zip(names, batches, strict=True)}
    cached(cifar10, "cifar-10-batches-py-target_archive", tar_of(files))
    (x, y), (x_test, y_test) = cifar10.load_data()
    assert x.dtype == y.dtype == y_test.dtype == np.uint8
    assert np.array_equal(x, images(np.concatenate([b[b"data"] for b in batches[:5]])))
    assert y.tolist() == [[label] for b in batches[:5] for label in b[b"labels"]]
    assert np.array_equal(x_test, images(batches[5][b"data"]))
    assert y_test.shape == (2, 1)


@pytest.mark.parametrize("label_mode", ["fine", "coarse"])
def test_cifar100_is_read_as_keras_reads_it(label_mode, cached, tmp_path, monkeypatch):
    # Protocol 3 writes bytes as bytes; Keras refuses those of protocol 2 when Python 3 wrote them.
    files = {
        f"cifar-100-python/{name}": pickle.dumps(batch(count, b"fine_labels", b"coarse_labels"), 3)
        for name, count in (("train", 4), ("test", 2))
    }
    cached(cifar100, "cifar-100-python-target_archive", tar_of(files))
    found = cifar100.load_data(label_mode)
    keras_module = keras_reading("cifar100", tmp_path / "datasets" / "cifar-100-python-target", monkeypatch)
    assert_same(found, keras_module.load_data(label_mode))


def test_a_cifar_file_without_labels_is_refused(cached):
    cached(
        cifar100,
        "cifar-100-python-target_archive",
        tar_of({f"cifar-100-python/{name}": pickle.dumps(batch(2), 2) for name in ("train", "test")}),
    )
    with pytest.raises(ValueError, match="lacks the images or the labels 'fine_labels'"):
        cifar100.load_data()


def test_a_cifar_file_with_images_of_another_size_is_refused(cached):
    odd = pickle.dumps({b"data": np.zeros((2, 5), "u1"), b"fine_labels": [1, 2]}, 2)
    cached(cifar100, "cifar-100-python-target_archive", tar_of({"cifar-100-python/train": odd}))
    with pytest.raises(ValueError, match=r"has images of the shape \(2, 5\), uint8, for 2 labels"):
        cifar100.load_data()


@pytest.mark.parametrize(("module", "name"), [(imdb, "imdb"), (reuters, "reuters")])
def test_a_word_index_is_read(module, name, cached):
    cached(module, f"{name}_word_index.json", json.dumps({"the": 1}).encode(), "_WORDS_MD5", "md5")
    assert module.get_word_index() == {"the": 1}


def test_a_word_index_of_another_form_is_refused(cached):
    cached(imdb, "imdb_word_index.json", b"[1]", "_WORDS_MD5", "md5")
    with pytest.raises(ValueError, match="should hold the number of each word"):
        imdb.get_word_index()


def test_the_topics_are_those_of_keras():
    keras = pytest.importorskip("keras")
    assert reuters.get_label_names() == keras.datasets.reuters.get_label_names()


@pytest.mark.parametrize("module", [imdb, reuters])
def test_leaving_no_text_is_refused(module, cached):
    name = module.__name__.rpartition(".")[2]
    cached(module, f"{name}.npz", table(name))
    with pytest.raises(ValueError, match="No text is shorter than maxlen=1 words"):
        module.load_data(maxlen=1)


@pytest.mark.parametrize(
    ("load_data", "arguments", "message"),
    [
        (cifar100.load_data, {"label_mode": "x"}, "label_mode must be 'fine' or 'coarse'; got 'x'"),
        (california_housing.load_data, {"version": "x"}, "version must be 'large' or 'small'; got 'x'"),
        (california_housing.load_data, {"test_split": 1}, "at least 0 and less than 1; got 1"),
        (boston_housing.load_data, {"test_split": -0.1}, "at least 0 and less than 1; got -0.1"),
        (reuters.load_data, {"test_split": 2}, "at least 0 and at most 1; got 2"),
    ],
)
def test_wrong_arguments_are_refused_before_a_download(load_data, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_data(**arguments)


def test_unknown_arguments_of_imdb_are_refused():
    with pytest.raises(TypeError, match="no argument nb_words.*now num_words"):
        imdb.load_data(nb_words=5)


@pytest.mark.parametrize("module", [mnist, cifar10, cifar100, imdb, reuters, boston_housing, california_housing])
def test_addresses_and_hashes_are_those_that_keras_asks_for(module, monkeypatch):
    pytest.importorskip("keras")
    name = module.__name__.rpartition(".")[2]
    asked = []

    def record(fname=None, origin=None, file_hash=None, **kwargs):
        asked.append((origin, file_hash))
        raise InterruptedError

    theirs = importlib.import_module(f"keras.datasets.{name}")
    monkeypatch.setitem(theirs.load_data.__globals__, "get_file", record)
    monkeypatch.setattr(module, "get_file", record)
    for load_data in (theirs.load_data, module.load_data):
        with pytest.raises(InterruptedError):
            load_data()
    assert asked[0] == asked[1]
