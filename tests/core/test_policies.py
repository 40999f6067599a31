"""Dtype policies: names, configs, the program's own, and training in 16 bits from end to end."""

import numpy as np
import pytest

import kerasish
from kerasish import layers, ops
from kerasish.core import policies
from kerasish.core.policies import DTypePolicy, DTypePolicyMap, cast_floats, deserialize, get, serialize
from kerasish.dtype_policies import QuantizedDTypePolicy, QuantizedFloat8DTypePolicy

needs_gradients = pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
POLICIES = [("float32", "float32"), ("mixed_bfloat16", "bfloat16"), ("mixed_float16", "float16")]


@pytest.fixture
def restored_policy():
    yield
    kerasish.config.set_dtype_policy(None)
    kerasish.config.set_floatx("float32")


@pytest.mark.parametrize(
    ("name", "compute", "kept"),
    [*((name, compute, "float32") for name, compute in POLICIES), ("float16", "float16", "float16"), ("int8",) * 3],
)
def test_a_policy_says_two_dtypes(name, compute, kept):
    policy = DTypePolicy(name)
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, kept)
    assert DTypePolicy.from_config(policy.get_config()) == policy
    assert policies.get(policies.serialize(policy)) == policy
    assert hash(policy) == hash(DTypePolicy(name))
    assert repr(policy) == f'<DTypePolicy "{name}">'


@pytest.mark.parametrize("name", ["float31", "mixed_float8", "", 3])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="no dtype policy named .*allowed are mixed_bfloat16"):
        DTypePolicy(name)


def test_policies_are_got_from_dtypes_too():
    assert policies.get(np.float16) == DTypePolicy("float16")
    assert policies.get(DTypePolicy("mixed_float16")).name == "mixed_float16"
    with pytest.raises(ValueError, match="is not the config of a DTypePolicy"):
        policies.get({"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}})
    with pytest.raises(ValueError, match="is not the config of a DTypePolicy"):
        policies.get({"class_name": "DTypePolicy"})


def test_the_program_s_policy_is_for_layers_made_from_then_on(restored_policy):
    before = layers.Dense(1)
    kerasish.config.set_dtype_policy("mixed_bfloat16")
    assert kerasish.config.dtype_policy() == DTypePolicy("mixed_bfloat16")
    assert DTypePolicy(None).name == "mixed_bfloat16"
    assert (before.compute_dtype, layers.Dense(1).compute_dtype) == ("float32", "bfloat16")
    assert layers.Dense(1, dtype="float32").compute_dtype == "float32"
    kerasish.mixed_precision.set_global_policy(None)
    kerasish.config.set_floatx("float16")
    assert layers.Dense(1).dtype == "float16"


def test_the_older_names_are_the_same_things():
    assert kerasish.mixed_precision.Policy is kerasish.DTypePolicy is DTypePolicy
    assert kerasish.mixed_precision.global_policy() == kerasish.config.dtype_policy()
    assert kerasish.dtype_policies.deserialize("float16") == DTypePolicy("float16")


def test_inputs_are_cast_between_floats_only():
    policy = DTypePolicy("mixed_float16")
    floats, ints = ops.ones((2,)), ops.ones((2,), dtype="int32")
    assert policy.convert_input(floats, True, "float16").dtype == "float16"
    assert policy.convert_input(floats, False, "float16").dtype == "float32"
    assert policy.convert_input(ints, True, "float16").dtype == "int32"
    cast = cast_floats({"a": floats, "b": [ints, None, "text", 3.0]}, "bfloat16")
    assert str(cast["a"].dtype) == "bfloat16"
    assert cast["b"][0].dtype == "int32"
    assert cast["b"][1:] == [None, "text", 3.0]


@pytest.mark.parametrize(("name", "compute"), POLICIES)
def test_a_layer_computes_in_one_dtype_and_keeps_its_weights_in_the_other(name, compute):
    dense = layers.Dense(2, dtype=name)
    y = dense(np.ones((3, 4), "float32"))
    assert (str(y.dtype), dense.kernel.dtype) == (compute, "float32")
    assert (dense.dtype, dense.variable_dtype, dense.compute_dtype, dense.input_dtype) == ("float32",) * 2 + (
        compute,
    ) * 2
    assert dense(kerasish.Input((4,))).dtype == compute
    assert layers.Dense.from_config(dense.get_config()).dtype_policy == DTypePolicy(name)


def test_a_layer_may_leave_its_inputs_alone():
    class Same(layers.Layer):
        def call(self, x):
            return x

    assert Same(dtype="float16", autocast=False)(np.ones(2, "float32")).dtype == "float32"
    assert Same(dtype="float16")(np.ones(2, "float32")).dtype == "float16"


@needs_gradients
@pytest.mark.parametrize(("name", "compute"), POLICIES)
def test_training_under_each_policy_learns_and_stays_finite(name, compute, restored_policy):
    kerasish.config.set_dtype_policy(name)
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(8, "relu"), layers.Dense(1, dtype="float32")])
    model.compile(kerasish.optimizers.Adam(0.05), "mse")
    history = model.fit(x, y, batch_size=16, epochs=10, verbose=0).history["loss"]
    assert history[-1] < history[0] / 3
    assert all(np.isfinite(w).all() and w.dtype == "float32" for w in model.get_weights())
    assert model.layers[0].compute_dtype == compute
    scaled = isinstance(model.optimizer, kerasish.optimizers.LossScaleOptimizer)
    assert scaled == (name == "mixed_float16")
    assert model.predict(x, verbose=0).dtype == "float32"


@needs_gradients
def test_a_loss_scale_that_is_too_large_costs_steps_and_no_weights(restored_policy):
    kerasish.config.set_dtype_policy("mixed_float16")
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)])
    optimizer = kerasish.optimizers.LossScaleOptimizer(kerasish.optimizers.SGD(0.01), initial_scale=2.0**40)
    model.compile(optimizer, "mse")
    assert model.optimizer is optimizer
    before = model.get_weights()
    x = np.ones((4, 3), "float32")
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(optimizer.dynamic_scale) < 2.0**40


def test_loss_scaling_can_be_declined(restored_policy):
    kerasish.config.set_dtype_policy("mixed_float16")
    model = kerasish.Sequential([kerasish.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert isinstance(model.optimizer, kerasish.optimizers.SGD)


def test_a_map_of_policies_gives_each_path_its_own():
    chosen = DTypePolicyMap(policy_map={"block/.*": "mixed_bfloat16"})
    chosen["head"] = DTypePolicy("float16")
    assert [chosen[path].name for path in ("block/a", "head", "head2", "x/head")] == [
        *("mixed_bfloat16", "float16", "float32", "float32")
    ]
    assert (chosen.name, chosen.compute_dtype, chosen.variable_dtype) == ("map_float32", "float32", "float32")
    assert (list(chosen), len(chosen)) == (["block/.*", "head"], 2)
    del chosen["head"]
    assert chosen["head"].name == "float32"
    assert repr(chosen) == "<DTypePolicyMap default='float32', {'block/.*': 'mixed_bfloat16'}>"


def test_a_map_goes_through_its_config():
    chosen = DTypePolicyMap("float16", {"a": "mixed_bfloat16"})
    again = deserialize(serialize(chosen))
    assert again == chosen
    assert (again["a"].name, again["b"].name) == ("mixed_bfloat16", "float16")
    assert again != DTypePolicyMap()
    assert get(chosen) is chosen


def test_layers_take_the_policy_of_their_path():
    chosen = DTypePolicyMap("float32", {"seq/first": "mixed_bfloat16"})
    model = kerasish.Sequential(
        [layers.Dense(2, name="first", dtype=chosen), layers.Dense(2, name="second", dtype=chosen)], name="seq"
    )
    model.build((None, 3))
    assert [layer.compute_dtype for layer in model.layers] == ["bfloat16", "float32"]
    assert model.layers[0].kernel.dtype == "float32"
    assert layers.Dense.from_config(model.layers[0].get_config()).dtype_policy == chosen


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: DTypePolicyMap(policy_map=[1]), TypeError, "must be a dict of paths"),
        (
            lambda: DTypePolicyMap(policy_map={".*a": "float32", "b.*": "float16"})["ba"],
            ValueError,
            "matched by 2 keys",
        ),
        (lambda: DTypePolicyMap(policy_map={"a": "float32"}).__setitem__("a", "float16"), ValueError, "'a' already"),
        (lambda: QuantizedDTypePolicy("int8"), NotImplementedError, r"QuantizedDTypePolicy\('int8'\): layers can't be"),
        (lambda: QuantizedFloat8DTypePolicy("float8"), NotImplementedError, "can't be quantized yet"),
    ],
)
def test_wrong_policies_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
