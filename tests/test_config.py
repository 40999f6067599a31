"""What a program sets once."""

import pytest

from kerasish import config


@pytest.fixture(autouse=True)
def restored():
    yield
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")
    config.enable_interactive_logging()
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def test_what_is_set_is_what_is_read():
    assert (config.floatx(), config.epsilon(), config.image_data_format()) == ("float32", 1e-7, "channels_last")
    config.set_floatx("bfloat16")
    config.set_epsilon(1e-3)
    config.set_image_data_format("channels_first")
    assert (config.floatx(), config.epsilon(), config.image_data_format()) == ("bfloat16", 1e-3, "channels_first")
    assert config.is_interactive_logging_enabled()
    config.disable_interactive_logging()
    assert not config.is_interactive_logging_enabled()
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (None, None)
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: config.set_floatx("float8"), "floatx must be one of 'bfloat16'.*got 'float8'"),
        (lambda: config.set_epsilon(0), "epsilon must be between 0 and 1; got 0"),
        (lambda: config.set_image_data_format("nhwc"), "must be 'channels_last' or 'channels_first'; got 'nhwc'"),
        (lambda: config.set_dtype_policy("float8"), "is not a dtype|no dtype policy"),
    ],
)
def test_other_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_backend_is_chosen_at_import():
    config.set_backend(config.backend())
    with pytest.raises(RuntimeError, match="'torch': set the environment variable KERASISH_BACKEND=torch before"):
        config.set_backend("torch")


def test_what_keras_has_and_nothing_here_needs_is_accepted():
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()
    assert not config.is_nnx_enabled()
    assert config.enable_unsafe_deserialization() is None
