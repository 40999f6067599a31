"""Code or English? A model whose input is strings: its first layer, TextVectorization, turns them into numbers.

The texts are lines of the source code of Python's own modules, and sentences of their docstrings and comments.
"""

import argparse
import asyncio
import email.message
import inspect
import logging
import pathlib
import random
import statistics
import tarfile
import tempfile
import typing
import unittest.mock

import numpy as np

import kerasish
from kerasish import layers

MODULES = (argparse, asyncio.base_events, email.message, inspect, logging, pathlib, random)
MODULES += (statistics, tarfile, tempfile, typing, unittest.mock)
WORDS, LENGTH = 4000, 24


def lines() -> tuple[np.ndarray, np.ndarray]:
    """Lines with at least three words, each once, and 1 for each that is English."""
    found: dict[str, float] = {}
    for module in MODULES:
        inside = False
        for line in inspect.getsource(module).splitlines():
            stripped = line.strip()
            quotes = stripped.count('"""')
            english = inside or quotes > 0 or stripped.startswith("#")
            inside ^= quotes == 1
            text = stripped.strip("\"'# ")
            if len(text.split()) >= 3 and ">>>" not in text:
                found.setdefault(text, float(english))
    return np.array(list(found), object), np.array(list(found.values()), "float32")


def main() -> None:
    kerasish.utils.set_random_seed(1)
    x, y = lines()
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    cut = len(x) * 4 // 5
    print(f"{len(x)} lines, {y.mean():.0%} of them English")

    words = layers.TextVectorization(max_tokens=WORDS, output_sequence_length=LENGTH)
    words.adapt(x[:cut])
    model = kerasish.Sequential(
        [
            kerasish.Input((1,), dtype="string"),
            words,
            layers.Embedding(WORDS, 32, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dropout(0.3),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x[:cut, None], y[:cut], epochs=6, batch_size=64, validation_data=(x[cut:, None], y[cut:]))
    result = model.evaluate(x[cut:, None], y[cut:], return_dict=True, verbose=0)
    print(f"accuracy on lines that were held out: {result['accuracy']:.3f}")
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/text.keras")  # with its vocabulary
        again = kerasish.saving.load_model(f"{folder}/text.keras")
    for text in ("for index, value in enumerate(rows):", "The value that is returned if there is none."):
        print(f"{again.predict([[text]])[0, 0]:.2f}  {text}")
    assert result["accuracy"] > 0.85, result


if __name__ == "__main__":
    main()
