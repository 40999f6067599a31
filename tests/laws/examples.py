"""One table of layers: each row gets every law of this folder, and is compared with Keras.

A row is `Example(make, shapes, ...)`, where `make(L)` takes the module of layers: ours, or Keras's. A law that can't hold
for a row is named in it, with the reason.
"""

import dataclasses
import importlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

LAWS = {
    "shapes": "the symbolic shape and dtype are the real ones",
    "config": "a config as JSON and the weights make the same layer",
    "rows": "a row does not depend on the rows beside it",
    "empty": "an empty batch gives an empty batch",
    "precision": "mixed precision computes in 16 bits and keeps weights in 32",
    "backends": "the NumPy backend gives the same outputs",
    "trains": "it trains inside a model",
    "seed": "a seed repeats the random numbers, which differ from call to call",
    "keras": "weights and outputs while predicting are Keras's",
    "keras paths": "the paths of weights are Keras's",
    "keras training": "outputs while training are Keras's",
    "keras config": "the config is Keras's",
    "keras gradients": "gradients are Keras's",
    "keras masks": "masks go on as in Keras, and outputs under a mask are Keras's",
    "keras file": "a file that Keras wrote gives the same outputs",
}


@dataclasses.dataclass(frozen=True)
class Example:
    """A layer and what it is tried on."""

    make: Callable[[Any], Any]
    shapes: Any
    """The shape of the input with None for the batch; or a list or dict of shapes, nested at will."""
    several: bool = False
    """Whether the list of shapes is one of arguments, not of inputs in one argument."""
    ids: int = 0
    """If not 0, inputs are whole numbers below it."""
    words: tuple[str, ...] = ()
    """If given, inputs are strings: some of these."""
    positive: bool = False
    """Whether inputs are uniform between 0 and 1; if not, they are normal."""
    smooth: bool = False
    """Whether gradients are compared with finite differences."""
    mixes_time: bool = False
    """Whether a step depends on other steps, masked ones too: then the law of masks does not apply."""
    slow: bool = False
    """Whether it is only tried with the mark `slow`: its programs take long to compile."""
    fixed: bool = False
    """Whether random numbers come from ranges of one number, so that Keras draws the same."""
    without: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Laws that can't hold, and why."""

    @property
    def kind(self) -> str:
        """The class."""
        return self.make.__code__.co_names[0]

    @property
    def name(self) -> str:
        """What the test is called."""
        code = self.make.__code__
        return "-".join([code.co_names[0], *(str(c) for c in code.co_consts[1:] if isinstance(c, str | int))])

    @property
    def dtype(self) -> str:
        """The dtype of the inputs."""
        return "string" if self.words else "int32" if self.ids else "float32"

    @property
    def seeded(self) -> bool:
        """Whether the row gives a seed."""
        return any("seed" in c for c in self.make.__code__.co_consts if isinstance(c, tuple))

    def over(self, make: Callable[[Any], Any]) -> Any:
        """What `make` makes of each shape, in the structure of the inputs."""
        return over(self.shapes, make)

    def inputs(self, batch: int, seed: int = 1, dtype: str = "float32") -> Any:
        """Random inputs."""
        generator = np.random.default_rng(seed)

        def one(shape: Any) -> np.ndarray:
            full = tuple(batch if d is None else d for d in shape)
            if self.words:
                return np.array(self.words, object)[generator.integers(0, len(self.words), full)]
            if self.ids:
                return generator.integers(0, self.ids, full).astype("int32")
            return (generator.uniform if self.positive else generator.normal)(size=full).astype(dtype)

        return self.over(one)

    def call(self, layer: Any, x: Any, **kwargs: Any) -> Any:
        """What the layer makes of such inputs."""
        return layer(*x, **kwargs) if self.several else layer(x, **kwargs)


def over(shapes: Any, make: Callable[[Any], Any]) -> Any:
    """What `make` makes of each shape of a structure of shapes."""
    if isinstance(shapes, tuple):
        return make(shapes)
    if isinstance(shapes, dict):
        return {key: over(one, make) for key, one in shapes.items()}
    return [over(one, make) for one in shapes]


E = Example
RAISES = {"keras masks": "Keras raises where this input has a mask"}
LOSES = {"keras masks": "Keras's loses the mask"}
SEQUENCE, IMAGE, VOLUME = (None, 5, 4), (None, 6, 5, 4), (None, 3, 4, 3, 2)
PAIR = [(None, 3), (None, 3)]

EXAMPLES = [
    E(lambda L: L.Dense(3, "tanh", kernel_regularizer="l2"), (None, 4), smooth=True),
    E(lambda L: L.Dense(3, use_bias=False), SEQUENCE),
    E(lambda L: L.Activation("gelu"), (None, 4), smooth=True),
    E(lambda L: L.Embedding(7, 3, mask_zero=True), (None, 5), ids=7),
    E(lambda L: L.Masking(0.5), SEQUENCE),
    E(lambda L: L.Identity(), (None, 4)),
    E(lambda L: L.Flatten(), IMAGE),
    E(lambda L: L.Flatten("channels_first"), IMAGE),
    E(lambda L: L.Reshape((2, -1)), (None, 6)),
    E(lambda L: L.Permute((2, 1)), SEQUENCE),
    E(lambda L: L.RepeatVector(3), (None, 4)),
    E(lambda L: L.ZeroPadding1D((1, 2)), SEQUENCE),
    E(lambda L: L.ZeroPadding2D(((1, 0), (2, 1)), "channels_first"), IMAGE),
    E(lambda L: L.ZeroPadding3D(1), VOLUME),
    E(lambda L: L.Cropping1D((1, 2)), SEQUENCE),
    E(lambda L: L.Cropping2D((1, 2)), IMAGE),
    E(lambda L: L.Cropping3D(((1, 0), (1, 1), (0, 1))), VOLUME),
    E(lambda L: L.UpSampling1D(2), SEQUENCE),
    E(lambda L: L.UpSampling2D((2, 3)), IMAGE),
    E(lambda L: L.UpSampling2D(2, interpolation="bilinear"), IMAGE),
    E(lambda L: L.UpSampling2D(2, interpolation="bicubic"), IMAGE),
    E(lambda L: L.UpSampling3D(2), VOLUME),
    E(lambda L: L.Rescaling(0.5, 1.0), (None, 4)),
    E(lambda L: L.Dropout(0.5, noise_shape=(None, 1, 4), seed=3), SEQUENCE),
    E(lambda L: L.SpatialDropout1D(0.5, seed=3), SEQUENCE),
    E(lambda L: L.SpatialDropout2D(0.5, "channels_first", seed=3), IMAGE),
    E(lambda L: L.SpatialDropout3D(0.5, seed=3), VOLUME),
    E(lambda L: L.AlphaDropout(0.5, seed=3), (None, 4)),
    E(lambda L: L.GaussianNoise(0.5, seed=3), (None, 4)),
    E(lambda L: L.GaussianDropout(0.5, seed=3), (None, 4)),
    E(lambda L: L.ActivityRegularization(0.1, 0.2), (None, 4)),
    E(lambda L: L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh"), SEQUENCE, smooth=True),
    E(lambda L: L.Conv1D(6, 2, strides=2, groups=2), SEQUENCE),
    E(lambda L: L.Conv2D(3, (3, 2), strides=(2, 1), padding="same"), IMAGE, smooth=True),
    E(lambda L: L.Conv2D(4, 2, data_format="channels_first", groups=2), (None, 4, 5, 6)),
    E(lambda L: L.Conv3D(2, 2, use_bias=False), VOLUME),
    E(lambda L: L.DepthwiseConv1D(2, padding="same"), SEQUENCE),
    E(lambda L: L.DepthwiseConv2D((2, 3), depth_multiplier=2), IMAGE),
    E(lambda L: L.SeparableConv1D(3, 2), SEQUENCE),
    E(lambda L: L.SeparableConv2D(3, 2, depth_multiplier=2, padding="same"), IMAGE),
    E(lambda L: L.MaxPooling1D(2), SEQUENCE),
    E(lambda L: L.MaxPooling2D(3, 2, "same"), IMAGE),
    E(lambda L: L.MaxPooling3D(2), VOLUME),
    E(lambda L: L.AveragePooling1D(3, 2, "same"), SEQUENCE),
    E(lambda L: L.AveragePooling2D((2, 3), data_format="channels_first"), IMAGE),
    E(lambda L: L.AveragePooling3D(2, 1, "same"), VOLUME),
    E(lambda L: L.GlobalMaxPooling1D(), SEQUENCE),
    E(lambda L: L.GlobalMaxPooling2D("channels_first"), IMAGE),
    E(lambda L: L.GlobalMaxPooling3D(keepdims=True), VOLUME),
    E(lambda L: L.GlobalAveragePooling1D(), SEQUENCE),
    E(lambda L: L.GlobalAveragePooling2D(keepdims=True), IMAGE),
    E(lambda L: L.GlobalAveragePooling3D(), VOLUME),
    E(lambda L: L.BatchNormalization(momentum=0.5), SEQUENCE, smooth=True),
    E(lambda L: L.BatchNormalization(axis=1, center=False), IMAGE, without=RAISES),
    E(lambda L: L.BatchNormalization(renorm=True, renorm_momentum=0.5), (None, 4)),
    E(lambda L: L.LayerNormalization(), SEQUENCE, smooth=True),
    E(lambda L: L.LayerNormalization(axis=(1, 2), scale=False), SEQUENCE, mixes_time=True),
    E(lambda L: L.RMSNormalization(), SEQUENCE, without=LOSES),
    E(lambda L: L.GroupNormalization(2), IMAGE, smooth=True),
    E(lambda L: L.GroupNormalization(-1, axis=1), IMAGE),
    E(lambda L: L.UnitNormalization(axis=(1, 2)), SEQUENCE, mixes_time=True),
    E(lambda L: L.ReLU(0.9, negative_slope=0.1, threshold=0.2), (None, 4)),
    E(lambda L: L.LeakyReLU(0.2), (None, 4)),
    E(lambda L: L.PReLU("ones", shared_axes=[1]), SEQUENCE),
    E(lambda L: L.ELU(1.5), (None, 4)),
    E(lambda L: L.Softmax(), (None, 4), smooth=True),
    E(lambda L: L.Softmax(axis=[1, 2]), SEQUENCE, without=RAISES),
    E(lambda L: L.Add(), [(None, 3), (None, 5, 3), (None, 1)]),
    E(lambda L: L.Subtract(), PAIR),
    E(lambda L: L.Multiply(), [(None, 5, 1), (None, 3)]),
    E(lambda L: L.Average(), PAIR),
    E(lambda L: L.Maximum(), PAIR),
    E(lambda L: L.Minimum(), PAIR),
    E(lambda L: L.Concatenate(1), [(None, 5, 3), (None, 2, 3)]),
    E(lambda L: L.Dot(1), PAIR),
    E(lambda L: L.Dot((3, 1), normalize=True), [(None, 2, 3, 4), (None, 4, 3)], smooth=True),
]

# The rows of the families that have a file of their own, which import `Example` from here.
for path in sorted(pathlib.Path(__file__).parent.glob("examples_*.py")):
    EXAMPLES += importlib.import_module(f"tests.laws.{path.stem}").EXAMPLES


def under(law: str, examples: list[Example] | None = None) -> list[Example]:
    """The rows that a law holds for."""
    return [e for e in (EXAMPLES if examples is None else examples) if law not in e.without]


def one_of_each(examples: list[Example]) -> pytest.MarkDecorator:
    """A test for each row: the first of each class by default, the others with the mark `slow`."""
    first = {e.kind: e for e in reversed(examples)}
    slow = [e.slow or first[e.kind] is not e for e in examples]
    rows = [
        pytest.param(e, id=e.name, marks=pytest.mark.slow if s else ()) for e, s in zip(examples, slow, strict=True)
    ]
    return pytest.mark.parametrize("example", rows)


def all_of(examples: list[Example]) -> pytest.MarkDecorator:
    """A test for each row."""
    return pytest.mark.parametrize("example", examples, ids=[e.name for e in examples])
