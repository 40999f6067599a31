"""Code or prose? An LSTM tells lines of Python's own source from lines of its licence and docstrings."""

import inspect
import json
import pathlib
import random
import re

import numpy as np

import kerasish
from kerasish import layers

LENGTH = 48
MODULES = (json.decoder, json.encoder, random, re, inspect, pathlib)


def lines() -> tuple[list[str], list[str]]:
    """Lines of code, and lines of English, from files that come with Python."""
    code, prose = [], []
    for module in MODULES:
        inside = False
        for line in inspect.getsource(module).splitlines():
            stripped = line.strip()
            quotes = stripped.count('"""')
            text = inside or quotes > 0 or stripped.startswith("#")
            inside ^= quotes == 1
            stripped = stripped.strip('"# ')
            if len(stripped) >= 16:
                (prose if text else code).append(stripped)
    return code, prose


def encode(texts: list[str]) -> np.ndarray:
    """Characters as numbers from 1 to 127; 0 is padding."""
    rows = [[min(ord(c), 127) for c in text[:LENGTH]] for text in texts]
    return kerasish.utils.pad_sequences(rows, maxlen=LENGTH, padding="post")


def main() -> None:
    kerasish.utils.set_random_seed(3)
    code, prose = lines()
    x = encode(code + prose)
    y = np.array([1] * len(code) + [0] * len(prose), "float32")
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    print(f"{len(code)} lines of code, {len(prose)} lines of prose")

    model = kerasish.Sequential(
        [
            layers.Embedding(128, 24, mask_zero=True),
            layers.Bidirectional(layers.LSTM(24)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", kerasish.metrics.AUC(name="auc")])
    cut = len(x) * 4 // 5
    balance = {0: len(y) / (2 * len(prose)), 1: len(y) / (2 * len(code))}
    model.fit(
        x[:cut],
        y[:cut],
        epochs=6,
        batch_size=64,
        class_weight=balance,
        validation_data=(x[cut:], y[cut:]),
        callbacks=[kerasish.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=2)],
    )
    result = model.evaluate(x[cut:], y[cut:], return_dict=True, verbose=0)
    for text in ("for index, value in enumerate(rows):", "Returns the first match, or None if there is none."):
        print(f"{model.predict(encode([text]))[0, 0]:.2f}  {text}")
    assert result["accuracy"] > 0.9, result


if __name__ == "__main__":
    main()
