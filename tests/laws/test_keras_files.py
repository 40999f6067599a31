"""Every layer of the table in a file that Keras wrote: read, it gives the same outputs."""

import jax
import numpy as np
import pytest

import kerasish
from tests.laws.examples import all_of, under
from tests.laws.examples_wrapping import KNOWN_TO_KERAS

keras = pytest.importorskip("keras")
for known in KNOWN_TO_KERAS:
    keras.saving.register_keras_serializable("laws")(known)


@pytest.mark.slow  # two models a row
@pytest.mark.filterwarnings("ignore:`fft_length` is recommended", "ignore:Explicitly requested dtype int64")
@all_of(under("keras file"))
def test_a_file_that_keras_wrote_gives_the_same_outputs(example, tmp_path):
    keras.utils.clear_session(free_memory=False)
    x = jax.tree.leaves(example.inputs(3))
    with jax.numpy_dtype_promotion("standard"):
        inputs = example.over(lambda shape: keras.Input(shape[1:], dtype=example.dtype))
        theirs = keras.Model(jax.tree.leaves(inputs), example.call(example.make(keras.layers), inputs))
        random = np.random.default_rng(0)
        theirs.set_weights([random.uniform(0.5, 1.5, w.shape).astype(w.dtype) for w in theirs.get_weights()])
        theirs.save(tmp_path / "theirs.keras")
        drawn = "keras training" in example.without or (has_seeds(theirs) and not example.fixed)
        modes = (False,) if drawn else (False, True)
        ours = kerasish.models.load_model(tmp_path / "theirs.keras")
        weights = theirs.get_weights()
        wanted = [theirs(x, training=training) for training in modes]
    for one, other in zip(ours.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)
    found = [ours(x, training=training) for training in modes]
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def has_seeds(model):
    return any("seed_generator_state" in v.path for v in model.variables)


@pytest.mark.parametrize("given", [{}, {"training": False}, {"training": True}], ids=str)
def test_layers_of_a_file_follow_the_mode_of_the_model_unless_our_users_said_otherwise(given, tmp_path):
    x, path = np.ones((2, 40), "float32"), tmp_path / "m.keras"
    dropped = {}
    for library in (keras, kerasish):
        inputs = library.Input((40,))
        library.Model(inputs, library.layers.Dropout(0.5)(inputs, **given)).save(path)
        model = kerasish.models.load_model(path)
        dropped[library] = [bool((np.asarray(model(x, training=mode)) == 0).any()) for mode in (False, True)]
        assert keras.models.load_model(path)(x, training=False).shape == x.shape
    assert dropped[kerasish] == [given.get("training", False), given.get("training", True)]
    assert dropped[keras] == [given.get("training", False), True]  # Keras notes False of itself, and overrules both
