"""The table of `summary()`."""

import kerasish
from kerasish import layers


def text_of(model, **kwargs):
    found = []
    model.summary(print_fn=found.append, **kwargs)
    return "\n".join(found)


def test_a_chain_has_shapes_and_parameters():
    model = kerasish.Sequential(
        [kerasish.Input((4,)), layers.Dense(3, name="first"), layers.Dense(2, name="last")], name="m"
    )
    text = text_of(model)
    assert 'Model: "m"' in text and "first (Dense)" in text and "(None, 3)" in text
    assert "15" in text and "Total params: 23 (92.00 B)" in text
    assert "Connected to" not in text


def test_a_graph_has_connections():
    x = kerasish.Input((4,), name="x")
    a = layers.Dense(3, name="a")(x)
    model = kerasish.Model(x, layers.Add(name="sum")([a, a * 2]))
    text = text_of(model, line_length=120)
    assert "a[0][0], multiply[0][0]" in text and "multiply (Multiply)" in text


def test_options():
    inner = kerasish.Sequential([kerasish.Input((4,)), layers.Dense(3, name="deep")], name="inner")
    model = kerasish.Sequential([kerasish.Input((4,)), inner, layers.Dense(1, name="out")])
    inner.trainable = False
    assert "deep" in text_of(model, expand_nested=True) and "deep" not in text_of(model)
    assert "N" in text_of(model, show_trainable=True)
    assert "out (Dense)" not in text_of(model, layer_range=("inner", "inner"))
    assert "Non-trainable params: 15" in text_of(model)


def test_an_unbuilt_model_says_so():
    assert "unbuilt" in text_of(kerasish.Sequential([layers.Dense(3)]))
