"""Preprocessing layers in files: vocabularies as assets, statistics as weights; and files that lie."""

import hashlib
import json
import zipfile

import numpy as np
import pytest

import kerasish
from kerasish import Input, Model, Sequential, layers
from kerasish.saving.errors import CorruptModelError, IncompatibleModelError, UnsafeModelError

X = [
    np.array([[1.0, 2.0], [3.0, 4.0]], "float32"),
    np.array([[4, 0], [3, 5]], "int32"),
    np.array([["b c"], ["é zz"]], object),
]


def model():
    numbers, ids, words = Input((2,)), Input((2,), dtype="int32"), Input((1,), dtype="string")
    text = layers.TextVectorization(max_tokens=9, output_mode="tf_idf", pad_to_max_tokens=True)
    text.adapt(["b c a", "c d é"])
    lookup, given = layers.StringLookup(), layers.StringLookup(vocabulary=["q", "b c"], output_mode="one_hot")
    lookup.adapt(["b c", "é zz", "b c"])
    integers = layers.IntegerLookup(output_mode="tf_idf")
    integers.adapt([[4, 4, 5], [4, 6, 7]])
    normal, bins = layers.Normalization(), layers.Discretization(num_bins=3)
    normal.adapt(np.arange(6.0).reshape(3, 2))
    bins.adapt(np.arange(20.0))
    outputs = [layers.Dense(2)(text(words)), lookup(words), given(words), normal(numbers), bins(numbers)]
    return Model([numbers, ids, words], [*outputs, integers(ids), layers.Hashing(5)(ids)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    made = model()
    path = tmp_path_factory.mktemp("files") / "m.keras"
    made.save(path)
    return made, path


def test_a_saved_model_knows_its_words(saved):
    made, path = saved
    again = kerasish.saving.load_model(path)
    for one, other in zip(made.predict(X), again.predict(X), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_assets_lie_where_keras_looks(saved):
    names = set(zipfile.ZipFile(saved[1]).namelist())
    assert {name for name in names if name.startswith("assets/")} == {
        "assets/layers/text_vectorization/vocabulary.txt",
        "assets/layers/text_vectorization/_lookup_layer/vocabulary.txt",
        "assets/layers/string_lookup/vocabulary.txt",
        "assets/layers/integer_lookup/vocabulary.txt",
    }


def changed(path, target, members=None, config=None, forget=True):
    """A copy of an archive with other members; without the digests, as Keras writes files."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        contents = {name: source.read(name) for name in source.namelist()} | (members or {})
        if config:
            contents["config.json"] = config(contents["config.json"])
        if forget:
            contents["metadata.json"] = b'{"keras_version": "3.15.1"}'
        for name, content in contents.items():
            copy.writestr(name, content)
    return target


LOOKUP = "assets/layers/string_lookup/vocabulary.txt"


def test_an_asset_that_was_changed_is_noticed(saved, tmp_path):
    path = changed(saved[1], tmp_path / "a.keras", {LOOKUP: b"[UNK]\nevil"}, forget=False)
    with pytest.raises(CorruptModelError, match="assets are not those that were saved"):
        kerasish.saving.load_model(path)


BAD_ASSETS = {
    "no text": (LOOKUP, b"\xff\xfe\x00", "is not text"),
    "twice": (LOOKUP, b"[UNK]\na\na", "more than once"),
    "empty": (LOOKUP, b"[UNK]", "at least one token"),
    "no numbers": ("assets/layers/integer_lookup/vocabulary.txt", b"-1\nx", "invalid literal"),
    "too many": ("assets/layers/integer_lookup/vocabulary.txt", b"-1\n1\n2\n3\n4\n5\n6\n7", "was made for 5 tokens"),
    "of nobody": ("assets/layers/dense/x.txt", b"x", "assets that belong to no layer"),
}


@pytest.mark.parametrize("name", BAD_ASSETS)
def test_assets_that_lie_are_refused(saved, tmp_path, name):
    member, content, match = BAD_ASSETS[name]
    path = changed(saved[1], tmp_path / "b.keras", {member: content})
    with pytest.raises(IncompatibleModelError, match=match):
        kerasish.saving.load_model(path)


def test_assets_outside_their_folder_are_refused(saved, tmp_path):
    path = changed(saved[1], tmp_path / "c.keras", {"assets/../x.txt": b"x"})
    with pytest.raises(UnsafeModelError, match="a member named"):
        kerasish.saving.load_model(path)


def test_a_config_can_name_no_file(saved, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("canary\n")

    def point(text):
        config = json.loads(text)
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "StringLookup":
                layer["config"]["vocabulary"] = str(secret)
        return json.dumps(config).encode()

    path = changed(saved[1], tmp_path / "d.keras", config=point)
    with pytest.raises(UnsafeModelError, match="it is not opened"):
        kerasish.saving.load_model(path)


def test_a_token_with_a_line_break_is_not_lost_silently(tmp_path):
    layer = layers.StringLookup()
    layer.adapt(["a\nb"])
    made = Sequential([Input((1,), dtype="string"), layer])
    with pytest.raises(ValueError, match="has a line break"):
        made.save(tmp_path / "e.keras")


class Keeper(layers.Layer):
    """Writes assets as Keras's documentation says: into a folder."""

    note = "none"

    def call(self, x):
        return x

    def save_assets(self, dir_path):
        with open(f"{dir_path}/note.txt", "w") as file:
            file.write(self.note)

    def load_assets(self, dir_path):
        with open(f"{dir_path}/note.txt") as file:
            self.note = file.read()


def test_layers_of_one_s_own_keep_assets(tmp_path):
    layer = Keeper()
    layer.note = "hello"
    Sequential([Input((1,)), layer]).save(tmp_path / "f.keras")
    again = kerasish.saving.load_model(tmp_path / "f.keras", custom_objects={"Keeper": Keeper})
    assert again.layers[0].note == "hello"


def test_digests_of_assets_are_in_the_file(saved):
    with zipfile.ZipFile(saved[1]) as archive:
        known = json.loads(archive.read("metadata.json"))["kerasish"]["assets"]
        content = archive.read(LOOKUP)
    assert known["layers/string_lookup/vocabulary.txt"] == hashlib.sha256(content).hexdigest()


def test_keras_reads_the_numeric_ones(tmp_path):
    keras = pytest.importorskip("keras")
    x = Input((2,))
    normal, bins = layers.Normalization(), layers.Discretization(num_bins=3)
    normal.adapt(np.arange(6.0).reshape(3, 2))
    bins.adapt(np.arange(20.0))
    made = Model(x, [normal(x), bins(x)])
    made.save(tmp_path / "g.keras")
    theirs = keras.saving.load_model(tmp_path / "g.keras")
    for one, other in zip(made.predict(X[0]), theirs.predict(X[0], verbose=0), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    theirs.save(tmp_path / "h.keras")
    back = kerasish.saving.load_model(tmp_path / "h.keras")
    np.testing.assert_allclose(back.predict(X[0])[0], made.predict(X[0])[0], rtol=1e-6)
