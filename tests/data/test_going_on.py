"""A killed run goes on bit for bit with data that know where they are: Grain's, Hugging Face's, and one's own."""

import numpy as np
import pytest

import kerasish
from tests.models import test_resume as runs

pytestmark = pytest.mark.skipif(kerasish.config.backend() == "numpy", reason="NumPy has no gradients")


def samples():
    return list(zip(runs.X, runs.Y))


def grain_dataset():
    return (pytest.importorskip("grain").MapDataset.source(samples()).shuffle(seed=3).batch(runs.BATCH),)


def grain_loader():
    grain = pytest.importorskip("grain")
    sampler = grain.samplers.IndexSampler(runs.ROWS, shuffle=True, seed=3, num_epochs=None)
    batch = [grain.transforms.Batch(runs.BATCH)]
    return (grain.DataLoader(data_source=samples(), sampler=sampler, operations=batch),)


def grain_endless():
    dataset = pytest.importorskip("grain").MapDataset.source(samples()).shuffle(seed=3).repeat()
    return (dataset.to_iter_dataset().batch(runs.BATCH),)


def rows_of_hugging_face():
    rows = pytest.importorskip("datasets").Dataset.from_dict({"x": runs.X, "y": runs.Y})
    return rows.to_iterable_dataset(num_shards=3), "y"


class Walk:
    """Batches of random rows; the generator's state is the state."""

    def __init__(self):
        self.random = np.random.default_rng(4)

    def __iter__(self):
        while True:
            rows = self.random.integers(0, runs.ROWS, runs.BATCH)
            yield runs.X[rows], runs.Y[rows]

    def get_state(self):
        return self.random.bit_generator.state

    def set_state(self, state):
        self.random.bit_generator.state = state


def samples_of_torch():
    """Samples of an order that no pass repeats."""
    torch = pytest.importorskip("torch")

    class Stream(torch.utils.data.IterableDataset):
        def __init__(self):
            self.random, self.place, self.order = np.random.default_rng(4), 0, []

        def __iter__(self):
            if not self.place:
                self.order = self.random.permutation(runs.ROWS).tolist()
            while self.place < runs.ROWS:
                row = self.order[self.place]
                self.place += 1
                yield runs.X[row], runs.Y[row]
            self.place = 0

        def state_dict(self):
            return {"random": self.random.bit_generator.state, "place": self.place, "order": self.order}

        def load_state_dict(self, state):
            self.random.bit_generator.state = state["random"]
            self.place, self.order = state["place"], state["order"]

    return (Stream(),)


SOURCES = {
    "grain": (grain_dataset, None),
    "grain, from epoch to epoch": (grain_dataset, 4),
    "grain's loader": (grain_loader, 5),
    "grain without an end": (grain_endless, 4),
    "rows of Hugging Face": (rows_of_hugging_face, None),
    "rows of Hugging Face, from epoch to epoch": (rows_of_hugging_face, 4),
    "samples of torch": (samples_of_torch, 4),
    "one's own": (lambda: (Walk(),), 4),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_killed_run_goes_on_bit_for_bit(name, tmp_path):
    make, steps = SOURCES[name]
    size = runs.BATCH if "Hugging" in name or "samples" in name else None
    arguments = {"batch_size": size, "steps_per_epoch": steps}
    whole = runs.make()
    wanted = runs.fit(whole, None, data=make(), **arguments)
    with pytest.raises(runs.KilledError):
        runs.fit(runs.make(), tmp_path, 7, data=make(), **arguments)
    model = runs.make()
    runs.assert_same(model, whole, runs.fit(model, tmp_path, data=make(), **arguments), wanted)
