"""What the drivers of kills and troubles share: ways to save and to load, processes of their own, and what must hold."""

import contextlib
import os
import tempfile
from pathlib import Path

import numpy as np

import kerasish
from kerasish import layers
from kerasish.saving import exchange, load_model
from kerasish.saving.run_file import RunState, load_run, save_run

KB = 1e-6
NAMES = [f"w{n}" for n in range(4)]


def model_of(value):
    rows = [layers.Dense(30, name="a"), layers.Dense(40, name="b")]
    model = kerasish.Sequential([layers.Input((20,), name="i"), *rows], name="m")
    model.set_weights([np.full(w.shape, value, w.dtype) for w in model.get_weights()])
    return model


def values(model):
    return {float(x) for w in model.get_weights() for x in np.unique(w)}


def loaded(path):
    model = model_of(0.0)
    model.load_weights(path)
    return model


def in_run(path):
    model, run = model_of(0.0), load_run(path)
    model.set_weights([run.arrays[name] for name in NAMES])
    return model


def save_by_renames(model, path):
    """As on a system that can't exchange two folders in one step."""
    exchange._exchanged = lambda one, other: False
    model.save(path, zipped=False)


SCENARIOS = {
    "keras": ("m.keras", lambda m, p: m.save(p), load_model),
    "weights": ("m.weights.h5", lambda m, p: m.save_weights(p), loaded),
    "old": ("m.h5", lambda m, p: m.save(p), load_model),
    "shards": ("m.weights.json", lambda m, p: m.save_weights(p, max_shard_size=6 * KB), loaded),
    "safetensors": ("m.safetensors", lambda m, p: m.save_weights(p), loaded),
    "run": ("run", lambda m, p: save_run(p, RunState(dict(zip(NAMES, m.get_weights(), strict=True)), {})), in_run),
    "folder": ("m", lambda m, p: m.save(p, zipped=False), load_model),
    "renames": ("m", save_by_renames, load_model),
}


class Scene:
    """A place where the weights 1 have been saved in one way; `problems` are what was seen that must not be."""

    def __init__(self, place, scenario, problems, first=False):
        self.place, self.scenario, self.problems = Path(place), scenario, problems
        name, self._save, self._load = SCENARIOS[scenario]
        self.path = self.place / name
        if not first:
            self.save(1.0)

    def save(self, value):
        self._save(value if isinstance(value, kerasish.Model) else model_of(value), self.path)

    def found(self):
        return values(self._load(self.path))

    def temporary(self):
        """Files and folders that are there only while something is saved."""
        return [name for _, *names in os.walk(self.place) for found in names for name in found if is_temporary(name)]

    def wrong(self, what):
        self.problems.append(f"{self.scenario}, {what}")

    def check(self, what, allowed=(1.0, 2.0)):
        """Raise no error, and find one of these values in all weights."""
        try:
            found = self.found()
        except Exception as error:
            self.wrong(f"{what}: {type(error).__name__}: {error}")
            return
        if found not in [{value} for value in allowed]:
            self.wrong(f"{what}: found {found}")

    def check_next(self, what):
        """The next save works, and leaves nothing else."""
        self.save(3.0)
        self.check(f"{what}, the next save", (3.0,))
        if left := self.temporary():
            self.wrong(f"{what}: left {left}")


def is_temporary(name):
    return name.endswith((".tmp", ".old")) or "-" in name


@contextlib.contextmanager
def scene(scenario, problems, first=False):
    with tempfile.TemporaryDirectory() as place:
        yield Scene(place, scenario, problems, first)


def forked(work):
    """The number of a process of its own that does `work`; its exit code is what that returns, or 3 after an error."""
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return pid


def ended(pid):
    """The exit code of a process, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
