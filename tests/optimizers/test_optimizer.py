"""What all optimizers have in common."""

import numpy as np
import pytest

from kerasish import constraints, optimizers
from kerasish.backend import engine
from kerasish.core.variable import Variable, pure

G = np.array([1.0, 2.0], "float32")


compiled = pytest.mark.skipif(engine.name == "numpy", reason="nothing is compiled")


def weight(name="weight", value=(1.0, 1.0), **kwargs):
    return Variable(np.array(value, "float32"), name=name, **kwargs)


def built(optimizer, *weights):
    optimizer.build(weights)
    return optimizer


# The learning rate --------------------------------------------------------------------------------------------------
@compiled
def test_setting_the_learning_rate_compiles_nothing_anew():
    w, traces = weight(), []
    optimizer = built(optimizers.SGD(0.5), w)
    variables = [w, *optimizer.variables]

    def step(gradient):
        traces.append(1)
        optimizer.apply([gradient], [w])

    run = engine.jit(pure(step, variables))
    for rate in (0.5, 0.25):
        optimizer.learning_rate = rate
        _, new = run([v.value for v in variables], G)
        for variable, value in zip(variables, new, strict=True):
            variable.assign(value)
    assert len(traces) == 1
    np.testing.assert_array_equal(w.numpy(), [0.25, -0.5])


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), np.float32(-1)])
def test_a_learning_rate_that_is_no_step_is_refused(value):
    with pytest.raises(ValueError, match="Adam's learning_rate must be a finite number of at least 0; got"):
        optimizers.Adam(value)
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match="Adam's learning_rate must be a finite number of at least 0; got"):
        optimizer.learning_rate = value
    assert float(optimizer.learning_rate) == np.float32(0.001)


@pytest.mark.parametrize("value", ["0.1", [0.1], {"class_name": "X"}, None])
def test_a_learning_rate_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="must be a number, a LearningRateSchedule, or a function"):
        optimizers.SGD(value)


def test_a_function_gives_the_learning_rate():
    optimizer, w = optimizers.SGD(lambda: 0.25), weight()
    optimizer.apply([G], [w])
    np.testing.assert_array_equal(w.numpy(), [0.75, 0.5])
    with pytest.raises(TypeError, match=r"can't be set to 0\.1"):
        optimizer.learning_rate = 0.1


def test_a_schedule_may_take_the_place_of_a_number_but_not_the_other_way_round():
    optimizer = built(optimizers.SGD(0.5, momentum=0.9), weight())
    optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.25, 10, 0.5)
    assert float(optimizer.learning_rate) == 0.25
    assert [v.path for v in optimizer.variables] == ["sgd/iteration", "sgd/weight_momentum"]
    optimizer.build([weight(), weight("other")])
    assert [v.name for v in optimizer.saved_variables()][:1] == ["iteration"]
    with pytest.raises(TypeError, match="Make the optimizer with a number"):
        optimizer.learning_rate = 0.1


# Weights that come and go -------------------------------------------------------------------------------------------
def test_thawed_weights_get_slots_and_the_others_keep_theirs():
    head, base = weight("head"), weight("base", (3.0, 3.0))
    optimizer = built(optimizers.RMSprop(0.1, momentum=0.5), head)
    optimizer.apply([G])
    before = optimizer.variables
    kept = [v.numpy() for v in before]
    optimizer.build([base, head])
    assert [v.name for v in optimizer.variables] == [
        *("iteration", "learning_rate", "head_velocity", "head_momentum", "base_velocity", "base_momentum")
    ]
    for variable, old, value in zip(optimizer.variables, before, kept, strict=False):
        assert variable is old
        np.testing.assert_array_equal(variable.numpy(), value)
    optimizer.apply([G, G])
    assert not np.array_equal(base.numpy(), [3.0, 3.0])
    optimizer.build([head])  # frozen again
    optimizer.apply([G])
    assert int(optimizer.iterations) == 3


def test_a_file_is_in_the_order_of_a_new_optimizer():
    head, base = weight("head"), weight("base")
    optimizer = built(optimizers.RMSprop(0.1, momentum=0.5), head)
    optimizer.build([base, head])
    new = built(optimizers.RMSprop(0.1, momentum=0.5), base, head)
    assert [v.name for v in optimizer.saved_variables()] == [v.name for v in new.variables]
    base.trainable = False
    new = built(optimizers.RMSprop(0.1, momentum=0.5), head)
    assert [v.name for v in optimizer.saved_variables()] == [v.name for v in new.variables]


def test_any_of_the_weights_may_be_changed_alone():
    a, b = weight("a"), weight("b")
    optimizer = built(optimizers.SGD(0.5, momentum=0.5), a, b)
    optimizer.apply([G], [b])
    np.testing.assert_array_equal(a.numpy(), [1.0, 1.0])
    np.testing.assert_array_equal(b.numpy(), [0.5, 0.0])


def test_the_average_of_a_thawed_weight_starts_from_it():
    head, base = weight("head"), weight("base", (4.0, 4.0))
    optimizer = built(optimizers.SGD(0.0, use_ema=True), head)
    optimizer.apply([G])
    optimizer.build([head, base])
    optimizer.apply([G, G])
    optimizer.finalize_variable_values([head, base])
    np.testing.assert_allclose(base.numpy(), [4.0, 4.0])


# Keras's way of writing an optimizer --------------------------------------------------------------------------------
class KerasStyle(optimizers.Optimizer):
    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.sums = self.add_optimizer_variables(variables, "sum")
        self.firsts, self.seconds = self.add_optimizer_variables(variables, ["first", "second"], ["ones", "zeros"])
        self.count = self.add_variable((), name="count")
        self.maximum = self.add_variable_from_reference(variables[0], "maximum")

    def update_step(self, gradient, variable, learning_rate):
        total = self.sums[self._get_variable_index(variable)]
        self.assign_add(total, gradient)
        self.assign(self.count, self.count.value + 1)
        self.assign_sub(variable, learning_rate * total.value)


def test_subclasses_written_for_keras_work_and_grow():
    a, b = weight("a"), weight("b")
    optimizer = built(KerasStyle(0.5), a)
    optimizer.apply([G])
    optimizer.build([b, a])
    names = ["iteration", "learning_rate", "a_sum", "a_first", "a_second", "count", "a_maximum"]
    assert [v.name for v in optimizer.variables] == [*names, "b_sum", "b_first", "b_second", "b_maximum"]
    optimizer.apply([G, G], [b, a])
    np.testing.assert_allclose(a.numpy(), 1 - 0.5 * 3 * G)
    np.testing.assert_allclose(b.numpy(), 1 - 0.5 * G)
    assert float(optimizer.count) == 3
    np.testing.assert_array_equal(optimizer.firsts[0].numpy(), [1.0, 1.0])


def test_an_optimizer_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer has no formula: write `update"):
        optimizers.Optimizer(0.1).apply([G], [weight()])


# Accumulation, averages, constraints, decay, dtypes -----------------------------------------------------------------
def test_accumulating_three_small_batches_is_one_large_batch():
    gradients = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
    small, large = weight(), weight()
    slow = optimizers.Adam(0.1, weight_decay=0.1, clipnorm=0.5, gradient_accumulation_steps=3)
    fast = optimizers.Adam(0.1, weight_decay=0.1, clipnorm=0.5)
    for gradient in gradients:
        slow.apply([gradient], [small])
    for gradient in gradients.reshape(4, 3, 2).mean(1):
        fast.apply([gradient], [large])
    np.testing.assert_allclose(small.numpy(), large.numpy(), rtol=1e-5)
    assert int(slow.iterations) == int(fast.iterations) == 4


@compiled
def test_the_update_is_not_computed_at_each_accumulated_step():
    """The compiled step holds the formula inside a branch, and nothing of it outside."""
    jax = pytest.importorskip("jax")
    w = weight()
    optimizer = built(optimizers.Adam(gradient_accumulation_steps=2), w)
    variables = [w, *optimizer.variables]
    step = pure(lambda gradient: optimizer.apply([gradient], [w]), variables)
    program = jax.make_jaxpr(step)([v.value for v in variables], G)
    outside = [equation.primitive.name for equation in program.eqns]
    assert "cond" in outside
    assert "sqrt" not in outside
    assert "sqrt" in str(program)


def test_averages_obey_the_constraint():
    w = weight(value=(0.1, 0.1))
    w.constraint = constraints.NonNeg()
    optimizer = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    for _ in range(4):
        optimizer.apply([G], [w])
    optimizer.finalize_variable_values([w])
    np.testing.assert_array_equal(w.numpy(), [0.0, 0.0])


def test_averages_of_no_steps_replace_nothing():
    w = weight()
    built(optimizers.SGD(0.1, use_ema=True), w).finalize_variable_values([w])
    np.testing.assert_array_equal(w.numpy(), [1.0, 1.0])


def test_excluded_weights_do_not_decay():
    kernel, bias = weight("kernel"), weight("bias")
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay([bias])
    optimizer.apply([0 * G, 0 * G], [kernel, bias])
    np.testing.assert_array_equal([kernel.numpy(), bias.numpy()], [[0.75, 0.75], [1.0, 1.0]])
    with pytest.raises(TypeError, match=r"takes variables in var_list; got 'bias'"):
        optimizer.exclude_from_weight_decay(["bias"])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("options", [{}, {"use_ema": True, "clipnorm": 1.0}, {"gradient_accumulation_steps": 2}])
def test_half_precision_weights_move_by_the_learning_rate(dtype, options):
    """Adam's first steps are as long as the learning rate; Keras's, computed in 16 bits, are not."""
    w = Variable(np.zeros(2), dtype=dtype, name="weight")
    optimizer = optimizers.Adam(0.125, weight_decay=0.5, **options)
    for _ in range(4):
        optimizer.apply([engine.asarray(G, dtype)], [w])
    assert {v.dtype for v in optimizer.variables[2:]} == {dtype}
    steps = int(optimizer.iterations)
    expected = 0.0
    for _ in range(steps):
        expected = expected * (1 - 0.125 * 0.5) - 0.125
    np.testing.assert_allclose(np.asarray(w.value, "float32"), [expected, expected], rtol=0.02)


def test_stateless_apply_changes_nothing():
    w = weight()
    optimizer = built(optimizers.SGD(0.5, momentum=0.5), w)
    (new,), state = optimizer.stateless_apply([v.value for v in optimizer.variables], [G], [w.value])
    np.testing.assert_array_equal(new, [0.5, 0.0])
    assert int(state[0]) == 1
    assert int(optimizer.iterations) == 0
    np.testing.assert_array_equal(w.numpy(), [1.0, 1.0])


def test_apply_gradients_takes_pairs_and_returns_iterations():
    w = weight()
    assert int(optimizers.SGD(0.5).apply_gradients([(G, w)])) == 1


def test_weights_without_gradient_are_left_with_a_warning():
    a, b = weight("a"), weight("b")
    optimizer = optimizers.SGD(0.5, use_ema=True)
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['a'\]"):
        optimizer.apply([None, G], [a, b])
    optimizer.finalize_variable_values([a, b])
    np.testing.assert_array_equal([a.numpy(), b.numpy()], [[1.0, 1.0], [0.5, 0.0]])


# Errors -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.Adam(lr=0.1), "Adam has no argument 'lr'. Did you mean 'learning_rate'"),
        (lambda: optimizers.Adam(beta1=0.1), "no argument 'beta1'. Did you mean 'beta_1'"),
        (lambda: optimizers.Adam(clipnorm=1.0, clipvalue=2.0), "only one of .*clipnorm=1.0, clipvalue=2.0"),
        (lambda: optimizers.Adam(clipnorm=-1.0), "clipnorm must be at least 0 .*got -1.0"),
        (lambda: optimizers.Adam(use_ema=True, ema_momentum=2.0), "ema_momentum must be between 0 and 1; got 2.0"),
        (lambda: optimizers.Adam(ema_overwrite_frequency=0), "ema_overwrite_frequency must be None or an integer"),
        (lambda: optimizers.Adam(gradient_accumulation_steps=1), "integer of at least 2; got 1"),
        (lambda: optimizers.Adam(gradient_accumulation_steps=2.5), "integer of at least 2; got 2.5"),
        (lambda: optimizers.Adam(beta_1=2), "Adam's beta_1 must be between 0 and 1; got 2"),
        (lambda: optimizers.Adam(name="a/b"), "must be a string without '/'"),
        (lambda: optimizers.AdamW(weight_decay=None), "AdamW's weight_decay must be a number"),
        (lambda: optimizers.SGD(momentum=2), "SGD's momentum must be between 0 and 1; got 2"),
        (lambda: optimizers.RMSprop(rho=-1), "RMSprop's rho must be between 0 and 1; got -1"),
        (lambda: optimizers.Lion(beta_1=0), "Lion's beta_1 must be greater than 0"),
        (lambda: optimizers.Adagrad(initial_accumulator_value=-1), "initial_accumulator_value must be at least 0"),
        (lambda: optimizers.Ftrl(l1_regularization_strength=-1), "l1_regularization_strength must be at least 0"),
        (lambda: optimizers.Ftrl(learning_rate_power=1), "learning_rate_power must be at most 0; got 1"),
        (lambda: optimizers.SGD().apply([G]), "the optimizer is not built"),
        (lambda: optimizers.SGD().apply([G, G], [weight()]), "one gradient for each variable; got 2 for 1"),
        (lambda: optimizers.SGD().apply([None], [weight()]), "No gradients provided for any variable"),
        (lambda: optimizers.SGD().apply([G[:1]], [weight()]), r"must have its shape, \(2,\); got \(1,\)"),
        (lambda: built(optimizers.SGD(), weight()).apply([G], [weight("new")]), "Unknown variable 'new'"),
        (lambda: optimizers.SGD().apply_gradients([]), "got no .gradient, variable. pairs"),
        (lambda: optimizers.SGD().stateless_apply([], [], []), "must be built"),
        (lambda: built(optimizers.SGD(), weight()).stateless_apply([], [], []), "needs 2 optimizer_variables; got 0"),
        (lambda: built(optimizers.SGD(), weight()).add_optimizer_variables([], ["a"], ["ones", "ones"]), "1 names"),
        (lambda: optimizers.get("adamaxx"), "no optimizer named 'adamaxx'. Did you mean 'Adamax'"),
        (lambda: optimizers.get(3), "3 is not an optimizer"),
        (lambda: optimizers.get(lambda x: x), "is not an optimizer"),
        (lambda: optimizers.Adafactor(epsilon_1=-1.0), "Adafactor's epsilon_1 must be at least 0; got -1.0"),
        (lambda: optimizers.Adafactor(clip_threshold=0.0), "clip_threshold must be greater than 0; got 0.0"),
        (lambda: optimizers.Muon(momentum=2.0), "Muon's momentum must be between 0 and 1; got 2.0"),
        (lambda: optimizers.Muon(ns_steps=0), "ns_steps must be at least 1; got 0"),
        (lambda: optimizers.Muon(adam_lr_ratio=-1.0), "adam_lr_ratio must be at least 0; got -1.0"),
        (lambda: optimizers.ScheduleFreeAdamW(beta_1=0.0), "beta_1 must be greater than 0 and at most 1; got 0.0"),
        (lambda: optimizers.ScheduleFreeAdamW(warmup_steps=-1), "warmup_steps must be at least 0; got -1"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_decay_of_old_code_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="`decay` is no longer supported"):
        optimizers.Adam(decay=0.1)


# Names and configs --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "identifier",
    ["adamw", "AdamW", "ADAMW", optimizers.AdamW, {"class_name": "adamw", "config": {}}, optimizers.AdamW().get_config],
)
def test_names_in_any_case_classes_and_configs_mean_optimizers(identifier):
    if callable(identifier) and not isinstance(identifier, type):
        identifier = {"module": "keras.optimizers", "class_name": "AdamW", "config": identifier()}
    assert type(optimizers.get(identifier)) is optimizers.AdamW


def test_none_and_optimizers_stay_what_they_are():
    optimizer = optimizers.SGD()
    assert optimizers.get(None) is None
    assert optimizers.get(optimizer) is optimizer


def test_custom_optimizers_come_back_from_their_config():
    config = optimizers.serialize(KerasStyle(0.5, clipnorm=1.0))
    again = optimizers.deserialize(config, custom_objects={"KerasStyle": KerasStyle})
    assert type(again) is KerasStyle
    assert again.clipnorm == 1.0
    assert float(KerasStyle.from_config(config["config"], custom_objects={}).learning_rate) == 0.5


def test_the_schedule_free_start_is_the_weight_at_the_first_step():
    """Weights may be loaded after the optimizer is built."""
    loaded, fresh = weight(value=(9.0, 9.0)), weight()
    optimizer, other = (built(optimizers.ScheduleFreeAdamW(0.1), w) for w in (loaded, fresh))
    loaded.assign(fresh)
    optimizer.apply([G], [loaded])
    other.apply([G], [fresh])
    np.testing.assert_array_equal(loaded.numpy(), fresh.numpy())
