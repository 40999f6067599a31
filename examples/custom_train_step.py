"""Two custom steps: training that resists noise in plain code, and the same in Keras's signature for JAX."""

import jax
import numpy as np

import kerasish
from kerasish import layers, ops


class Robust(kerasish.Model):
    """A classifier that is trained on a picture and on a noisy copy of it, and told to say the same of both."""

    def __init__(self, classes: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.body = kerasish.Sequential(
            [layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu")]
        )
        self.head = layers.Dense(classes)
        self.noise = layers.GaussianNoise(0.1)
        self.agreement = kerasish.metrics.Mean(name="agreement")

    def call(self, x, training=False):
        return self.head(self.body(self.noise(x, training=training)))

    def train_step(self, data):
        x, y = data

        def loss_of_batch():
            first, second = self(x, training=True), self(x, training=True)
            distance = ops.mean(ops.square(first - second))
            loss = self.compute_loss(x=x, y=y, y_pred=first) + 0.1 * distance
            return loss, (loss, first, distance)

        (_, (loss, y_pred, distance)), gradients = kerasish.value_and_grad(loss_of_batch, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.agreement.update_state(distance)
        return self.compute_metrics(x, y, y_pred) | {"loss": loss}


class Stateless(kerasish.Model):
    """The same kind of classifier with a step in Keras's signature: state in, state out."""

    def train_step(self, state, data):
        trainable, fixed, optimizer, metrics = state
        x, y = data

        def loss_of(trainable, fixed):
            y_pred, fixed = self.stateless_call(trainable, fixed, x, training=True)
            return self.compute_loss(x, y, y_pred), (y_pred, fixed)

        (loss, (_, fixed)), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable, fixed)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return {"loss": loss}, (trainable, fixed, optimizer, metrics)


def main() -> None:
    kerasish.utils.set_random_seed(4)
    (x, y), (x_test, y_test) = kerasish.datasets.digits.load_data()
    x, x_test = x.astype("float32") / 16, x_test.astype("float32") / 16
    loss = kerasish.losses.SparseCategoricalCrossentropy(from_logits=True)

    robust = Robust(10)
    robust.compile(kerasish.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    history = robust.fit(x, y, epochs=10, batch_size=64, verbose=2)
    assert "agreement" in history.history
    accuracy = np.mean(robust.predict(x_test).argmax(-1) == y_test)
    print(f"plain code: {accuracy:.2%}")

    inputs = kerasish.Input((8, 8))
    hidden = layers.Dense(64, activation="relu")(layers.Flatten()(inputs))
    stateless = Stateless(inputs, layers.Dense(10)(hidden))
    stateless.compile(kerasish.optimizers.Adam(3e-3), loss)
    stateless.fit(x, y, epochs=20, batch_size=64, verbose=2)
    second = np.mean(stateless.predict(x_test).argmax(-1) == y_test)
    print(f"Keras's signature: {second:.2%}")
    assert accuracy > 0.94
    assert second > 0.94


if __name__ == "__main__":
    main()
