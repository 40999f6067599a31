"""Images between arrays, Pillow and files: Keras's pixels, all modes, and mistakes that are told."""

import io

import numpy as np
import pytest

import kerasish
from kerasish.preprocessing.image import smart_resize
from kerasish.utils import array_to_img, img_to_array, load_img, save_img

Image = pytest.importorskip("PIL.Image")
keras = pytest.importorskip("keras")

RNG = np.random.default_rng(0)
COLOURS = RNG.normal(size=(4, 5, 3)).astype("float32")
PICTURE = (RNG.random((20, 30, 3)) * 255).astype("uint8")


@pytest.fixture
def path(tmp_path):
    """A file with a picture."""
    Image.fromarray(PICTURE).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def same(mine, other):
    assert mine.mode == other.mode
    assert np.asarray(mine).tolist() == np.asarray(other).tolist()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_array_is_scaled_to_the_pixels_of_keras(channels):
    x = RNG.normal(size=(4, 5, channels)).astype("float32")
    same(array_to_img(x), keras.utils.array_to_img(x))
    first = np.moveaxis(x, -1, 0)
    same(array_to_img(first, "channels_first"), keras.utils.array_to_img(first, "channels_first"))


def test_an_array_without_scaling_is_taken_as_it_is():
    same(array_to_img(PICTURE, scale=False), Image.fromarray(PICTURE))
    grey = np.arange(6).reshape(2, 3, 1) * 100
    same(array_to_img(grey, scale=False), keras.utils.array_to_img(grey, scale=False))


def test_values_outside_of_a_byte_are_cut_off():
    found = np.asarray(array_to_img(np.array([[[-5.0, 300.0, 7.9]]]), scale=False))
    assert found.tolist() == [[[0, 255, 7]]]  # Keras 3.15.1 gives 251, 44, 7


def test_a_constant_or_empty_array_is_an_image_too():
    assert not np.asarray(array_to_img(np.full((2, 3, 3), 7.0))).any()
    assert array_to_img(np.ones((2, 3, 3)), dtype="float16").size == (3, 2)


def test_an_image_is_an_array_with_channels():
    image = Image.fromarray(PICTURE)
    found = img_to_array(image)
    assert found.dtype == "float32" and found.tolist() == PICTURE.tolist()
    assert img_to_array(image.convert("L"), dtype="uint8").shape == (20, 30, 1)
    assert img_to_array(image, "channels_first").shape == (3, 20, 30)


def test_what_is_saved_is_loaded(tmp_path):
    for name in ("a.png", "b.bmp"):
        save_img(tmp_path / name, PICTURE, scale=False)
        same(load_img(str(tmp_path / name)), Image.fromarray(PICTURE))
    file = io.BytesIO()
    save_img(file, PICTURE, file_format="png", scale=False)
    file.seek(0)
    same(load_img(file), Image.fromarray(PICTURE))


def test_jpeg_takes_no_transparency_and_says_so(tmp_path):
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        save_img(tmp_path / "a.jpg", np.ones((2, 3, 4)))
    assert load_img(tmp_path / "a.jpg").mode == "RGB"
    save_img(tmp_path / "b", COLOURS, file_format="jpg", quality=50)
    assert load_img(tmp_path / "b").size == (5, 4)


@pytest.mark.parametrize("mode", ["rgb", "rgba", "grayscale"])
def test_a_file_is_loaded_in_each_mode(path, mode):
    same(load_img(path, mode), keras.utils.load_img(path, mode))


def test_grey_of_16_bits_is_kept(tmp_path):
    values = np.arange(6, dtype="uint16").reshape(2, 3) * 1000
    Image.fromarray(values).save(tmp_path / "deep.png")
    assert np.asarray(load_img(tmp_path / "deep.png", "grayscale")).tolist() == values.tolist()


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"])
@pytest.mark.parametrize("size", [(10, 12), (30, 7), (20, 30)])
@pytest.mark.parametrize("keep", [False, True])
def test_a_file_is_resized_as_in_keras(path, interpolation, size, keep):
    same(*(lib.utils.load_img(path, "rgb", size, interpolation, keep) for lib in (kerasish, keras)))


@pytest.mark.parametrize("size", [(4, 4), (6, 3), (3, 9), (4, 5)])
def test_smart_resize_gives_the_pixels_of_keras(size):
    other = keras.preprocessing.image.smart_resize(COLOURS, size)
    found = smart_resize(COLOURS, size)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, other, atol=1e-5)
    first = smart_resize(np.moveaxis(COLOURS, -1, 0), size, data_format="channels_first")
    np.testing.assert_allclose(np.moveaxis(first, 0, -1), other, atol=1e-5)


def test_smart_resize_makes_floats_and_takes_batches():
    found = smart_resize(PICTURE[None], (5, 5), backend_module=None)
    assert found.shape == (1, 5, 5, 3) and found.dtype == "float32"
    assert not isinstance(smart_resize(kerasish.ops.convert_to_tensor(COLOURS), (2, 2)), np.ndarray)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: array_to_img(COLOURS[0]), ValueError, r"an array of 3 axes; got the shape \(5, 3\)"),
        (lambda: array_to_img(COLOURS[..., :2]), ValueError, "1, 3 or 4 channels; got 2"),
        (lambda: img_to_array(COLOURS[0, 0]), ValueError, r"2 or 3 axes; got the shape \(3,\)"),
        (lambda: load_img(3), TypeError, "a path, or a file that is open for reading; got int"),
        (lambda: load_img("x.png", "grey"), ValueError, "color_mode must be 'rgb', 'rgba' or 'grayscale'; got 'grey'"),
        (lambda: load_img("x.png", interpolation="area"), ValueError, "one of nearest, .*; got 'area'"),
        (lambda: smart_resize(COLOURS, (2, 2), mode=1), TypeError, "an argument it does not know: mode"),
    ],
)
def test_a_mistake_with_an_image_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call()
