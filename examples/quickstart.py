"""A convolutional network reads handwritten digits: train, keep the best, save, load, predict."""

import importlib.util
import pathlib
import tempfile
import time

import numpy as np

import kerasish
from kerasish import layers

TARGET = 0.98


def make_model() -> kerasish.Sequential:
    return kerasish.Sequential(
        [
            kerasish.Input((8, 8, 1)),
            layers.Rescaling(1 / 16),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main() -> None:
    start = time.perf_counter()
    kerasish.utils.set_random_seed(1)
    (x, y), (x_test, y_test) = kerasish.datasets.digits.load_data()
    x, x_test = x[..., None].astype("float32"), x_test[..., None].astype("float32")
    folder = pathlib.Path(tempfile.mkdtemp())
    best = folder / "best.keras"

    model = make_model()
    model.summary()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x,
        y,
        batch_size=32,
        epochs=40,
        validation_split=0.1,
        callbacks=[
            kerasish.callbacks.EarlyStopping(monitor="val_loss", patience=8, restore_best_weights=True),
            kerasish.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True),
        ],
    )
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    seconds = time.perf_counter() - start
    print(f"\n{accuracy:.2%} of {len(x_test)} held-out digits read rightly (loss {loss:.4f}), after {seconds:.1f} s")

    loaded = kerasish.saving.load_model(best)
    before, after = model.predict(x_test), loaded.predict(x_test)
    assert np.array_equal(before, after), "the loaded model predicts something else"
    print(f"saved to and loaded from {best.name}: the same predictions, bit for bit")

    if importlib.util.find_spec("matplotlib"):
        print(f"history drawn in {draw(history, folder / 'history.png')}")
    assert accuracy >= TARGET, f"accuracy {accuracy:.4f} is below {TARGET}"


def draw(history: kerasish.callbacks.History, path: pathlib.Path) -> pathlib.Path:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axes, name in ((left, "loss"), (right, "accuracy")):
        axes.plot(history.epoch, history.history[name], label="training")
        axes.plot(history.epoch, history.history[f"val_{name}"], label="validation")
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
        axes.legend()
    figure.savefig(path, dpi=120)
    return path


if __name__ == "__main__":
    main()
