"""Any bytes, and any change of a good file, are loaded or refused by one of our errors: nothing else ever happens."""

import contextlib
import copy
import json

import hypothesis
import pytest
from hypothesis import strategies as st

from kerasish.models import model_from_json
from kerasish.saving import deserialize_keras_object
from kerasish.saving.errors import ModelFileError
from kerasish.saving.keras2 import modern_model
from kerasish.saving.strict_json import read_json
from tests.saving.samples import OPENED, SAVED, model_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
IDS = [f"{name}-{entry.__name__}" for name, entry in OPENED]
QUICK = hypothesis.settings(max_examples=12, suppress_health_check=list(hypothesis.HealthCheck), deadline=None)
LONG = hypothesis.settings(QUICK, max_examples=1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    for name, save in SAVED.items():
        save(model_of(1.0), folder / name)
    for path in list(folder.iterdir()):
        path.with_name("good_" + path.name).write_bytes(path.read_bytes())
    return folder


EDITS = st.lists(
    st.tuples(st.sampled_from(["set", "cut", "insert", "copy"]), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
    min_size=1,
    max_size=4,
)


def change(data, edits):
    data = bytearray(data)
    for kind, where, piece in edits:
        at = int(where * max(len(data) - 1, 0))
        if kind == "set":
            data[at : at + len(piece)] = piece
        elif kind == "cut":
            del data[at : at + 16 * len(piece)]
        elif kind == "insert":
            data[at:at] = piece
        else:
            data[at : at + 64] = data[len(data) // 2 : len(data) // 2 + 64]
    return bytes(data)


def try_edits(folder, name, entry, edits):
    good = (folder / f"good_{name}").read_bytes()
    try:
        (folder / name).write_bytes(change(good, edits))
        entry(folder / name)
    except ModelFileError as error:
        assert len(str(error)) < 2000
    finally:
        (folder / name).write_bytes(good)


@pytest.mark.parametrize(("name", "entry"), OPENED, ids=IDS)
def test_a_changed_file_is_loaded_or_refused(folder, name, entry):
    @QUICK
    @hypothesis.given(EDITS)
    def law(edits):
        try_edits(folder, name, entry, edits)

    law()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "entry"), OPENED, ids=IDS)
def test_a_file_changed_in_many_ways_is_loaded_or_refused(folder, name, entry):
    @LONG
    @hypothesis.given(EDITS)
    def law(edits):
        try_edits(folder, name, entry, edits)

    law()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.just(2**62)
    | st.floats(-2, 2)
    | st.sampled_from(["", "relu", "d", "keras"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["class_name", "config", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def spots(x, path=()):
    """The paths to every value in a config."""
    yield path
    for key, item in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        yield from spots(item, (*path, key))


def with_value(x, path, value):
    x = copy.deepcopy(x)
    if not path:
        return value
    inner = x
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return x


CONFIG = json.loads(model_of().to_json())
PATHS = list(spots(CONFIG))


def try_config(path, value):
    config = with_value(CONFIG, path, value)
    text = json.dumps(config)
    for attempt in (
        lambda: model_from_json(text),
        lambda: modern_model(json.loads(text), "fuzz") and None,
        lambda: read_json(text.encode(), "fuzz"),
    ):
        try:
            attempt()
        except (ModelFileError, MemoryError):
            pass
        except (KeyError, TypeError, AttributeError, IndexError):
            if attempt.__code__.co_names[0] != "modern_model":  # its caller tells them
                raise


@QUICK
@hypothesis.given(st.sampled_from(PATHS), VALUES)
def test_a_config_with_any_value_anywhere_is_loaded_or_refused(path, value):
    try_config(path, value)


@pytest.mark.slow
@LONG
@hypothesis.given(st.sampled_from(PATHS), VALUES)
def test_a_config_with_many_values_anywhere_is_loaded_or_refused(path, value):
    try_config(path, value)


@QUICK
@hypothesis.given(VALUES)
def test_any_config_of_an_object_is_revived_or_refused(value):
    with contextlib.suppress(ValueError, TypeError):
        deserialize_keras_object(value)
