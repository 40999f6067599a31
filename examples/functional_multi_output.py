"""One picture, two questions: which digit, and how much ink? A functional model with two inputs and two outputs."""

import numpy as np

import kerasish
from kerasish import layers, ops


def make_model() -> kerasish.Model:
    image = kerasish.Input((8, 8, 1), name="image")
    brightness = kerasish.Input((1,), name="brightness")
    x = layers.Conv2D(16, 3, activation="relu")(image * brightness[:, :, None, None])
    x = layers.Conv2D(32, 3, activation="relu")(x)
    features = layers.Flatten()(x)
    digit = layers.Dense(10, name="digit")(layers.Dense(64, activation="relu")(features))
    ink = layers.Dense(1, name="ink")(ops.concatenate([features, brightness], axis=-1))
    return kerasish.Model(
        {"image": image, "brightness": brightness}, {"digit": digit, "ink": ink}, name="two_questions"
    )


def main() -> None:
    kerasish.utils.set_random_seed(2)
    (x, y), (x_test, y_test) = kerasish.datasets.digits.load_data()
    random = np.random.default_rng(0)

    def prepare(pictures):
        pictures = pictures[..., None].astype("float32") / 16
        brightness = random.uniform(0.5, 1.5, (len(pictures), 1)).astype("float32")
        ink = pictures.mean((1, 2)) * brightness
        return {"image": pictures, "brightness": brightness}, ink

    inputs, ink = prepare(x)
    test_inputs, test_ink = prepare(x_test)
    model = make_model()
    model.summary()
    model.compile(
        optimizer=kerasish.optimizers.AdamW(2e-3),
        loss={"digit": kerasish.losses.SparseCategoricalCrossentropy(from_logits=True), "ink": "mse"},
        loss_weights={"digit": 1.0, "ink": 10.0},
        metrics={"digit": ["accuracy"], "ink": ["mae"]},
    )
    model.fit(inputs, {"digit": y, "ink": ink}, epochs=15, batch_size=64, validation_split=0.1)
    result = model.evaluate(test_inputs, {"digit": y_test, "ink": test_ink}, return_dict=True, verbose=0)
    print({name: round(value, 4) for name, value in result.items()})
    assert result["digit_accuracy"] > 0.95
    assert result["ink_mae"] < 0.03


if __name__ == "__main__":
    main()
