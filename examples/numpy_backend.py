"""Train on JAX, then predict in a process that runs on NumPy alone: the same numbers from the reference backend."""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import kerasish
from kerasish import layers

FOLDER = "KERASISH_EXAMPLE_FOLDER"


def train(folder: pathlib.Path) -> None:
    kerasish.utils.set_random_seed(5)
    (x, y), (x_test, _) = kerasish.datasets.digits.load_data()
    model = kerasish.Sequential(
        [
            kerasish.Input((8, 8, 1)),
            layers.Rescaling(1 / 16),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[..., None], y, epochs=3, verbose=2)
    model.save(folder / "digits.keras")
    np.save(folder / "predictions.npy", model.predict(x_test[..., None]))


def check(folder: pathlib.Path) -> None:
    model = kerasish.saving.load_model(folder / "digits.keras")
    _, (x_test, _) = kerasish.datasets.digits.load_data()
    here, there = model.predict(x_test[..., None]), np.load(folder / "predictions.npy")
    print(f"backend {kerasish.backend.backend()}: largest difference {np.abs(here - there).max():.1e}")
    assert np.allclose(here, there, atol=1e-5)
    try:
        model.fit(x_test[..., None], np.zeros(len(x_test)))
    except NotImplementedError as error:
        print(f"fit says: {error}")


def main() -> None:
    if FOLDER in os.environ:
        check(pathlib.Path(os.environ[FOLDER]))
        return
    with tempfile.TemporaryDirectory() as folder:
        train(pathlib.Path(folder))
        environment = os.environ | {"KERASISH_BACKEND": "numpy", FOLDER: folder}
        subprocess.run([sys.executable, __file__], env=environment, check=True)


if __name__ == "__main__":
    main()
