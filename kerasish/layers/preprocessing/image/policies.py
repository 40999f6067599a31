"""The transformations that `RandAugment` and `AugMix` choose from, and how one of them is applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation
from kerasish.layers.preprocessing.image.colors import RandomColorDegeneration
from kerasish.layers.preprocessing.image.equalization import AutoContrast, Equalization
from kerasish.layers.preprocessing.image.rotation import RandomRotation
from kerasish.layers.preprocessing.image.sharpness import RandomSharpness
from kerasish.layers.preprocessing.image.tones import (
    RandomBrightness,
    RandomContrast,
    RandomPosterization,
    Solarization,
)
from kerasish.layers.preprocessing.image.translation import RandomShear, RandomTranslation

Span = tuple[float, float]


def choices(factor: Span, value_range: Span, interpolation: str, **kwargs: Any) -> list[ImageAugmentation]:
    """All transformations, with the strength `factor`. The first seven are those that AugMix's paper uses."""
    shared = {"value_range": value_range, **kwargs}
    warping = {"interpolation": interpolation, **kwargs}
    return [
        RandomShear(factor, factor, **warping),
        RandomTranslation(factor, factor, **warping),
        RandomRotation(factor, **warping),
        Solarization(factor, factor, **shared),
        RandomPosterization((1, max(1, int(8 * factor[1]))), **shared),
        AutoContrast(**shared),
        Equalization(**shared),
        RandomBrightness(factor, **shared),
        RandomColorDegeneration(factor, **shared),
        RandomContrast(factor, **shared),
        RandomSharpness(factor, **shared),
    ]


def each(step: Callable[[Tree, Tree], Tree], state: Tree, xs: Tree) -> Tree:
    """`state = step(state, x)` for each `x` along the first axis of `xs`: compiled once, or plain calls."""
    leaves = tree.leaves(xs)
    if any(engine.is_traced(leaf) for leaf in leaves):
        return engine.scan(lambda carry, x: (step(carry, x), None), state, xs)[0]
    for index in range(leaves[0].shape[0]):
        state = step(state, tree.map(lambda leaf, index=index: leaf[index], xs))
    return state


def arrays_of(drawn: Drawn) -> Drawn:
    """What was drawn, without what is no array."""
    return {name: x for name, x in drawn.items() if engine.is_array(x)}
