"""Every public name exists, and is called as in Keras: the same parameters, order and defaults."""

import ast
import importlib
import inspect
import pathlib
import subprocess
import sys

import pytest

import kerasish

MODULES = [
    *("activations", "backend", "callbacks", "config", "constraints", "dtype_policies", "initializers", "layers"),
    *("losses", "metrics", "mixed_precision", "models", "ops", "ops.nn", "ops.numpy", "optimizers"),
    *("optimizers.schedules", "random", "regularizers", "saving", "tree", "utils", "datasets"),
]
NOT_OURS = {
    # quantization and LoRA are not part of this library
    *("quantization_config", "quantization_mode", "lora_rank", "lora_alpha", "gptq_unpacked_column_size"),
}
"""Parameters that may be missing."""

COMPLETE = {"losses", "metrics", "optimizers", "optimizers.schedules", "regularizers", "constraints"}
"""Namespaces of which every name of Keras is there."""

OF_ONE_STEP = "plain code: `train_step(data)`, without Keras's explicit state"
EXCEPTIONS: dict[str, str] = {
    **{f"{owner}.add_variable": "the same as `add_weight`" for owner in ("Layer", "Model", "Sequential", "layers.RNN")},
    **{
        f"{owner}.{step}_step": OF_ONE_STEP
        for owner in ("Model", "Sequential")
        for step in ("train", "test", "predict")
    },
    "Variable.__getitem__": "an operator: its argument has no name",
    "layers.RNN.compute_mask": "its arguments have the names that they have in `Layer`",
    "layers.RNN.from_config": "custom objects come from `custom_object_scope`, as for all layers",
}
"""Names whose signature differs on purpose, and why."""


def reference():
    """`(dotted name, parameters)` for each line of the file; methods under the name of their class."""
    owner = ""
    for line in (pathlib.Path(__file__).parent / "keras_api.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition("(")
        if line.startswith(" "):
            name = f"{owner}{name.strip()}"
        else:
            owner = name
        yield name.removeprefix("keras."), ast.parse(f"def f({rest}: ...").body[0].args


def found(name):
    """What we have under this name; None if nothing."""
    x = kerasish
    for part in name.split("."):
        try:
            x = inspect.getattr_static(x, part) if inspect.isclass(x) else getattr(x, part)
        except AttributeError:
            return None
    return x.__func__ if isinstance(x, classmethod | staticmethod) else x


SIGNATURES = [(name, arguments, found(name)) for name, arguments in reference()]
OURS = [(name, arguments, x) for name, arguments, x in SIGNATURES if callable(x)]


def default_of(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def expected_of(arguments):
    """`(positional, by name only, defaults)`, without those that may be missing."""
    positional = [a.arg for a in arguments.args if a.arg not in ("self", "cls") and a.arg not in NOT_OURS]
    by_name = [a.arg for a in arguments.kwonlyargs if a.arg not in NOT_OURS]
    pairs = list(zip(arguments.args[::-1], arguments.defaults[::-1], strict=False))
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    return positional, by_name, {a.arg: default_of(d) for a, d in pairs if a.arg not in NOT_OURS}


def same_default(ours, theirs):
    """Whether the defaults mean the same: 2 is `(2, 2)`, since one class serves any number of axes."""
    return (
        ours == theirs or str(ours) == str(theirs) or (isinstance(theirs, tuple) and set(leaves_of(theirs)) == {ours})
    )


def leaves_of(x):
    return [leaf for item in x for leaf in leaves_of(item)] if isinstance(x, tuple) else [x]


def differences(name, arguments, ours):
    """What is not as in Keras, in words."""
    parameters = [p for p in inspect.signature(ours).parameters.values() if p.name not in ("self", "cls")]
    names = {p.name: p for p in parameters}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    takes_more = arguments.vararg is not None or any(p.kind is p.VAR_POSITIONAL for p in parameters)
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)]
    expected, by_name, defaults = expected_of(arguments)
    given = [name for name in positional if name not in NOT_OURS][: len(expected)]
    if name.startswith("optimizers.") and takes_any:  # what all optimizers have in common is given by name
        expected = expected[: len(given)]
    if given != expected and not takes_more:
        yield f"takes {given}; Keras takes {expected}"
    for one in [*expected, *by_name]:
        if one not in names and not takes_any:
            yield f"lacks {one}"
        elif one in names and one in defaults and not same_default(names[one].default, defaults[one]):
            yield f"has the default {one}={names[one].default!r}; Keras has {defaults[one]!r}"
    for p in parameters:
        known = p.name in (*expected, *by_name) or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        if not known and p.default is p.empty and arguments.vararg is None:
            yield f"demands {p.name}"


@pytest.mark.parametrize(("name", "arguments", "ours"), OURS, ids=[name for name, *_ in OURS])
def test_it_is_called_as_in_keras(name, arguments, ours):
    different = list(differences(name, arguments, ours))
    if name in EXCEPTIONS:
        assert different, f"{name} is as in Keras: it is no exception any more"
        return
    assert not different, "; ".join(different)


@pytest.mark.parametrize("namespace", sorted(COMPLETE))
def test_no_name_is_missing(namespace):
    names = [name for name, _, _ in SIGNATURES if name.rpartition(".")[0] == namespace]
    assert names, f"Keras has no namespace {namespace}"
    missing = [name for name, _, ours in SIGNATURES if name in names and ours is None]
    assert not missing


def test_exceptions_are_names_that_exist():
    assert set(EXCEPTIONS) <= {name for name, *_ in OURS}


def test_a_good_part_of_keras_is_there():
    assert len(OURS) > 800, "the comparison has lost most of its names"


COMPLETE = {
    *("ops", "ops.image", "ops.linalg", "ops.nn", "ops.numpy", "random", "activations", "initializers", "tree"),
    *("backend", "config", "dtype_policies"),
}
"""Namespaces in which no name of Keras is missing."""


@pytest.mark.parametrize("namespace", sorted(COMPLETE))
def test_a_complete_namespace_has_every_name_of_keras(namespace):
    pytest.importorskip("keras")
    names = [name for name, *_ in SIGNATURES if name.rpartition(".")[0] == namespace]
    if not names:  # the file doesn't repeat what stands in `ops` too
        theirs = importlib.import_module(f"keras.{namespace}")
        names = [f"{namespace}.{name}" for name in dir(theirs) if not name.startswith("_")]
    assert names
    missing = [name for name in names if found(name) is None]
    assert not missing


@pytest.mark.parametrize("name", kerasish.__all__)
def test_every_name_of_the_package_exists(name):
    assert getattr(kerasish, name) is not None
    assert name in dir(kerasish)


@pytest.mark.parametrize("name", MODULES)
def test_every_name_of_a_module_exists_once(name):
    module = importlib.import_module(f"kerasish.{name}")
    assert len(set(module.__all__)) == len(module.__all__)
    missing = [one for one in module.__all__ if getattr(module, one, None) is None]
    assert not missing


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'kerasish' has no attribute 'Modle'"):
        kerasish.Modle


def test_the_version_is_one_number():
    assert kerasish.version() == kerasish.__version__


def test_importing_costs_no_optional_package():
    code = (
        "import sys, kerasish; kerasish.layers.Dense(1);"
        "print([m for m in ('keras', 'tensorflow', 'torch', 'pandas', 'matplotlib', 'rich', 'optax') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
