"""A small causal language model: it reads the characters of Python's own documentation, and writes some of its own."""

import pydoc_data.topics

import numpy as np

import kerasish
from kerasish import layers, ops

CONTEXT, WIDTH, HEADS, BLOCKS = 64, 64, 4, 2


@kerasish.saving.register_keras_serializable("examples")
class Positions(layers.Layer):
    """Adds a vector for each place in the text."""

    def build(self, input_shape):
        self.table = self.add_weight((CONTEXT, input_shape[-1]), initializer="uniform", name="table")

    def call(self, inputs):
        return inputs + self.table[: inputs.shape[1]]


def block(x):
    """Attention to what came before, then a network for each place by itself."""
    attended = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(
        *[layers.LayerNormalization()(x)] * 2, use_causal_mask=True
    )
    x = x + attended
    hidden = layers.Dense(4 * WIDTH, "gelu")(layers.LayerNormalization()(x))
    return x + layers.Dense(WIDTH)(hidden)


def build(vocabulary):
    """Ids of characters in, for each place the logits of the next character out."""
    ids = kerasish.Input((CONTEXT,), dtype="int32")
    x = Positions()(layers.Embedding(vocabulary, WIDTH)(ids))
    for _ in range(BLOCKS):
        x = block(x)
    return kerasish.Model(ids, layers.Dense(vocabulary)(layers.LayerNormalization()(x)))


def sample(model, start, characters, count, temperature=0.6, seed=0):
    """`start`, and `count` characters that the model writes after it, each drawn by its probability."""
    random = np.random.default_rng(seed)
    ids = [characters.index(c) for c in start]
    for _ in range(count):
        window = ids[-CONTEXT:]
        padded = window + [0] * (CONTEXT - len(window))  # what comes later is not seen
        logits = model.predict_on_batch(np.array([padded], "int32"))[0, len(window) - 1]
        chances = np.asarray(ops.softmax(logits / temperature), "float64")
        ids.append(int(random.choice(len(characters), p=chances / chances.sum())))
    return "".join(characters[i] for i in ids)


def main():
    kerasish.utils.set_random_seed(0)
    text = "".join(c if c.isascii() and (c.isprintable() or c == "\n") else " " for c in topics())[:200_000]
    characters = sorted(set(text))
    ids = np.array([characters.index(c) for c in text], "int32")
    starts = np.arange(0, len(ids) - CONTEXT - 1, CONTEXT // 4)
    x = ids[starts[:, None] + np.arange(CONTEXT)]
    y = ids[starts[:, None] + np.arange(1, CONTEXT + 1)]
    held = len(x) // 10
    model = build(len(characters))
    loss = kerasish.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kerasish.optimizers.AdamW(3e-3, weight_decay=0.01), loss, metrics=["accuracy"])
    model.fit(x[:-held], y[:-held], batch_size=64, epochs=3, validation_data=(x[-held:], y[-held:]), verbose=2)
    found, accuracy = model.evaluate(x[-held:], y[-held:], verbose=0)
    print(f"held out: {found / np.log(2):.2f} bits a character, {accuracy:.0%} of the next characters right")
    print(sample(model, "The function ", characters, 200))
    assert found < 2.3, "single characters alone give 3.1 nats: the model has learnt nothing of their order"


def topics():
    """The text of Python's reference that `help()` shows."""
    found = pydoc_data.topics.topics
    return "\n".join(found[name] for name in sorted(found))


if __name__ == "__main__":
    main()
