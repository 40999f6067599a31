"""Bounding boxes: Keras's numbers, all formats, arrays and dicts, and boxes told apart from images."""

import itertools

import numpy as np
import pytest

from kerasish.backend import engine
from kerasish.ops.boxes import FORMATS
from kerasish.utils import bounding_boxes as ours

keras = pytest.importorskip("keras")
theirs = keras.utils.bounding_boxes

RNG = np.random.default_rng(0)
CORNERS = RNG.uniform(0, 8, size=(2, 3, 2)).astype("float32")
BOXES = np.concatenate([CORNERS, CORNERS + RNG.uniform(0.5, 6, size=(2, 3, 2)).astype("float32")], axis=-1)
OTHERS = BOXES[:, ::-1] * np.float32(0.9) + np.float32(0.4)
LABELS = np.array([[1, 2, 3], [4, 5, 6]], "int32")
SHAPE = (10, 20, 3)


def same(mine, other, rtol=1e-5):
    np.testing.assert_allclose(np.asarray(mine), np.asarray(other), rtol=rtol, atol=1e-5)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(FORMATS, FORMATS)))
def test_convert_format_gives_the_numbers_of_keras(source, target):
    boxes = BOXES / 10 if source.startswith("rel") else BOXES
    same(ours.convert_format(boxes, source, target, 10, 20), theirs.convert_format(boxes, source, target, 10, 20))


@pytest.mark.parametrize("name", FORMATS)
def test_convert_format_there_and_back_changes_nothing(name):
    there = ours.convert_format(BOXES, "xyxy", name, 10, 20)
    same(ours.convert_format(there, name.upper(), "xyxy", 10, 20), BOXES)


def test_convert_format_takes_sizes_of_each_image():
    found = ours.convert_format(BOXES, "xyxy", "rel_xyxy", height=np.array([10, 20]), width=np.array([20, 40]))
    same(found[0], ours.convert_format(BOXES[0], "xyxy", "rel_xyxy", 10, 20))
    same(found[1], ours.convert_format(BOXES[1], "xyxy", "rel_xyxy", 20, 40))


def test_a_dict_of_boxes_is_copied_and_never_written_to():
    given = {"boxes": BOXES, "labels": LABELS, "more": "kept"}
    found = ours.convert_format(given, "xyxy", "xywh")
    assert given["boxes"] is BOXES
    assert found["labels"] is LABELS and found["more"] == "kept"
    same(found["boxes"], ours.convert_format(BOXES, "xyxy", "xywh"))


def test_convert_format_in_half_precision_rounds_once():
    found = ours.convert_format(np.array([1.0, 2, 5, 8], "float32"), "xyxy", "xywh", dtype="float16")
    assert found.dtype == "float16" and found.tolist() == [1, 2, 4, 6]  # Keras 3.15.1 gives infinities


def test_clip_cuts_boxes_off_and_marks_the_labels_of_those_that_are_gone():
    boxes = np.concatenate([BOXES, BOXES + 50], axis=1) - 1
    given = {"boxes": boxes, "labels": np.concatenate([LABELS, LABELS], axis=1)}
    mine, other = ours.clip_to_image_size(given, 6, 7), theirs.clip_to_image_size(dict(given), 6, 7)
    same(mine["boxes"], other["boxes"])
    assert np.asarray(mine["labels"]).tolist() == np.asarray(other["labels"]).tolist()
    same(ours.clip_to_image_size(boxes, 6, 7), mine["boxes"])
    in_fractions = theirs.clip_to_image_size({"boxes": boxes / 10}, bounding_box_format="rel_xyxy")["boxes"]
    same(ours.clip_to_image_size(boxes / 10, bounding_box_format="rel_xyxy"), in_fractions)


@pytest.mark.parametrize("name", ["xywh", "center_yxhw", "yxyx"])
def test_clip_crop_pad_and_transforms_take_every_format_in_pixels(name):
    converted = ours.convert_format(BOXES, "xyxy", name)
    calls = [
        lambda x, f: ours.clip_to_image_size(x, 6, 7, f),
        lambda x, f: ours.crop(x, 2, 1, 5, 6, f),
        lambda x, f: ours.pad(x, 2, 1, bounding_box_format=f),
        lambda x, f: ours.affine_transform(x, 30.0, 0.1, 0.2, 1.1, 5.0, 3.0, 10, 20, bounding_box_format=f),
    ]
    for call in calls:
        same(ours.convert_format(call(converted, name), name, "xyxy"), call(BOXES, "xyxy"), rtol=1e-4)


def test_crop_and_pad_give_the_numbers_of_keras():
    same(ours.crop(BOXES, 2, 1, 5, 6), theirs.crop(BOXES, 2, 1, 5, 6))
    same(ours.pad(BOXES, 2, 1, 5, 6), theirs.pad(BOXES, 2, 1, 5, 6))
    assert set(ours.crop({"boxes": BOXES, "labels": LABELS}, 2, 1, 5, 6)) == {"boxes", "labels"}


@pytest.mark.parametrize(
    "changed",
    [
        {"angle": [90, 30]},
        {"translate_x": [0.3, -0.2], "translate_y": [0.5, 0]},
        {"scale": [2, 0.5]},
        {"shear_x": [10, 20], "shear_y": [5, -7]},
        {"angle": [30, -40], "scale": [1.5, 0.7], "shear_x": [10, 20], "shear_y": [5, 7], "translate_x": [0.1, 0.2]},
        {"angle": [90, 30], "center_x": [0, 1], "center_y": [0.25, 0.5]},
    ],
)
def test_affine_transform_gives_the_numbers_of_keras(changed):
    still = ("angle", "translate_x", "translate_y", "shear_x", "shear_y")
    neutral = {"scale": [1, 1]} | {name: [0, 0] for name in still}
    arguments = {name: np.array(value, "float32") for name, value in (neutral | changed).items()}
    mine = ours.affine_transform(BOXES, **arguments, height=10, width=20)
    same(mine, theirs.affine_transform(BOXES, **arguments, height=10, width=20), rtol=1e-4)
    alone = {name: value[0] for name, value in arguments.items()}
    same(ours.affine_transform(BOXES[0], **alone, height=10, width=20), mine[0], rtol=1e-4)


@pytest.mark.parametrize("name", ["xyxy", "xywh", "center_yxhw", "rel_xyxy", "rel_xywh"])
@pytest.mark.parametrize("use_masking", [False, True])
def test_iou_gives_the_numbers_of_keras(name, use_masking):
    padding = np.full((2, 1, 4), -1, "float32")
    first, second = np.concatenate([BOXES, padding], 1), np.concatenate([OTHERS, padding, padding * 0], 1)
    if name.startswith("rel"):
        first, second = first / 10, second / 10
    arguments = {"use_masking": use_masking, "mask_val": -3, "image_shape": SHAPE}
    mine, other = (lib.compute_iou(first, second, name, **arguments) for lib in (ours, theirs))
    same(mine, other)
    same(ours.compute_iou(first[0], second, name, **arguments)[0], mine[0])
    same(ours.compute_iou(first[1], second[1], name, **arguments), mine[1])


def test_ciou_gives_the_numbers_of_keras():
    for first, second in ((BOXES, OTHERS), (BOXES[:, :, None], OTHERS[:, None]), (BOXES[0, 0], OTHERS[0, 0])):
        same(ours.compute_ciou(first, second, "xyxy"), theirs.compute_ciou(first, second, "xyxy"))
    same(ours.compute_ciou(BOXES, OTHERS, "xywh"), theirs.compute_ciou(BOXES, OTHERS, "xywh"))
    fractions = [ours.convert_format(x, "xyxy", "rel_xyxy", 10, 20) for x in (BOXES, OTHERS)]
    same(ours.compute_ciou(*fractions, "rel_xyxy", SHAPE), ours.compute_ciou(BOXES, OTHERS, "xyxy"), rtol=1e-4)


@pytest.mark.parametrize("encoding", ["center_xywh", "center_yxhw"])
@pytest.mark.parametrize("variance", [None, [0.1, 0.2, 0.3, 0.4]])
@pytest.mark.parametrize("formats", [("xyxy", "xywh"), ("rel_xyxy", "xyxy"), ("center_xywh", "rel_xyxy")])
def test_boxes_are_told_relative_to_anchors_as_in_keras_and_come_back(encoding, variance, formats):
    anchors, boxes = (
        ours.convert_format(x, "xyxy", f, 10, 20) for x, f in ((OTHERS[0], formats[0]), (BOXES, formats[1]))
    )
    deltas, other = (
        lib.encode_box_to_deltas(anchors, boxes, *formats, encoding, variance, SHAPE) for lib in (ours, theirs)
    )
    same(deltas, other, rtol=1e-4)
    back, other = (
        lib.decode_deltas_to_boxes(anchors, deltas, *formats, encoding, variance, SHAPE) for lib in (ours, theirs)
    )
    same(back, other, rtol=1e-4)
    same(back, boxes, rtol=1e-4)
    parts = ours.decode_deltas_to_boxes({"a": anchors}, {"a": deltas}, *formats, encoding, variance, SHAPE)
    same(parts["a"], back)


def test_boxes_of_no_size_give_finite_deltas():
    deltas = ours.encode_box_to_deltas(BOXES[0], np.full((3, 4), -1, "float32"), "xyxy", "xyxy")
    assert np.isfinite(np.asarray(deltas)).all()


def test_boxes_work_inside_a_compiled_function():
    compiled = engine.jit(lambda x: ours.crop(ours.convert_format(x, "xywh", "xyxy"), 1, 1, 5, 5))
    same(compiled(engine.asarray(BOXES)), ours.crop(ours.convert_format(BOXES, "xywh", "xyxy"), 1, 1, 5, 5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ours.convert_format(BOXES, "xyxx", "xywh"), "source must be a format of boxes: xyxy, .*got 'xyxx'"),
        (lambda: ours.convert_format(BOXES, "xyxy", "rel_xywh"), "needs the image's `height` and `width`; got None"),
        (lambda: ours.convert_format(BOXES[..., :3], "xyxy", "xywh"), r"last axis of 4; got the shape \(2, 3, 3\)"),
        (lambda: ours.convert_format({"labels": LABELS}, "xyxy", "xywh"), "needs the entry 'boxes'; got 'labels'"),
        (lambda: ours.clip_to_image_size(BOXES), "needs the image's `height` and `width` for boxes in pixels"),
        (lambda: ours.crop(BOXES, 1, 1, 5, 5, "rel_xyxy"), "takes boxes in pixels; got bounding_box_format='rel_xyxy'"),
        (lambda: ours.compute_iou(BOXES[0, 0], BOXES, "xyxy"), "2 axes, or of 3 with a batch; got 1 and 3"),
        (lambda: ours.compute_iou(BOXES, BOXES, "rel_xyxy"), "'rel_xyxy' need `image_shape`"),
        (
            lambda: ours.encode_box_to_deltas(BOXES, BOXES, "xyxy", "xyxy", "xyxy"),
            "encoding_format must be 'center_xywh'",
        ),
        (
            lambda: ours.encode_box_to_deltas(BOXES, BOXES, "xyxy", "xyxy", variance=[0.1, 0.2]),
            r"`variance` must be four numbers.*\(2,\)",
        ),
        (
            lambda: ours.decode_deltas_to_boxes({"a": BOXES}, {"b": BOXES}, "xyxy", "xyxy"),
            "in a dict with the same keys, a",
        ),
    ],
)
def test_a_mistake_with_boxes_is_told(call, message):
    with pytest.raises(ValueError, match=message) as told:
        call()
    assert len(str(told.value)) <= 600
