"""Numbers and strings in one table: FeatureSpace prepares each column, and a small model learns from all of them.

The table is made up: who comes back to a shop depends on age, on money spent, on the city, and on which plan is
bought through which channel, which only a cross of the two columns shows.
"""

import tempfile

import numpy as np

import kerasish
from kerasish.layers import Dense, Dropout
from kerasish.utils import FeatureSpace

CITIES = {"Oslo": 0.8, "Rome": -0.5, "Lima": 0.1, "Cairo": -0.9}


def table(rows: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Columns, and 1 for who comes back."""
    draw = np.random.default_rng(seed)
    columns = {
        "age": draw.uniform(18, 80, rows),
        "spent": draw.lognormal(3, 1, rows),
        "visits": draw.integers(0, 6, rows),
        "city": draw.choice(list(CITIES), rows),
        "plan": draw.choice(["basic", "plus", "pro"], rows),
        "channel": draw.integers(1, 4, rows),
    }
    together = (np.char.str_len(columns["plan"]) + columns["channel"]) % 2
    score = 1.5 * np.cos(columns["age"] / 10) + 0.4 * (np.log(columns["spent"]) - 3) + 0.3 * columns["visits"] - 0.8
    score += np.array([CITIES[city] for city in columns["city"]]) + 2.0 * (together - 0.5)
    return columns, (draw.logistic(0, 0.3, rows) < score).astype("float32")


def main() -> None:
    kerasish.utils.set_random_seed(2)
    x, y = table(6000, seed=0)
    held_out, truth = table(1500, seed=1)
    space = FeatureSpace(
        {
            "age": FeatureSpace.float_discretized(num_bins=20),
            "spent": "float_normalized",
            "visits": FeatureSpace.integer_categorical(num_oov_indices=0),
            "city": FeatureSpace.string_categorical(num_oov_indices=1),
            "plan": "string_categorical",
            "channel": "integer_categorical",
        },
        crosses=[FeatureSpace.cross(("plan", "channel"), crossing_dim=24)],
        output_mode="concat",
    )
    space.adapt(x)
    encoded = space.get_encoded_features()
    print(f"{len(x)} columns become {encoded.shape[-1]} numbers")

    hidden = Dropout(0.2)(Dense(32, activation="relu")(encoded))
    model = kerasish.Model(space.get_inputs(), Dense(1, activation="sigmoid")(hidden))  # takes the table as it is
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=20, batch_size=64, validation_data=(held_out, truth))
    accuracy = model.evaluate(held_out, truth, return_dict=True, verbose=0)["accuracy"]
    print(f"accuracy on rows that were held out: {accuracy:.3f}; always guessing the same: {truth.mean():.3f}")

    person = {"age": 33, "spent": 60.0, "visits": 2, "city": "Oslo", "plan": "pro", "channel": 1}
    one = {name: np.array([[value]]) for name, value in person.items()}
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/shop.keras")
        again = kerasish.saving.load_model(f"{folder}/shop.keras")
    print(f"{again.predict(one)[0, 0]:.0%} that this person comes back: {person}")
    assert accuracy > 0.85, accuracy


if __name__ == "__main__":
    main()
