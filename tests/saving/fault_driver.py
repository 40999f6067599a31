"""Saves files in processes of its own that are killed, or meet errors of the disk, at each operation on files.

Run by `test_faults.py` with the NumPy backend: without JAX's threads a process may fork. Prints what went wrong.
"""

import io
import os
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np

import kerasish
from kerasish import layers
from kerasish.saving import atomic, load_model, shards

OPERATIONS = ("open", "fsync", "replace", "link")
KB = 1e-6


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


SCENARIOS = {
    "keras": ("m.keras", lambda m, p: m.save(p), load_model),
    "weights": ("m.weights.h5", lambda m, p: m.save_weights(p), loaded),
    "old": ("m.h5", lambda m, p: m.save(p), load_model),
    "shards": ("m.weights.json", lambda m, p: m.save_weights(p, max_shard_size=6 * KB), loaded),
    "safetensors": ("m.safetensors", lambda m, p: m.save_weights(p), loaded),
}


class Disk:
    """Counts operations on files; at number `at` does `action`: before it, or after half of what it writes."""

    def __init__(self, at, half, action):
        self.at, self.half, self.action, self.count = at, half, action, 0
        self.os = {name: getattr(os, name) for name in OPERATIONS}

    def install(self):
        for name in OPERATIONS:
            setattr(os, name, self.counted(name))
        disk = self

        class Counting(io.FileIO):
            def write(self, data):
                disk.step(lambda: super(Counting, self).write(bytes(data)[: len(data) // 2]))
                return super().write(data)

            def truncate(self, size=None):
                disk.step()
                return super().truncate(size)

        def opened(descriptor, mode):
            return io.BufferedRandom(Counting(descriptor, "r+")) if "w" in mode else open(descriptor, mode)

        atomic.open = opened

    def step(self, half=None):
        self.count += 1
        if self.count == self.at:
            if self.half and half is not None:
                half()
            self.action()

    def counted(self, name):
        def call(*args, **kwargs):
            self.step()
            return self.os[name](*args, **kwargs)

        return call


def child(work):
    """Run `work` in a process of its own; its exit code, or minus the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def attempt(folder, name, save, at, half, action):
    """Save under `Disk`: 0 all done, 7 done before operation `at` came, 5 an `OSError`."""

    def work():
        disk = Disk(at, half, action)
        disk.install()
        try:
            save(model_of(2.0), folder / name)
        except OSError:
            return 5
        except Exception:
            traceback.print_exc()
            raise
        return 0 if disk.count >= at else 7

    return child(work)


def check(folder, name, load, save, first, what, errors):
    """The file of before, or the new one; and after the next save nothing else."""
    path = folder / name
    if path.exists() or not first:
        try:
            found = values(load(path))
        except Exception as error:
            errors.append(f"{what}: {type(error).__name__}: {error}")
            return
        if found not in ({1.0}, {2.0}) or (first and found == {1.0}):
            errors.append(f"{what}: found {found}")
    save(model_of(3.0), path)
    if values(load(path)) != {3.0}:
        errors.append(f"{what}: the next save is lost")
    left = [entry for entry in os.listdir(folder) if entry.endswith(".tmp") or "-" in entry]
    if left:
        errors.append(f"{what}: left {left}")


def every_operation(scenario, first, action, codes, errors):
    """Kill, or raise, at every operation of a save, at its start and in its middle."""
    name, save, load = SCENARIOS[scenario]
    done = 0
    for half in (False, True):
        for at in range(1, 10_000):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                if not first:
                    save(model_of(1.0), folder / name)
                code = attempt(folder, name, save, at, half, action)
                if code == 7:
                    break
                what = f"{scenario}, operation {at}{' half done' if half else ''}"
                if code not in codes:
                    errors.append(f"{what}: exit code {code}")
                if action is not killed and [e for e in os.listdir(folder) if e.endswith(".tmp")]:
                    errors.append(f"{what}: a temporary file is left after an error")
                check(folder, name, load, save, first, what, errors)
                done += 1
    return done


def no_space():
    raise OSError(28, "No space left on device")


def full_disk(scenario, errors):
    """Limits on the size of files, from nothing to almost enough: an error, the old file, and then it works again."""
    name, save, load = SCENARIOS[scenario]
    for limit in (0, 1, 100, 2_000, 5_000, 9_000):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            save(model_of(1.0), folder / name)

            def work(folder=folder, limit=limit):
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
                try:
                    save(model_of(2.0), folder / name)
                    return 0
                except OSError as error:
                    if str(folder) not in str(error):
                        return 6
                finally:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
                if values(load(folder / name)) != {1.0}:
                    return 8
                save(model_of(2.0), folder / name)
                return 5 if values(load(folder / name)) == {2.0} else 9

            code = child(work)
            if code not in (0, 5) or (code == 0 and limit < 3_000):
                errors.append(f"{scenario}, files of at most {limit} bytes: exit code {code}")
            check(folder, name, load, save, False, f"{scenario}, limit {limit}", errors)


def read_beside(scenario, saves, errors):
    """A process saves again and again while this one reads."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / name
        save(model_of(1.0), path)
        pid = os.fork()
        if pid == 0:
            for number in range(saves):
                save(model_of(1.0 + number % 2), path)
            os._exit(0)
        reads = 0
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            try:
                found = values(load(path))
                if found not in ({1.0}, {2.0}):
                    errors.append(f"{scenario}: read {found}")
            except Exception as error:
                errors.append(f"{scenario}, read {reads}: {type(error).__name__}: {error}")
            reads += 1
        return reads


def main(what, scenario, number):
    errors = []
    done = 0
    if what == "kill":
        done = every_operation(scenario, number == "first", killed, (-signal.SIGKILL,), errors)
    elif what == "error":
        done = every_operation(scenario, False, no_space, (5, 0), errors)
    elif what == "limit":
        done = 6
        full_disk(scenario, errors)
    elif what == "read":
        done = read_beside(scenario, int(number), errors)
    print(f"{done} cases")
    print("\n".join(errors[:20]))
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    assert shards.INDEX
    main(*sys.argv[1:])
