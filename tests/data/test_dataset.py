"""`PyDataset`: orders, hooks, workers, errors, and going on after an interruption."""

import os
import pathlib
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import kerasish
from kerasish.data import DatasetBatches, PyDataset, adapt
from kerasish.utils import Sequence
from tests.models import test_resume as runs


class Numbered(PyDataset):
    """Batch `n` is full of `n`."""

    def __init__(self, count=4, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.log = []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == 2 and self.count == 7:
            raise KeyError("broken")
        return np.full((2, 1), index, "float32"), np.full((2, 1), os.getpid()), np.random.random(2)

    def on_epoch_begin(self):
        self.log.append("begin")

    def on_epoch_end(self):
        self.log.append("end")


class Endless(Numbered):
    num_batches = None


def numbers(batches, epoch=0, skip=0):
    return [int(np.asarray(batch.data[0])[0, 0]) for batch in batches.epoch(epoch, skip)]


def test_its_arguments_are_keras_s():
    assert Sequence is PyDataset
    dataset = Numbered(workers=2, use_multiprocessing=True, max_queue_size=3)
    assert (dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size) == (2, True, 3)
    assert (Numbered().workers, Numbered().use_multiprocessing, Numbered().max_queue_size) == (1, False, 10)
    assert (dataset.num_batches, Endless().num_batches) == (4, None)
    assert len(list(dataset)) == 4


def test_a_class_may_forget_to_call_super():
    class Short(PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.zeros((2, 1))

    assert len(list(adapt(Short()).epoch(0))) == 1


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_come_in_order_and_are_shuffled_by_seed_and_epoch(workers):
    dataset = Numbered(9, workers=workers)
    assert numbers(adapt(dataset)) == list(range(9))
    orders = []
    for _ in range(2):
        kerasish.utils.set_random_seed(3)
        batches = adapt(dataset, shuffle=True)
        orders.append([numbers(batches, epoch) for epoch in (0, 1)])
        assert numbers(batches, 1, skip=4) == orders[-1][1][4:]
    assert orders[0] == orders[1]
    assert orders[0][0] != orders[0][1]
    assert sorted(orders[0][0]) == list(range(9))


def test_steps_go_on_from_epoch_to_epoch():
    found = adapt(Numbered(3), steps=2)
    assert [numbers(found, epoch) for epoch in range(3)] == [[0, 1], [2, 0], [1, 2]]
    assert numbers(found, 2, skip=1) == [2]
    shuffled = DatasetBatches(Numbered(3), 2, shuffle=True, seed=1)
    seen = [n for epoch in range(3) for n in numbers(shuffled, epoch)]
    assert sorted(seen[:3]) == sorted(seen[3:]) == [0, 1, 2]


def test_an_endless_one_needs_steps_and_is_not_shuffled():
    found = adapt(Endless(), steps=3, shuffle=True)
    assert [numbers(found, epoch) for epoch in range(2)] == [[0, 1, 2], [3, 4, 5]]
    assert adapt(Endless()).steps is None


def test_an_empty_one_is_refused():
    with pytest.raises(ValueError, match="Numbered gave no batch at all: its length is 0"):
        adapt(Numbered(0))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_hooks_surround_the_epoch(workers):
    dataset = Numbered(workers=workers)
    found = adapt(dataset)
    for _ in found.epoch(0):
        assert dataset.log == ["begin"]
    assert dataset.log == ["begin", "end"]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_an_error_names_the_batch_and_comes_at_its_place(workers):
    running = adapt(Numbered(7, workers=workers)).epoch(0)
    assert [int(next(running).data[0][0, 0]) for _ in range(2)] == [0, 1]
    with pytest.raises(KeyError, match="broken") as caught:
        next(running)
    assert caught.value.__notes__ == ["This happened while Numbered made the batch 2: __getitem__(2)."]


def test_several_threads_work_at_once_and_not_too_far_ahead():
    class Slow(Numbered):
        started = 0

        def __getitem__(self, index):
            Slow.started += 1
            time.sleep(0.02 * (index % 2))
            return super().__getitem__(index)

    running = adapt(Slow(40, workers=2, max_queue_size=3)).epoch(0)
    assert int(next(running).data[0][0, 0]) == 0
    time.sleep(0.3)
    assert Slow.started <= 1 + 2 + 1 + 3 + 1
    assert [int(b.data[0][0, 0]) for b in running] == list(range(1, 40))
    assert not [t.name for t in threading.enumerate() if t.name.startswith("kerasish")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": -1}, "workers must be a whole number of at least 0; got -1"),
        ({"workers": 1.5}, "workers must be a whole number"),
        ({"max_queue_size": 0}, "max_queue_size must be a whole number of at least 1; got 0"),
    ],
)
def test_counts_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        PyDataset(**arguments)


def test_batch_size_and_targets_are_its_own():
    for name in ("batch_size", "y", "sample_weight"):
        with pytest.raises(ValueError, match=f"x already yields batches, so `{name}` can't be given"):
            adapt(Numbered(), **{name: 2})
    with pytest.raises(NotImplementedError, match="PyDataset must write `__getitem__"):
        PyDataset()[0]


def test_processes_make_the_same_batches_in_order():
    dataset = Numbered(5, workers=2, use_multiprocessing=True)
    found = DatasetBatches(dataset, shuffle=True, seed=4)
    batches = list(found.epoch(1))
    assert [int(b.data[0][0, 0]) for b in batches] == found_order(found, 1)
    assert os.getpid() not in {int(b.data[1][0, 0]) for b in batches}
    again = list(found.epoch(1, skip=2))
    for one, other in zip(batches[2:], again, strict=True):  # random numbers follow from seed, epoch and number
        np.testing.assert_array_equal(one.data[2], other.data[2])
    assert not np.array_equal(batches[0].data[2], batches[1].data[2])
    dataset.count = 7
    with pytest.raises(KeyError, match="broken") as caught:
        list(found.epoch(0))
    assert "made the batch 2" in caught.value.__notes__[-1]
    found._processes.close()


def found_order(found, epoch):
    return list(found._indices(epoch, 0))


def test_what_can_not_be_sent_to_processes_is_explained():
    dataset = Numbered(workers=1, use_multiprocessing=True)
    dataset.lock = threading.Lock()
    with pytest.raises(TypeError, match=r"Numbered can't be sent to other processes: .*use_multiprocessing=False"):
        list(DatasetBatches(dataset).epoch(0))


SCRIPT = """
import numpy as np
from kerasish.data import DatasetBatches, PyDataset

class Dataset(PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.zeros((1, 1))

{guard}list(DatasetBatches(Dataset(workers=1, use_multiprocessing=True)).epoch(0))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("guard", "in_file", "message"),
    [
        ("", True, "A process that makes batches has died."),
        ("", False, "Another process can't find the dataset's class"),
        ("if __name__ == '__main__': ", True, ""),
    ],
)
def test_programs_that_processes_can_not_import_are_explained(guard, in_file, message, tmp_path):
    code = SCRIPT.format(guard=guard)
    (tmp_path / "program.py").write_text(code)
    command = [sys.executable, *([str(tmp_path / "program.py")] if in_file else ["-c", code])]
    environment = os.environ | {"PYTHONPATH": str(pathlib.Path(kerasish.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert (done.returncode == 0) == (not message), done.stderr
    assert message in done.stderr


# Going on (R07) -------------------------------------------------------------------------------------------------------
class Pairs(PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        rows = slice(index * runs.BATCH, (index + 1) * runs.BATCH)
        return runs.X[rows], runs.Y[rows]


@pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")
@pytest.mark.parametrize("workers", [0, 2])
def test_an_interrupted_run_goes_on_bit_for_bit(workers, tmp_path):
    arguments = {"batch_size": None, "shuffle": True}
    whole = runs.make(noisy=True)
    wanted = runs.fit(whole, None, data=(Pairs(),), **arguments)
    model, history = runs.interrupted(
        lambda: runs.make(noisy=True), tmp_path, [7], data=(Pairs(workers=workers),), **arguments
    )
    runs.assert_same(model, whole, history, wanted)
