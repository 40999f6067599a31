"""What users get wrong, and what they are told. A failed call changes nothing."""

import numpy as np
import pytest

import kerasish
from kerasish import layers

X = np.ones((8, 3), "float32")
Y = np.ones((8, 1), "float32")


def make_model(loss="mse", **kwargs):
    model = kerasish.Sequential([kerasish.Input((3,), name="x"), layers.Dense(1)])
    model.compile("sgd", loss, **kwargs)
    return model


def endless():
    while True:
        yield X, Y


def once():
    yield from [(X, Y)] * 3


CASES = {
    "features": (lambda m: m.fit(np.ones((8, 4)), Y), r"\(batch, 3\) for input 'x'; got \(batch, 4\)"),
    "target shape": (lambda m: m.fit(X, np.ones((8, 3))), "shape"),
    "no target": (lambda m: m.fit(X), "needs targets"),
    "batch_size=0": (lambda m: m.fit(X, Y, batch_size=0), "batch_size must be a whole number of at least 1; got 0"),
    "batch_size<0": (lambda m: m.predict(X, batch_size=-4), "batch_size"),
    "batch_size float": (lambda m: m.fit(X, Y, batch_size=8.0), "batch_size must be a whole number"),
    "epochs float": (lambda m: m.fit(X, Y, epochs=1.5), "epochs must be a whole number"),
    "epochs<0": (lambda m: m.fit(X, Y, epochs=-3), "epochs"),
    "steps_per_epoch=0": (lambda m: m.fit(X, Y, steps_per_epoch=0), "steps_per_epoch"),
    "validation_split": (lambda m: m.fit(X, Y, validation_split=1.5), "fraction between 0 and 1; got 1.5"),
    "rows": (lambda m: m.fit(X, Y[:5]), "x has 8, y has 5"),
    "weights": (lambda m: m.fit(X, Y, sample_weight=np.ones(3)), "sample_weight has 3"),
    "objects": (lambda m: m.fit(X.astype(object), Y), r"astype\('float32'\)"),
    "complex": (lambda m: m.fit(X + 0j, Y), "complex"),
    "strings": (lambda m: m.fit(np.array([["a"] * 3] * 8), Y), "strings"),
    "ragged": (lambda m: m.predict([[1.0], [1.0, 2.0]]), "different lengths"),
    "y with generator": (lambda m: m.fit(endless(), Y), "`y` can't be given"),
    "generator ran out": (lambda m: m.fit(once(), steps_per_epoch=2, epochs=2, verbose=0), "ran out in epoch 2"),
    "generator is empty": (lambda m: m.fit(iter(())), "at least one"),
    "four items": (lambda m: m.fit(iter([(X, Y, Y, Y)])), "tuple of 4"),
    "a list as a batch": (lambda m: m.fit(iter([[X, Y]])), "a batch is a tuple"),
    "class missing": (lambda m: m.fit(X, Y, class_weight={0: 1.0}), r"also has \[1\]"),
    "class of a number": (lambda m: m.fit(X, Y + 0.5, class_weight={1: 1.0}), "regression"),
    "verbose": (lambda m: m.fit(X, Y, verbose=7), "verbose must be"),
    "unknown argument": (lambda m: m.evaluate(X, Y, batchsize=3), "batchsize"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_mistake_is_explained_and_nothing_changes(name):
    call, message = CASES[name]
    model = make_model()
    before = model.get_weights()
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        call(model)
    assert len(str(caught.value)) <= 600
    model_after = model.get_weights()
    if name != "generator ran out":  # two steps were completed there
        for one, other in zip(before, model_after, strict=True):
            np.testing.assert_array_equal(one, other)
    assert np.isfinite(model.predict(X)).all()


def test_what_compile_is_given_must_exist():
    with pytest.raises(ValueError, match="Did you mean 'mean_squared_error'"):
        make_model(loss="mean_sqared_error")
    with pytest.raises(ValueError, match="optimizer named 'adm'.*Did you mean 'Adam'|adam"):
        kerasish.Sequential().compile("adm")
    with pytest.raises(ValueError, match="steps_per_execution"):
        make_model(steps_per_execution=0)


def test_fit_before_compile_says_so():
    with pytest.raises(ValueError, match=r"Call `compile\(\)`"):
        kerasish.Sequential([layers.Dense(1)]).fit(X, Y)


def test_structures_of_outputs():
    inputs = kerasish.Input((3,))
    model = kerasish.Model(inputs, {"p": layers.Dense(1)(inputs), "q": layers.Dense(1)(inputs)})
    model.compile("sgd", {"p": "mse", "r": "mse"})
    with pytest.raises(ValueError, match="names the output 'r'"):
        model.fit(X, {"p": Y, "q": Y})
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="needs targets"):
        model.fit(X, {"p": Y})
    with pytest.raises(ValueError, match="2 outputs"):
        model.fit(X, Y)


def test_set_weights_checks_all_before_it_sets_any():
    model = make_model()
    before = model.get_weights()
    with pytest.raises(ValueError, match="shape"):
        model.set_weights([before[0] + 1, np.ones(5)])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.raises(ValueError, match="2 weights; set_weights got 1"):
        model.set_weights(before[:1])


def classifier(loss="sparse_categorical_crossentropy", units=3, activation="softmax", **kwargs):
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(units, activation=activation, name="out")])
    model.compile("sgd", loss, **kwargs)
    return model


LABELS = np.arange(8) % 3
TARGETS = {
    "too great": ("sparse_categorical_crossentropy", 3, LABELS + 1, r"y has 3 at row 2; output 'out' has 3 classes"),
    "negative": ("sparse_categorical_crossentropy", 3, LABELS - 1, "ignore_class=-1"),
    "fractions": ("sparse_categorical_crossentropy", 3, LABELS + 0.4, "class numbers must be whole"),
    "no probability": ("binary_crossentropy", 1, LABELS, "from 0 to 1"),
    "not finite": ("mse", 1, np.where(LABELS == 2, np.nan, 1.0), "y has nan at row 2"),
    "numbers for one-hot": ("categorical_crossentropy", 3, LABELS, "use sparse_categorical_crossentropy"),
    "one-hot for numbers": ("sparse_categorical_crossentropy", 3, np.eye(3)[LABELS], "use categorical_crossentropy"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets_that_fit_no_loss_are_named(name):
    loss, units, y, message = TARGETS[name]
    with pytest.raises(ValueError, match=message):
        classifier(loss, units, "sigmoid" if units == 1 else "softmax").fit(X, y, verbose=0)


def test_what_a_weight_or_ignore_class_leaves_out_may_be_anything():
    ignoring = kerasish.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    classifier(ignoring).fit(X, LABELS - 1, verbose=0)
    classifier().fit(X, LABELS - 1, sample_weight=(LABELS > 0).astype("float32"), verbose=0)


def test_a_softmax_over_one_unit_is_refused():
    with pytest.raises(ValueError, match="always 1; use a sigmoid"):
        classifier("mse", 1).fit(X, Y, verbose=0)


def test_an_output_without_activation_for_a_loss_of_probabilities_is_told():
    with pytest.warns(UserWarning, match="from_logits=True, or the layer activation='softmax'"):
        classifier(activation=None).fit(X, LABELS, verbose=0)


def test_a_loss_that_is_not_finite_is_told_with_its_cause():
    bad = X.copy()
    bad[2, 1] = np.nan
    with pytest.warns(UserWarning, match="The loss is nan in epoch 1: x has nan at row 2"):
        make_model().fit(bad, Y, epochs=3, verbose=0)


def test_layers_that_the_model_does_not_hold_are_named():
    class Holder:
        def __init__(self):
            self.lost = layers.Dense(2, name="lost")

    class Model(kerasish.Model):
        def __init__(self):
            super().__init__()
            self.holder, self.out = Holder(), layers.Dense(1)

        def call(self, x):
            return self.out(self.holder.lost(x))

    model = Model()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="calls lost, which it does not hold"):
        model.fit(X, Y, verbose=0)


def test_accuracy_of_logits_splits_at_zero():
    model = classifier(kerasish.losses.BinaryCrossentropy(from_logits=True), 1, None, metrics=["accuracy"])
    model.set_weights([np.array([[1.0], [0.0], [0.0]]), np.zeros(1)])
    x = np.array([[0.2, 0, 0], [-0.2, 0, 0], [0.4, 0, 0], [3.0, 0, 0]])
    assert model.evaluate(x, np.array([1, 0, 1, 1]), verbose=0, return_dict=True)["accuracy"] == 1.0
