"""The ops of images: one image and batches, both data formats, integers and floats."""

import numpy as np

from tests.ops.cases import but, case, weights

RNG = np.random.default_rng(5)
BATCH = RNG.uniform(size=(2, 6, 5, 3)).astype("float32")
OTHER = RNG.uniform(size=(2, 6, 5, 3)).astype("float32")
ONE = BATCH[0]
FIRST = np.moveaxis(BATCH, -1, 1).copy()
BYTES = (BATCH * 255).astype("uint8")
VOLUMES = RNG.uniform(size=(2, 4, 3, 5, 2)).astype("float32")
GRID = RNG.normal(size=(4, 5)).astype("float32")
PLACES = RNG.uniform(-9, 12, size=(2, 3, 4)).astype("float32")
TURNS = np.array([[0.9, 0.3, 0.55, -0.25, 1.1, 0.15, 0, 0], [1.2, 0, -0.7, 0.1, 0.8, 0.4, 0, 0]], "float32")
CORNERS = np.array([[0, 0], [4, 0], [0, 5], [4, 5]], "float32")
MOVED = (CORNERS + RNG.uniform(-0.6, 0.6, size=(2, 4, 2))).astype("float32")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
LAST = {"data_format": "channels_last"}  # without it Keras 3.15.1 blurs across the channels
KINKS = "it has kinks where colours are equal, and at the sixths of the circle"
CELLS = "it has kinks where a place passes a pixel"
INSIDE = "places of 16 bits lie in other pixels"

CASES = [
    *(case("image.resize", BATCH, (4, 7), interpolation=i) for i in INTERPOLATIONS),
    *(case("image.resize", BATCH, (3, 9), interpolation=i, antialias=True) for i in INTERPOLATIONS),
    case("image.resize", ONE, (12, 10)),
    case("image.resize", FIRST, (4, 4), "bicubic", data_format="channels_first"),
    case("image.resize", BYTES, (9, 3), "lanczos3", antialias=True),
    case("image.resize", BYTES.astype("int32"), (3, 8), "bicubic"),
    case("image.resize", BATCH, (8, 4), crop_to_aspect_ratio=True),
    case("image.resize", BATCH, (8, 4), pad_to_aspect_ratio=True, fill_value=0.5),
    case("image.resize", BYTES, (3, 4), "nearest", pad_to_aspect_ratio=True, fill_value=7),
    *(
        case("image.scale_and_translate", BATCH, (2, 4, 8, 3), [0.7, 1.4], [0.5, -1.0], (1, 2), method, antialias)
        for method in ("linear", "cubic", "lanczos3", "lanczos5")
        for antialias in (True, False)
    ),
    case(
        "image.scale_and_translate",
        GRID,
        (4, 3),
        np.array([0.61], "float32"),
        np.array([0.23], "float32"),
        (1,),
        "linear",
    ),
    *(case("image.map_coordinates", GRID, PLACES, order, mode, 0.5) for order in (0, 1) for mode in FILL_MODES),
    case("image.map_coordinates", (GRID * 20).astype("int32"), PLACES, 1, "reflect"),
    case("image.map_coordinates", VOLUMES[0, ..., 0], RNG.uniform(-2, 6, size=(3, 7)).astype("float32"), 1),
    *(case("image.affine_transform", BATCH, TURNS, "bilinear", mode, 0.3) for mode in FILL_MODES),
    *(case("image.affine_transform", BATCH, TURNS, "nearest", mode, 0.3) for mode in FILL_MODES[:2]),
    case("image.affine_transform", ONE, TURNS[0]),
    case("image.affine_transform", FIRST, TURNS, data_format="channels_first"),
    case("image.affine_transform", BYTES, TURNS, fill_mode="mirror"),
    case("image.perspective_transform", BATCH, np.stack([CORNERS, CORNERS]), MOVED, "bilinear", 0.3),
    case("image.perspective_transform", ONE, CORNERS, MOVED[1], "nearest"),
    case("image.perspective_transform", FIRST[0], CORNERS, MOVED[1], data_format="channels_first"),
    case("image.rgb_to_hsv", BATCH),
    case("image.rgb_to_hsv", FIRST[0], data_format="channels_first"),
    case("image.hsv_to_rgb", BATCH),
    case("image.hsv_to_rgb", FIRST, data_format="channels_first"),
    case("image.rgb_to_grayscale", BATCH),
    case("image.rgb_to_grayscale", BYTES),
    case("image.rgb_to_grayscale", ONE[..., :1]),
    case("image.rgb_to_grayscale", FIRST[0], data_format="channels_first"),
    case("image.gaussian_blur", BATCH, **LAST),
    case("image.gaussian_blur", ONE, (5, 3), (2.0, 0.7), **LAST),
    case("image.gaussian_blur", BATCH, (4, 2), (1.0, 3.0), **LAST),
    case("image.gaussian_blur", FIRST, (3, 5), (1.0, 2.0), data_format="channels_first"),
    case("image.sobel_edges", BATCH, **LAST),
    case("image.sobel_edges", FIRST, data_format="channels_first"),
    case("image.sobel_edges", BYTES.astype("int32"), **LAST),
    case("image.ssim", BATCH, OTHER, filter_size=4),
    case("image.ssim", ONE, OTHER[0], 2.0, 3, 0.8, 0.02, 0.05),
    case("image.ssim", FIRST, np.moveaxis(OTHER, -1, 1).copy(), filter_size=5, data_format="channels_first"),
    case("image.extract_patches", BATCH, 2),
    case("image.extract_patches", ONE, (3, 2), (1, 2)),
    case("image.extract_patches", BATCH, 3, 2, padding="same"),
    case("image.extract_patches", BYTES, 2, 1, dilation_rate=2),
    case("image.extract_patches", FIRST, (2, 3), data_format="channels_first"),
    case("image.extract_patches", VOLUMES, (2, 1, 3)),
    case("image.extract_patches_3d", VOLUMES, 2),
    case("image.extract_patches_3d", VOLUMES[0], (2, 3, 2), 1, padding="same"),
    case("image.extract_patches_3d", np.moveaxis(VOLUMES, -1, 1).copy(), 2, 1, data_format="channels_first"),
    case("image.crop_images", BATCH, 1, 2, 1, 0),
    case("image.crop_images", ONE, 1, 2, target_height=3, target_width=2),
    case(
        "image.crop_images",
        FIRST,
        bottom_cropping=1,
        right_cropping=2,
        target_height=3,
        target_width=2,
        data_format="channels_first",
    ),
    case("image.pad_images", BATCH, 1, 2, 1, 0),
    case("image.pad_images", BYTES, bottom_padding=1, right_padding=2, target_height=9, target_width=8),
    case("image.pad_images", FIRST[0], 1, 2, target_height=9, target_width=8, data_format="channels_first"),
    case("psnr", BATCH, OTHER, 1.0),
    case("psnr", weights(3, 4), weights(3, 4) + np.float32(0.25), 2.0),
]
CASES = [but(row, unknown="the number of channels counts") if "rgb" in row.name else row for row in CASES]
COUNTS = "one transform for each image: the batch of both is known, or of none"
OPTIONS = {
    "image.rgb_to_hsv": {"smooth": KINKS},
    "image.hsv_to_rgb": {"smooth": KINKS},
    "image.map_coordinates": {"smooth": CELLS, "half": INSIDE},
    "image.affine_transform": {"smooth": CELLS, "half": INSIDE, "unknown": COUNTS},
    "image.perspective_transform": {"smooth": CELLS, "half": INSIDE, "unknown": COUNTS},
}
