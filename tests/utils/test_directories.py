"""Files in folders as batches: the same files, labels, parts and numbers as Keras's."""

import os
import pickle
import wave

import numpy as np
import pytest

import kerasish
from kerasish import layers
from kerasish.utils import (
    audio_dataset_from_directory,
    image_dataset_from_directory,
    save_img,
    text_dataset_from_directory,
)
from kerasish.utils.audio_directory import read_wav, resampled

pytest.importorskip("PIL")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for number, name in enumerate(["cats", "dogs", "ants"]):
        for place, count in (("", 3), ("deep", 2)):
            (root / name / place).mkdir(parents=True, exist_ok=True)
            for index in range(count):
                pixels = random.integers(0, 256, (6 + number, 9 - index, 3))
                save_img(root / name / place / f"{index}.png", pixels, scale=False)
    (root / "cats" / "notes.md").write_text("not an image")
    return root


def load(root, **kwargs):
    return image_dataset_from_directory(root, **{"image_size": (4, 5), "batch_size": 4, "verbose": False, **kwargs})


ARGUMENTS = [
    {"shuffle": False},
    {"seed": 3},
    {"seed": 3, "validation_split": 0.3, "subset": "training"},
    {"seed": 3, "validation_split": 0.3, "subset": "validation"},
    {"shuffle": False, "label_mode": "categorical"},
    {"shuffle": False, "label_mode": "binary", "class_names": ["dogs", "cats"]},
    {"shuffle": False, "label_mode": None},
    {"shuffle": False, "labels": None},
    {"shuffle": False, "labels": list(range(15))},
    {"shuffle": False, "color_mode": "grayscale"},
    {"shuffle": False, "color_mode": "rgba"},
    {"shuffle": False, "interpolation": "nearest"},
    {"shuffle": False, "interpolation": "bicubic"},
    {"shuffle": False, "interpolation": "lanczos3"},
    {"shuffle": False, "image_size": (11, 3)},
    {"shuffle": False, "crop_to_aspect_ratio": True},
    {"shuffle": False, "pad_to_aspect_ratio": True},
    {"shuffle": False, "data_format": "channels_first"},
]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_images_are_those_of_keras(images, arguments):
    keras = pytest.importorskip("keras")
    pytest.importorskip("grain")
    arguments = {"image_size": (4, 5), "batch_size": 4, "verbose": False, **arguments}
    theirs = keras.utils.image_dataset_from_directory(str(images), format="grain", **arguments)
    ours = image_dataset_from_directory(str(images), **arguments)
    assert ours.file_paths == theirs.file_paths
    assert len(ours) == len(list(theirs))
    if "seed" in arguments:
        return  # Keras shuffles them once more on the way, as Grain does
    for one, other in zip(ours, theirs):
        if isinstance(other, tuple):
            np.testing.assert_array_equal(one[1], np.asarray(other[1]))
            assert one[1].dtype == np.asarray(other[1]).dtype
            one, other = one[0], other[0]
        assert one.dtype == "float32"
        np.testing.assert_allclose(one, np.asarray(other), atol=2e-3)


def test_both_parts_have_each_file_once(images):
    train, validation = load(images, seed=1, validation_split=0.2, subset="both")
    assert (len(train.file_paths), len(validation.file_paths)) == (12, 3)
    assert len({*train.file_paths, *validation.file_paths}) == 15
    assert train.class_names == ["ants", "cats", "dogs"]


def test_each_epoch_has_its_own_order_and_a_state(images):
    dataset = load(images, seed=1, batch_size=15)
    first, second = (next(iter(list(dataset)))[1].tolist() for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second)
    again = load(images, seed=1, batch_size=15)
    again.set_state({"epoch": 1})
    assert again[0][1].tolist() == second
    assert dataset.get_state() == {"epoch": 2}


def test_a_dataset_goes_to_another_process(images):
    dataset = pickle.loads(pickle.dumps(load(images, shuffle=False)))
    np.testing.assert_array_equal(dataset[1][0], load(images, shuffle=False)[1][0])


def test_single_images(images):
    x, y = load(images, batch_size=None, shuffle=False)[14]
    assert (x.shape, y) == ((4, 5, 3), 2)
    with pytest.raises(IndexError, match="There are 15 batches; got the number 15"):
        load(images, batch_size=None)[15]


def test_it_says_how_many_files_there_are(images, capsys):
    load(images, verbose=True, seed=1, validation_split=0.2, subset="both")
    assert capsys.readouterr().out == "Found 15 files in 3 classes.\n12 are for training, 3 for validation.\n"


@pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
def test_a_model_trains_on_a_folder(images):
    model = kerasish.Sequential([kerasish.Input((4, 5, 3)), layers.Flatten(), layers.Dense(3)])
    loss = kerasish.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    train, validation = load(images, seed=1, validation_split=0.2, subset="both")
    history = model.fit(train, validation_data=validation, epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert model.predict(load(images, shuffle=False)).shape == (15, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "x"}, "labels must be 'inferred', a list"),
        ({"labels": [0, 1]}, "labels has 2 numbers, but .* has 15 files"),
        ({"labels": [0.5] * 15}, "labels must be whole numbers"),
        ({"label_mode": "x"}, "label_mode must be 'int', 'categorical', 'binary' or None; got 'x'"),
        ({"label_mode": "binary"}, "label_mode='binary' needs two classes; got 3"),
        ({"class_names": ["dogs", "x"]}, "class_names has 'x', but the folders are 'ants', 'cats', 'dogs'"),
        ({"class_names": ["dogs"], "labels": None}, "needs labels='inferred'"),
        ({"validation_split": 0.2}, "validation_split and subset .* need each other"),
        ({"subset": "both"}, "need each other"),
        ({"subset": "all", "validation_split": 0.2}, "subset must be 'training', 'validation' or 'both'; got 'all'"),
        ({"subset": "both", "validation_split": 1.5}, "a fraction between 0 and 1; got 1.5"),
        ({"subset": "both", "validation_split": 0.01, "seed": 1}, "leaves a part empty"),
        ({"subset": "both", "validation_split": 0.2}, "needs a seed"),
        ({"color_mode": "cmyk"}, "color_mode must be 'grayscale', 'rgb' or 'rgba'; got 'cmyk'"),
        ({"interpolation": "x"}, "interpolation must be one of nearest, area, bilinear"),
        ({"image_size": (0, 2)}, r"image_size must be \(height, width\)"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of"),
        ({"format": "torch"}, "format must be 'tf' or 'grain'"),
    ],
    ids=str,
)
def test_mistakes_are_explained(images, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(images, **arguments)
    assert len(str(caught.value)) <= 600


def test_folders_must_exist_and_have_files(tmp_path):
    with pytest.raises(NotADirectoryError, match="There is no folder"):
        load(tmp_path / "none")
    with pytest.raises(ValueError, match="has no file that ends with"):
        load(tmp_path, labels=None)


# Texts ----------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    root = tmp_path_factory.mktemp("texts")
    for name in "ab":
        (root / name).mkdir()
        for index in range(3):
            (root / name / f"{index}.txt").write_bytes(f"hé {name}{index}\r\nmore".encode())
    return root


@pytest.mark.parametrize("max_length", [None, 4])
def test_texts_are_those_of_keras(texts, max_length):
    keras = pytest.importorskip("keras")
    pytest.importorskip("grain")
    arguments = {"batch_size": 4, "shuffle": False, "verbose": False, "max_length": max_length}
    theirs = keras.utils.text_dataset_from_directory(str(texts), format="grain", **arguments)
    for (x, y), (x2, y2) in zip(text_dataset_from_directory(texts, **arguments), theirs, strict=True):
        assert [text.replace("\r\n", "\n") for text in x] == list(np.asarray(x2))
        np.testing.assert_array_equal(y, np.asarray(y2))


def test_a_text_that_is_not_in_utf_8_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "bad.txt").write_bytes(b"ab\xff")
    with pytest.raises(ValueError, match="bad.txt' is not in UTF-8: byte 2"):
        text_dataset_from_directory(tmp_path, verbose=False)[0]


@pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
def test_a_model_of_strings_takes_a_folder_of_texts(texts):
    words = layers.TextVectorization(output_mode="multi_hot", vocabulary=["hé", "a0", "b1", "more"])
    model = kerasish.Sequential([kerasish.Input((), dtype="string"), words, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(text_dataset_from_directory(texts, verbose=False, batch_size=2), verbose=0)
    assert model.predict(text_dataset_from_directory(texts, verbose=False)).shape == (6, 1)


# Sounds ---------------------------------------------------------------------------------------------------------------
def write_wav(path, values, width, rate=8000):
    os.makedirs(path.parent, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(values.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 1:
            file.writeframes((values * 128 + 128).astype("uint8").tobytes())
        else:
            whole = (values * 2 ** (8 * width - 1)).astype("<i4")
            parts = whole.astype("<i4").view("uint8").reshape(*whole.shape, 4)[..., :width]
            file.writeframes(parts.tobytes())


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_wav_files_of_any_width(width, tmp_path):
    values = np.array([[0.5, -0.5], [0.25, -1.0], [0.0, 0.125]])
    write_wav(tmp_path / "a.wav", values, width)
    found, rate = read_wav(tmp_path / "a.wav")
    assert (rate, found.dtype) == (8000, "float32")
    np.testing.assert_array_equal(found, values)


def test_sounds_of_a_batch_are_as_long_as_the_longest(tmp_path):
    for index, count in enumerate((3, 5)):
        write_wav(tmp_path / "a" / f"{index}.wav", np.full((count, 1), 0.5), 2)
    arguments = {"shuffle": False, "verbose": False}
    x, y = audio_dataset_from_directory(tmp_path, **arguments)[0]
    assert x[..., 0].tolist() == [[0.5, 0.5, 0.5, 0, 0], [0.5] * 5]
    assert y.tolist() == [0, 0]
    x, _ = audio_dataset_from_directory(tmp_path, output_sequence_length=4, **arguments)[0]
    assert x[..., 0].tolist() == [[0.5, 0.5, 0.5, 0], [0.5] * 4]
    with pytest.raises(ValueError, match="Arrays are not ragged"):
        audio_dataset_from_directory(tmp_path, ragged=True)
    with pytest.raises(ValueError, match="sampling_rate must be a whole number of at least 1; got 0"):
        audio_dataset_from_directory(tmp_path, sampling_rate=0)


def test_another_rate_keeps_a_tone(tmp_path):
    def tone(rate):
        return 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate // 10) / rate)[:, None]

    np.testing.assert_allclose(resampled(tone(8000), 1600), tone(16000), atol=1e-6)
    write_wav(tmp_path / "a" / "0.wav", tone(8000), 4, 8000)
    x, _ = audio_dataset_from_directory(tmp_path, sampling_rate=16000, verbose=False)[0]
    np.testing.assert_allclose(x[0], tone(16000), atol=1e-6)
    assert resampled(np.zeros((0, 1), "float32"), 0).shape == (0, 1)


def test_what_is_no_wav_file_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "bad.wav").write_bytes(b"RIFF....")
    with pytest.raises(ValueError, match="bad.wav' is not a WAV file"):
        audio_dataset_from_directory(tmp_path, verbose=False)[0]


def test_they_stand_under_their_old_names_too():
    found = kerasish.preprocessing
    assert found.image_dataset_from_directory is image_dataset_from_directory
    assert found.text_dataset_from_directory is text_dataset_from_directory
    assert found.timeseries_dataset_from_array is kerasish.utils.timeseries_dataset_from_array
    assert found.sequence.pad_sequences is kerasish.utils.pad_sequences
    assert found.image.load_img is kerasish.utils.load_img
