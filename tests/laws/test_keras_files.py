"""Every layer of the table in a file that Keras wrote: read, it gives the same outputs."""

import jax
import numpy as np
import pytest

import kerasish
from tests.laws.examples import all_of, under
from tests.laws.examples_wrapping import KNOWN_TO_KERAS

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.slow  # two models a row
for known in KNOWN_TO_KERAS:
    keras.saving.register_keras_serializable("laws")(known)


@pytest.mark.filterwarnings("ignore:`fft_length` is recommended")  # says Keras
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
        wanted = theirs(x, training=False)
    ours = kerasish.models.load_model(tmp_path / "theirs.keras")
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(jax.tree.leaves(ours(x, training=False)), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
