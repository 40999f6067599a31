"""`AugMix`: each image mixed with chains of transformations of itself."""

from __future__ import annotations

from typing import Any

from kerasish import ops, random
from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core import tree
from kerasish.layers.arguments import one_of, whole
from kerasish.layers.preprocessing.image.augmentation import Drawn, ImageAugmentation, per_image
from kerasish.layers.preprocessing.image.policies import arrays_of, choices, each
from kerasish.layers.preprocessing.image.ranges import INTERPOLATIONS, betas, is_number, log_gammas, value_span


class AugMix(ImageAugmentation):
    """`m x + (1 - m) sum_i w_i chain_i(x)`, with `m` of Beta(alpha, alpha) and `w` of Dirichlet(alpha, ..., alpha).

    A chain is `chain_depth` transformations, each one of those that `RandAugment` names, or none. Which they are is
    drawn for the batch; how strong they are, `m` and `w` for each image. (Keras 3.15.1 draws `m` and `w` for the
    batch.) Boxes and masks stay.

    Args:
        value_range: The least and the greatest value of a pixel.
        num_chains: How many chains are mixed.
        chain_depth: How long they are.
        factor: The range of the strength, within 0 and 1; a number `f` means `(0, f)`.
        alpha: Above 0: how even the mixture is.
        all_ops: Whether brightness, colour degeneration, contrast and sharpness are among the transformations.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Makes the random numbers repeatable.
        data_format: Where the channels are; there must be 3, or 1, for `all_ops`.

    Source: Hendrycks et al., 2020, https://arxiv.org/abs/1912.02781
    """

    factor_bounds = (0.0, 1.0)

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = value_span(value_range, "AugMix")
        self.num_chains = whole(num_chains, "num_chains", "AugMix")
        self.chain_depth = whole(chain_depth, "chain_depth", "AugMix")
        if not is_number(alpha) or alpha <= 0:
            raise ValueError(f"AugMix's alpha must be a number above 0; got {alpha!r}.")
        self.alpha = alpha
        self.all_ops = all_ops
        self.interpolation = one_of(interpolation, INTERPOLATIONS, "interpolation", "AugMix")
        self.keep_seed(seed)
        known = choices(self.factor or (0, 0), self.value_range, self.interpolation)
        self.choices = known if all_ops else known[:7]

    def draw(self, shape: tuple[int, ...], seed: Any) -> Drawn:
        batch, steps = shape[0], (self.num_chains, self.chain_depth)
        count = self.num_chains * self.chain_depth
        chosen = random.randint(steps, 0, len(self.choices) + 1, seed=seed)  # the last number: nothing
        drawn = [arrays_of(choice.draw((count * batch, *shape[1:]), seed)) for choice in self.choices]
        shares = log_gammas(self.alpha, (self.num_chains, batch), seed)
        return {
            "layer_idxes": chosen,
            "transforms": tree.map(lambda x: xp.reshape(x, (*steps, batch, *x.shape[1:])), drawn),
            "chain_mixing_weights": ops.softmax(shares, axis=0),
            "weight_sample": betas(self.alpha, batch, seed),
        }

    def augment(self, images: Array, drawn: Drawn) -> Array:
        def step(x: Array, one: tuple[Array, list[Drawn]]) -> Array:
            index, transforms = one
            pairs = zip(self.choices, transforms, strict=True)
            changes = [lambda y, choice=choice, given=given: choice.augment(y, given) for choice, given in pairs]
            return ops.switch(index, [*changes, lambda y: y], x)

        def chain(total: Array, one: tuple[Array, Array, list[Drawn]]) -> Array:
            weight, indices, transforms = one
            return total + per_image(weight, images) * each(step, images, (indices, transforms))

        chains = (drawn["chain_mixing_weights"], drawn["layer_idxes"], drawn["transforms"])
        mixed = each(chain, xp.zeros_like(images), chains)
        own = per_image(drawn["weight_sample"], images)
        return own * images + (1 - own) * mixed


__all__ = ["AugMix"]
