"""Trouble from outside, each kind in a process of its own: full disks, signals, forks, limits, other writers.

Run by `test_trouble.py` with the NumPy backend: without JAX's threads a process may fork. Prints what went wrong.
"""

import contextlib
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np

import kerasish
from kerasish.callbacks import ModelCheckpoint
from kerasish.saving import CorruptModelError, load_model
from tests.saving.fault_driver import SCENARIOS, child, loaded, model_of, values

NOBODY = 65534


def full_tmpfs(scenario, errors):
    """E02: a real file system without room, of 64 kB and of 1 MB; where none can be mounted nothing is tried."""
    name, save, load = SCENARIOS[scenario]
    done = 0
    for size in ("160k" if scenario == "shards" else "64k", "1m"):  # shards need room for both sets
        with tempfile.TemporaryDirectory() as place:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False).returncode:
                return 0
            try:
                path = Path(place, name)
                save(model_of(1.0), path)
                ballast = Path(place, "ballast")
                room = shutil.disk_usage(place).free
                for left in (0, 4096, 8192, 16384):
                    ballast.write_bytes(bytes(max(room - left, 0)))
                    try:
                        save(model_of(2.0), path)
                    except OSError as error:
                        if error.errno != errno.ENOSPC or place not in str(error):
                            errors.append(f"{scenario}, {left} left: {error}")
                    found = values(load(path))
                    if found not in ({1.0}, {2.0}):
                        errors.append(f"{scenario}, {left} left: found {found}")
                    ballast.unlink()
                    save(model_of(1.0), path)
                    if values(load(path)) != {1.0} or [x for x in os.listdir(place) if x.endswith(".tmp")]:
                        errors.append(f"{scenario}, {left} left: the next save is lost, or a temporary file is left")
                    done += 1
            finally:
                subprocess.run(["umount", "-l", place], check=True)
    return done


def quota(scenario, errors):
    """E04: there is room for the weights, and not for the state of the optimizer: nothing is half saved."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        save(model_of(1.0), path)
        alone = path.stat().st_size
        model = model_of(2.0)
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)

        def work():
            resource.setrlimit(resource.RLIMIT_FSIZE, (alone + 2000, resource.RLIM_INFINITY))
            try:
                save(model, path)
            except OSError as error:
                return 5 if str(path) in str(error) else 6
            return 0

        if (code := child(work)) != 5 or values(load(path)) != {1.0} or len(os.listdir(place)) != 1:
            errors.append(f"{scenario}: exit code {code}, {os.listdir(place)}")
    return 1


def killed(pid, number):
    """The exit code of a process after a signal. Python itself may lose Ctrl-C, in a weak reference's callback."""
    for _ in range(5):
        os.kill(pid, number)
        for _ in range(200):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def signals(scenario, errors):
    """K10: SIGTERM, SIGINT and SIGHUP while it saves: the old file or the new one, and the right exit code."""
    name, save, load = SCENARIOS[scenario]
    done = 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for delay in (0.0, 0.002, 0.005, 0.01, 0.02):
            with tempfile.TemporaryDirectory() as place:
                path = Path(place, name)
                save(model_of(1.0), path)
                pid = os.fork()
                if pid == 0:
                    try:
                        signal.signal(signal.SIGINT, signal.default_int_handler)
                        model = model_of(2.0)
                        while True:
                            save(model, path)
                    except KeyboardInterrupt:
                        os._exit(130)
                    finally:
                        os._exit(3)
                time.sleep(0.1 + delay)
                code = killed(pid, number)
                if code != (130 if number == signal.SIGINT else -number):
                    errors.append(f"{scenario}, signal {number}: exit code {code}")
                if values(load(path)) not in ({1.0}, {2.0}):
                    errors.append(f"{scenario}, signal {number}: {values(load(path))}")
                if number == signal.SIGINT and [x for x in os.listdir(place) if x.endswith(".tmp")]:
                    errors.append(f"{scenario}, signal {number}: a temporary file is left")
                save(model_of(3.0), path)
                if values(load(path)) != {3.0} or [x for x in os.listdir(place) if x.endswith(".tmp")]:
                    errors.append(f"{scenario}, signal {number}: the next save is lost, or a temporary file is left")
                done += 1
    return done


def forks(scenario, errors):
    """K11: another thread forks while this one saves; parent and child save to the same place. Nobody waits for ever."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        save(model_of(1.0), path)
        over = threading.Event()

        def saves():
            while not over.is_set():
                save(model_of(1.0), path)

        thread = threading.Thread(target=saves)
        thread.start()
        for _ in range(20):
            code = child(lambda: (signal.alarm(20), save(model_of(2.0), path), 0)[2])
            if code != 0:
                errors.append(f"{scenario}: the child ended with {code}")
        over.set()
        thread.join()
        if values(load(path)) not in ({1.0}, {2.0}):
            errors.append(f"{scenario}: {values(load(path))}")
    return 20


def two_writers(scenario, errors, saves=200):
    """C02: two processes save to one place, again and again, and this one reads."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        save(model_of(1.0), path)
        pids = []
        for value in (1.0, 2.0):
            pids.append(os.fork())
            if pids[-1] == 0:
                code = 3
                try:
                    for _ in range(saves):
                        save(model_of(value), path)
                    code = 0
                finally:
                    os._exit(code)
        reads = 0
        while pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                pids.remove(pid)
                if status:
                    errors.append(f"{scenario}: a writer ended with {os.waitstatus_to_exitcode(status)}")
            try:
                found = values(load(path))
                if found not in ({1.0}, {2.0}):
                    errors.append(f"{scenario}: read {found}")
            except Exception as error:
                errors.append(f"{scenario}, read {reads}: {type(error).__name__}: {error}")
            reads += 1
        left = [x for x in os.listdir(place) if x.endswith(".tmp")]
        if left:
            errors.append(f"{scenario}: left {left}")
        return reads


def no_rights(scenario, errors):
    """E06: folders that can't be written, as a user who is not root; and what ModelCheckpoint says before training."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "f")
        folder.mkdir()
        os.chmod(place, 0o755)
        save(model_of(1.0), folder / name)
        for x in folder.iterdir():
            x.chmod(0o444)
        model = model_of(2.0)

        def work(mode, expected):
            folder.chmod(mode)
            os.chown(folder, NOBODY, NOBODY)
            if os.getuid() == 0:
                os.setuid(NOBODY)
            try:
                save(model, folder / name)
            except OSError as error:
                return 5 if expected and error.errno == errno.EACCES and str(folder) in str(error) else 6
            return 6 if expected else 5

        def begins():
            folder.chmod(0o555)
            if os.getuid() == 0:
                os.setuid(NOBODY)
            try:
                ModelCheckpoint(folder / "m.keras").on_train_begin()
            except OSError as error:
                return 5 if error.errno == errno.EACCES and str(folder) in str(error) else 6
            return 7

        cases = {
            "a folder that is read only": lambda: work(0o555, True),
            "ModelCheckpoint": begins,
            "a file that is read only in a folder that is not": lambda: work(0o755, False),
        }
        for what, case in cases.items():
            if (code := child(case)) != 5:
                errors.append(f"{scenario}, {what}: exit code {code}")
        if values(load(folder / name)) != {2.0}:
            errors.append(f"{scenario}: {values(load(folder / name))}")
    return len(cases)


def descriptors(scenario, errors):
    """E08: no descriptors are left while it saves and loads: an error, and then all is well; none are lost."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        save(model_of(1.0), path)
        load(path)
        before = len(os.listdir("/proc/self/fd"))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for limit in range(before - 1, before + 4):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            for action in (lambda: save(model_of(2.0), path), lambda: load(path)):
                with contextlib.suppress(OSError, CorruptModelError):
                    action()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            if len(os.listdir("/proc/self/fd")) != before:
                errors.append(f"{scenario}, limit {limit}: descriptors are lost")
            if values(load(path)) not in ({1.0}, {2.0}):
                errors.append(f"{scenario}, limit {limit}: {values(load(path))}")
        if [x for x in os.listdir(place) if x.endswith(".tmp")]:
            errors.append(f"{scenario}: a temporary file is left")
    return 5


def large(megabytes):
    units = int((megabytes * 2**18) ** 0.5)
    return kerasish.Sequential([kerasish.Input((units,)), kerasish.layers.Dense(units, kernel_initializer="zeros")])


def memory(scenario, errors):
    """E09: there is no memory for what is loaded: an error, and the model is as it was."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "m.keras" if scenario == "keras" else "m.weights.h5")
        model = large(64)
        (model.save if scenario == "keras" else model.save_weights)(path)
        model.set_weights([np.ones_like(w) for w in model.get_weights()])

        def work():
            with open("/proc/self/statm") as file:
                used = int(file.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + 2**24, resource.RLIM_INFINITY))
            try:
                model.load_weights(path)
            except (MemoryError, ValueError, OSError, RuntimeError):
                resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                return 5 if values(model) == {1.0} else 6
            return 7

        if (code := child(work)) != 5:
            errors.append(f"{scenario}: exit code {code}")
    return 1


def vanishing(scenario, errors):
    """E07: the folder goes while it is used: an error that names it, the model is as it was, and can be saved elsewhere."""
    name, save, load = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "f")
        folder.mkdir()
        model = model_of(2.0)
        save(model, folder / name)
        shutil.rmtree(folder)
        try:
            save(model, folder / name)
            errors.append(f"{scenario}: no error")
        except OSError as error:
            if str(folder) not in str(error):
                errors.append(f"{scenario}: {error}")
        save(model, Path(place, name))
        if values(model) != {2.0} or values(load(Path(place, name))) != {2.0}:
            errors.append(f"{scenario}: the model has changed")
    return 1


KINDS = {
    "tmpfs": full_tmpfs,
    "quota": quota,
    "signals": signals,
    "forks": forks,
    "writers": two_writers,
    "rights": no_rights,
    "descriptors": descriptors,
    "memory": memory,
    "vanishing": vanishing,
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    assert loaded
    assert load_model
    problems: list[str] = []
    print(f"{KINDS[sys.argv[1]](sys.argv[2], problems)} cases")
    print("\n".join(problems[:20]))
    sys.exit(1 if problems else 0)
