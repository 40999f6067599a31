"""Images against independent references: Pillow, SciPy, colorsys, and matrices made by hand; and mistakes told."""

import colorsys

import numpy as np
import pytest
import scipy.ndimage

from kerasish import Model, layers, ops
from kerasish.backend import backend, engine
from kerasish.core.symbolic import SymbolicTensor
from kerasish.ops import image
from kerasish.ops.image.resizing import resize_matrix
from kerasish.ops.image.transforms import homography
from kerasish.saving import load_model

Image = pytest.importorskip("PIL.Image")
jax = pytest.importorskip("jax")

RNG = np.random.default_rng(1)
BATCH = RNG.uniform(size=(2, 7, 9, 3)).astype("float32")
needs_gradients = pytest.mark.skipif(backend() != "jax", reason="the NumPy backend has no gradients")


def numbers(x):
    return engine.to_numpy(x)


@pytest.mark.parametrize(("ours", "theirs"), [("bilinear", 2), ("bicubic", 3), ("lanczos3", 1)])
@pytest.mark.parametrize("size", [(3, 4), (14, 5), (7, 20)])
def test_antialiased_resize_is_that_of_pillow(ours, theirs, size):
    if ours == "bicubic" and size != (3, 4):
        pytest.skip("one size is enough: Pillow's cubic is the same")
    grey = BATCH[0, :, :, :1]
    reference = Image.fromarray(grey[..., 0]).resize(size[::-1], theirs)  # in 32-bit floats
    found = numbers(image.resize(grey, size, ours, antialias=True))[..., 0]
    np.testing.assert_allclose(found, np.asarray(reference), atol=2e-6)


def test_bilinear_weights_are_those_made_by_hand():
    # 2 pixels to 4: the new centres lie at -1/4, 1/4, 3/4 and 5/4 of the old ones.
    assert resize_matrix(2, 4, "bilinear", False).tolist() == [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_a_constant_image_stays_constant(interpolation):
    found = numbers(image.resize(np.full((5, 6, 1), 3.0, "float32"), (11, 3), interpolation, antialias=True))
    np.testing.assert_allclose(found, 3, rtol=1e-6)


@needs_gradients
def test_the_gradient_of_resize_is_its_transpose():
    x = BATCH[0, ..., :1]

    def total(values):
        return ops.sum(image.resize(values, (3, 4), "bicubic") ** 2), None

    _, gradient = engine.value_and_grad(total)(engine.asarray(x))
    high, wide = (resize_matrix(n, new, "bicubic", False).astype("float64") for n, new in ((7, 3), (9, 4)))
    expected = 2 * high.T @ (high @ x[..., 0] @ wide.T) @ wide
    np.testing.assert_allclose(numbers(gradient)[..., 0], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_whole_pixels_are_rounded_and_stay_within_their_type(dtype):
    edge = np.array([0, 0, 255, 255], dtype).reshape(1, 4, 1)
    found = numbers(image.resize(edge, (1, 8), "bicubic"))
    exact = numbers(image.resize(edge.astype("float32"), (1, 8), "bicubic"))
    assert found.dtype == dtype
    assert (
        found.ravel().tolist()
        == np.clip(np.round(exact), *((0, 255) if dtype == "uint8" else (-999, 999))).ravel().tolist()
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("constant", "grid-constant"),
        ("nearest", "nearest"),
        ("wrap", "grid-wrap"),
        ("mirror", "mirror"),
        ("reflect", "reflect"),
    ],
)
@pytest.mark.parametrize("order", [0, 1])
def test_map_coordinates_is_that_of_scipy(ours, theirs, order):
    x, places = RNG.normal(size=(4, 5, 3)), RNG.uniform(-7, 9, size=(3, 60))
    reference = scipy.ndimage.map_coordinates(x, places, order=order, mode=theirs, cval=0.5)
    found = image.map_coordinates(x.astype("float32"), places.astype("float32"), order, ours, 0.5)
    np.testing.assert_allclose(numbers(found), reference, atol=2e-5)


@needs_gradients
def test_places_have_gradients():
    ramp = np.broadcast_to(np.arange(6, dtype="float32") * 3, (4, 6)).copy()

    def total(places):
        return ops.sum(image.map_coordinates(ramp, places, 1)), None

    _, gradient = engine.value_and_grad(total)(engine.asarray(np.array([[1.5, 2.2], [2.25, 3.75]], "float32")))
    np.testing.assert_allclose(numbers(gradient), [[0, 0], [3, 3]], atol=1e-5)


def test_huge_places_are_outside_of_the_image():
    places = np.array([[1e30, -1e30, 2.0]], "float32")
    for mode in ("constant", "nearest"):
        assert np.isfinite(numbers(image.map_coordinates(np.ones(4, "float32"), places, 0, mode))).all()


def test_an_affine_transform_by_whole_pixels_moves_them():
    found = numbers(image.affine_transform(BATCH, [1, 0, 2, 0, 1, -1, 0, 0], fill_value=7))
    np.testing.assert_allclose(found[:, 1:, :-2], BATCH[:, :-1, 2:], rtol=1e-6)
    assert (found[:, 0] == 7).all() and (found[:, :, -2:] == 7).all()


def test_the_last_two_numbers_of_a_transform_are_a_perspective():
    # k = 1 + x / 8 brings the pixel x = 8 to x / 2 = 4.
    ramp = np.broadcast_to(np.arange(9, dtype="float32")[None, :, None], (3, 9, 2)).copy()
    found = numbers(image.affine_transform(ramp, [1, 0, 0, 0, 1, 0, 1 / 8, 0]))
    np.testing.assert_allclose(found[0, :, 1], np.arange(9) / (1 + np.arange(9) / 8), rtol=1e-5)


def test_a_homography_solves_the_eight_equations():
    source, target = RNG.uniform(size=(2, 4, 2)) + np.array([[0, 0], [3, 0], [0, 3], [3, 3]])
    rows, known = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        known += [u, v]
    reference = np.append(np.linalg.solve(rows, known), 1).reshape(3, 3)
    found = homography(engine.asarray(source.astype("float32")), engine.asarray(target.astype("float32")))
    np.testing.assert_allclose(numbers(found), reference, rtol=1e-3, atol=1e-4)


def test_colours_are_those_of_colorsys():
    found, back = (numbers(x) for x in (image.rgb_to_hsv(BATCH), image.hsv_to_rgb(image.rgb_to_hsv(BATCH))))
    reference = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in BATCH.reshape(-1, 3).tolist()])
    np.testing.assert_allclose(found.reshape(-1, 3), reference, atol=1e-5)
    np.testing.assert_allclose(back, BATCH, atol=1e-6)


@needs_gradients
def test_grey_black_and_white_have_colours_and_finite_gradients():
    grey = np.array([[[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5]]], "float32")
    assert numbers(image.rgb_to_hsv(grey))[0].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0.5]]
    _, gradient = engine.value_and_grad(lambda x: (ops.sum(image.rgb_to_hsv(x)), None))(engine.asarray(grey))
    assert np.isfinite(numbers(gradient)).all()


def test_a_blur_is_that_of_scipy():
    offsets = np.arange(5) - 2
    row, column = (np.exp(-(offsets**2) / (2 * sigma**2)) for sigma in (2.0, 0.8))
    kernel = np.outer(column / column.sum(), row / row.sum())
    reference = scipy.ndimage.correlate(BATCH[0, ..., 0].astype("float64"), kernel, mode="constant")
    found = image.gaussian_blur(BATCH, (5, 5), (2.0, 0.8))
    np.testing.assert_allclose(numbers(found)[0, ..., 0], reference, rtol=1e-5)


def test_a_blur_of_no_width_changes_nothing():
    np.testing.assert_allclose(numbers(image.gaussian_blur(BATCH, 3, 0.0)), BATCH, rtol=1e-6)  # Keras gives NaN
    np.testing.assert_allclose(numbers(image.gaussian_blur(BATCH, 3, 1e-3)), BATCH, rtol=1e-6)


def test_bytes_are_blurred_and_their_edges_have_a_sign():
    step = np.repeat(np.array([200, 0], "uint8"), 3).reshape(1, 6, 1)
    assert numbers(image.gaussian_blur(step, (3, 1))).dtype == np.uint8
    edges = numbers(image.sobel_edges(np.repeat(step, 3, 0)))
    assert edges.dtype == np.int32 and edges[1, 2, 0].tolist() == [0, -800]


def test_the_likeness_of_bytes_is_that_of_floats():
    one, two = (RNG.integers(0, 256, size=(2, 12, 12, 3)).astype("uint8") for _ in range(2))
    wide = [x.astype("float32") for x in (one, two)]
    np.testing.assert_allclose(numbers(image.ssim(one, two, 255)), numbers(image.ssim(*wide, 255)), rtol=1e-6)
    np.testing.assert_allclose(numbers(image.ssim(one, one, 255)), 1, rtol=1e-5)
    error = np.mean((one.astype("float64") - two) ** 2)
    np.testing.assert_allclose(float(ops.psnr(one, two, 255)), 10 * np.log10(255**2 / error), rtol=1e-5)


def test_an_elastic_transform_repeats_by_its_seed_and_moves_as_far_as_told():
    x = np.broadcast_to(np.arange(60, dtype="float32")[None, None, :, None], (4, 60, 60, 1)).copy()
    found, again, other = (numbers(image.elastic_transform(x, 10.0, 2.0, seed=seed)) for seed in (1, 1, 2))
    assert (found == again).all() and not (found == other).all()
    moved = (found - x)[:, 15:-15, 15:-15]
    assert moved.std() == pytest.approx(10 / (2 * np.sqrt(np.pi)), rel=0.2)  # the norm of the Gaussian, times alpha
    assert np.abs(moved[0] - moved[1]).max() > 1  # each image in its own way
    np.testing.assert_allclose(numbers(image.elastic_transform(x, 0.0, 0.0, seed=1)), x)


def test_a_call_is_the_same_compiled_and_for_one_image():
    calls = [
        lambda x: image.resize(x, (4, 5), "bicubic"),
        lambda x: image.affine_transform(x, [1, 0.1, 0.3, 0, 1.1, 0.2, 0, 0]),
        lambda x: image.gaussian_blur(x),
        lambda x: image.extract_patches(x, 3, 2),
        lambda x: image.rgb_to_hsv(x),
    ]
    compiled = engine.jit(lambda x: [call(x) for call in calls])(engine.asarray(BATCH))
    for call, found in zip(calls, compiled, strict=True):
        np.testing.assert_allclose(numbers(found[1]), numbers(call(BATCH[1])), rtol=1e-4, atol=1e-5)


def test_unknown_sizes_stay_unknown_where_they_have_influence():
    x = SymbolicTensor((None, None, None, 3))
    assert image.resize(x, (4, 5)).shape == (None, 4, 5, 3)
    assert image.resize(x, (4, 5), pad_to_aspect_ratio=True).shape == (None, 4, 5, 3)
    assert image.affine_transform(x, np.eye(3, dtype="float32").ravel()[:8]).shape == (None, None, None, 3)
    assert image.rgb_to_grayscale(x).shape == (None, None, None, 1)
    assert image.extract_patches(x, 4).shape == (None, None, None, 48)
    assert image.pad_images(x, 1, 1, target_height=4000, target_width=4000).shape == (None, 4000, 4000, 3)
    assert image.sobel_edges(x).shape == (None, None, None, 3, 2)


def test_a_model_with_ops_of_images_goes_to_keras_and_back(tmp_path):
    keras = pytest.importorskip("keras")
    inputs = layers.Input((8, 8, 3), batch_size=1)
    x = image.resize(image.rgb_to_hsv(inputs), (6, 6), "bicubic", antialias=True)
    x = image.affine_transform(x, np.array([[1, 0, 0.5, 0, 1, 0, 0, 0]], "float32"), fill_mode="reflect")
    x = image.extract_patches(image.pad_images(x, 1, 1, 1, 1), 2)
    model = Model(inputs, image.extract_patches_3d(ops.expand_dims(x, -1), (2, 2, 3)))
    model.save(tmp_path / "model.keras")
    data = BATCH[:1, :, :8][:, [0, 1, 2, 3, 4, 5, 6, 6]]
    expected = numbers(model(data))
    theirs = keras.models.load_model(tmp_path / "model.keras")
    with jax.numpy_dtype_promotion("standard"):
        np.testing.assert_allclose(np.asarray(theirs(data)), expected, rtol=1e-4, atol=1e-5)
    theirs.save(tmp_path / "theirs.keras")
    for name in ("model", "theirs"):
        np.testing.assert_allclose(numbers(load_model(tmp_path / f"{name}.keras")(data)), expected, rtol=1e-5)


X = BATCH


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: image.resize(X, (2, 0)), r"two positive integers, \(height, width\); got \(2, 0\)"),
        (lambda: image.resize(X, 5), "two positive integers"),
        (lambda: image.resize(X, (2, 2), "area"), "`interpolation` must be one of 'nearest', .*; got 'area'"),
        (lambda: image.resize(X, (2, 2), fill_mode="edge"), "`fill_mode` must be one of 'constant'; got 'edge'"),
        (lambda: image.resize(X, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), "exclude each other"),
        (lambda: image.resize(X[0, 0], (2, 2)), r"\(height, width, channels\) or a batch of them, as 3 or 4 axes"),
        (lambda: image.scale_and_translate(X, (2, 3, 9, 3), [1.0], [1.0, 0.0], (1,), "linear"), "one number for each"),
        (
            lambda: image.scale_and_translate(X, (2, 3, 8, 3), [1.0], [1.0], (1,), "linear"),
            r"the axes \[2\] are not among",
        ),
        (lambda: image.scale_and_translate(X, (2, 3), [1.0], [1.0], (1,), "linear"), "`output_shape` needs 4 sizes"),
        (lambda: image.map_coordinates(X[0, 0], np.zeros((3, 2)), 1), r"need the shape \(2, ...\).*got \(3, 2\)"),
        (lambda: image.map_coordinates(X[0, 0], np.zeros((2, 2)), 3), "`order` must be 0 or 1; got 3"),
        (
            lambda: image.map_coordinates(X[0, 0], np.zeros((2, 2)), 1, "edge"),
            "`fill_mode` must be one of .*got 'edge'",
        ),
        (lambda: image.affine_transform(X, np.zeros((3, 8))), r"the shape \(8,\) or \(2, 8\).*got \(3, 8\)"),
        (lambda: image.perspective_transform(X, np.zeros((3, 2)), np.zeros((4, 2))), r"four points .*got \(3, 2\)"),
        (lambda: image.rgb_to_hsv((X * 255).astype("uint8")), "floating numbers from 0 to 1; got uint8"),
        (lambda: image.hsv_to_rgb(X[..., :2]), "images of 3 channels; got 2"),
        (lambda: image.rgb_to_grayscale(X[..., :2]), "images of 3 channels, or 1; got 2"),
        (lambda: image.gaussian_blur(X, 3, (1.0, 2.0, 3.0)), r"`sigma` must be a number or two; got the shape \(3,\)"),
        (lambda: image.ssim(X, X[:1]), r"images of one shape; got \(2, 7, 9, 3\) and \(1, 7, 9, 3\)"),
        (lambda: image.ssim(X, X), "images of 7 by 9 pixels are smaller than the window of filter_size=11"),
        (lambda: ops.psnr(X, X[:1], 1.0), "arrays of one shape"),
        (lambda: image.extract_patches(X, 8), "reach over 8 pixels do not fit into an axis of 7"),
        (
            lambda: image.crop_images(X, 1, 1),
            "exactly two of top_cropping, bottom_cropping, target_height; got 1, None",
        ),
        (lambda: image.crop_images(X, 9, 1, 1, 1), "top_cropping=9 and bottom_cropping=1 lead to -3"),
        (lambda: image.pad_images(X, 0, 0, target_height=3, target_width=20), "bottom_padding=-4 lead to 3"),
    ],
)
def test_a_mistake_with_images_is_told(call, message):
    with pytest.raises(ValueError, match=message) as told:
        call()
    assert len(str(told.value)) <= 600
