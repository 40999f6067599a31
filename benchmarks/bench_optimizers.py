"""One Adam update, ours against optax's: over 200 small variables, and over 10 M values in a few large ones."""

import argparse

import jax
import numpy as np
import optax
from measure import alternate, machine, median

from kerasish.core.variable import Variable, pure
from kerasish.optimizers import Adam

SIZES = {
    "200 variables, 0.16 M values": [(64, 24), (24,)] * 100,
    "10 variables, 10 M values": [(1000, 1000)] * 10,
}
"""Shapes of weights, by what they stand for."""


def arrays(shapes, scale):
    random = np.random.default_rng(0)
    return [jax.numpy.asarray(random.normal(size=shape).astype("float32") * scale) for shape in shapes]


class Ours:
    """`Adam().apply` as the training step runs it: values in, new values out, all donated."""

    def __init__(self, shapes):
        weights = [Variable(value, name=f"w{index}") for index, value in enumerate(arrays(shapes, 1.0))]
        optimizer = Adam(1e-3)
        optimizer.build(weights)
        variables = [*weights, *optimizer.variables]
        step = pure(lambda gradients: optimizer.apply(gradients, weights), variables)
        self.run = jax.jit(lambda values, gradients: step(values, gradients)[1], donate_argnums=0)
        self.state = [jax.numpy.array(v.value) for v in variables]
        self.gradients = arrays(shapes, 0.1)

    def __call__(self):
        self.state = self.run(self.state, self.gradients)
        jax.block_until_ready(self.state)


class Optax:
    """`optax.adam`, written as its documentation does, all donated."""

    def __init__(self, shapes):
        transformation = optax.adam(1e-3, eps=1e-7)

        def step(carry, gradients):
            params, state = carry
            updates, state = transformation.update(gradients, state, params)
            return optax.apply_updates(params, updates), state

        params = arrays(shapes, 1.0)
        self.run = jax.jit(step, donate_argnums=0)
        self.state = params, transformation.init(params)
        self.gradients = arrays(shapes, 0.1)

    def __call__(self):
        self.state = self.run(self.state, self.gradients)
        jax.block_until_ready(self.state)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    print(machine(), f"optax {optax.__version__}")
    print(f"{'':32}{'ours, ms':>10}{'optax, ms':>11}{'ratio':>8}")
    for name, shapes in SIZES.items():
        both = {"ours": Ours(shapes), "optax": Optax(shapes)}
        alternate(both, 5)  # compiled, and warm
        seconds = alternate(both, rounds)
        ours, theirs = (median(seconds[side]) * 1e3 for side in both)
        print(f"{name:32}{ours:10.3f}{theirs:11.3f}{ours / theirs:8.2f}")


if __name__ == "__main__":
    main()
