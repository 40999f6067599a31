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
from kerasish.saving import CorruptModelError
from tests.saving.scenes import Scene, ended, forked, model_of, scene, values

NOBODY = 65534
NAMED, OTHER = 5, 6  # the exit codes of what ended with an error that names the place, and with another one


def full_tmpfs(scenario, errors):
    """E02: a real file system without room, of 64 kB and of 1 MB; where none can be mounted nothing is tried."""
    done = 0
    for size in ("160k" if scenario in ("shards", "folder", "run") else "64k", "1m"):  # they need room for two
        with tempfile.TemporaryDirectory() as place:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False).returncode:
                return 0
            try:
                here, ballast = Scene(place, scenario, errors), Path(place, "ballast")
                for left in (0, 4096, 8192, 16384):
                    ballast.write_bytes(bytes(max(shutil.disk_usage(place).free - left, 0)))
                    try:
                        here.save(2.0)
                    except OSError as error:
                        if error.errno != errno.ENOSPC or place not in str(error):
                            here.wrong(f"{left} left: {error}")
                    here.check(f"{left} left", (1.0, 2.0, 3.0))
                    ballast.unlink()
                    here.check_next(f"{left} left")
                    done += 1
            finally:
                subprocess.run(["umount", "-l", place], check=True)
    return done


def quota(scenario, errors):
    """E04: there is room for the weights, and not for the state of the optimizer: nothing is half saved."""
    with scene(scenario, errors) as here:
        before = os.listdir(here.place)
        alone = max(Path(place, name).stat().st_size for place, _, names in os.walk(here.place) for name in names)
        model = model_of(2.0)
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)

        def work():
            resource.setrlimit(resource.RLIMIT_FSIZE, (alone + 2000, resource.RLIM_INFINITY))
            try:
                here.save(model)
            except OSError as error:
                return NAMED if str(here.path) in str(error) else OTHER
            return 0

        if (code := ended(forked(work))) != NAMED or os.listdir(here.place) != before:
            here.wrong(f"exit code {code}, {os.listdir(here.place)}")
        here.check("after the error", (1.0,))
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
    return ended(pid)


def signals(scenario, errors):
    """K10: SIGTERM, SIGINT and SIGHUP while it saves: the old file or the new one, and the right exit code."""
    cases = [(n, delay) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) for delay in (0, 2, 5, 10, 20)]
    for number, delay in cases:
        with scene(scenario, errors) as here:

            def work(here=here):
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for other in (signal.SIGTERM, signal.SIGHUP):
                    signal.signal(other, signal.SIG_DFL)  # `nohup` has them ignored
                model = model_of(2.0)
                try:
                    while True:
                        here.save(model)
                except KeyboardInterrupt:
                    return 130

            pid = forked(work)
            time.sleep(0.1 + delay / 1000)
            code, what = killed(pid, number), f"signal {number}"
            if code != (130 if number == signal.SIGINT else -number):
                here.wrong(f"{what}: exit code {code}")
            here.check(what)
            if number == signal.SIGINT and here.temporary():
                here.wrong(f"{what}: left {here.temporary()}")
            here.check_next(what)
    return len(cases)


def forks(scenario, errors):
    """K11: another thread forks while this one saves; parent and child save to the same place. Nobody waits for ever."""
    with scene(scenario, errors) as here:
        over = threading.Event()

        def saves():
            while not over.is_set():
                here.save(1.0)

        thread = threading.Thread(target=saves)
        thread.start()
        for _ in range(20):
            code = ended(forked(lambda: (signal.alarm(20), here.save(2.0), 0)[2]))
            if code != 0:
                here.wrong(f"the child ended with {code}")
        over.set()
        thread.join()
        here.check("after all")
    return 20


def two_writers(scenario, errors, saves=200):
    """C02: two processes save to one place, again and again, and this one reads."""
    with scene(scenario, errors) as here:
        pids = [forked(lambda value=value: [here.save(value) for _ in range(saves)] and 0) for value in (1.0, 2.0)]
        reads = 0
        while pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                pids.remove(pid)
                if status:
                    here.wrong(f"a writer ended with {os.waitstatus_to_exitcode(status)}")
            here.check(f"read {reads}")
            reads += 1
        if here.temporary():
            here.wrong(f"left {here.temporary()}")
        return reads


def no_rights(scenario, errors):
    """E06: folders that can't be written, as a user who is not root; and what ModelCheckpoint says before training."""
    with scene(scenario, errors) as outer:
        os.chmod(outer.place, 0o755)
        folder = outer.place / "f"
        folder.mkdir()
        here = Scene(folder, scenario, errors)
        for path in folder.iterdir():
            path.chmod(0o444)
        model = model_of(2.0)

        def as_nobody(mode, action):
            folder.chmod(mode)
            os.chown(folder, NOBODY, NOBODY)
            if os.getuid() == 0:
                os.setuid(NOBODY)
            try:
                action()
            except OSError as error:
                return NAMED if error.errno == errno.EACCES and str(folder) in str(error) else OTHER
            return 0

        cases = {
            "a folder that is read only": (0o555, lambda: here.save(model), NAMED),
            "ModelCheckpoint": (0o555, lambda: ModelCheckpoint(folder / "m.keras").on_train_begin(), NAMED),
            "a file that is read only in a folder that is not": (0o755, lambda: here.save(model), 0),
        }
        for what, (mode, action, expected) in cases.items():
            if (code := ended(forked(lambda mode=mode, action=action: as_nobody(mode, action)))) != expected:
                here.wrong(f"{what}: exit code {code}")
        here.check("at the end", (2.0,))
    return len(cases)


def descriptors(scenario, errors):
    """E08: no descriptors are left while it saves and loads: an error, and then all is well; none are lost."""
    with scene(scenario, errors) as here:
        here.check("before", (1.0,))
        before = len(os.listdir("/proc/self/fd"))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for limit in range(before - 1, before + 4):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            for action in (lambda: here.save(2.0), here.found):
                with contextlib.suppress(OSError, CorruptModelError):
                    action()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            if len(os.listdir("/proc/self/fd")) != before:
                here.wrong(f"limit {limit}: descriptors are lost")
            here.check(f"limit {limit}", (1.0, 2.0, 3.0))
            here.check_next(f"limit {limit}")
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
                return NAMED if values(model) == {1.0} else OTHER
            return 0

        if (code := ended(forked(work))) != NAMED:
            errors.append(f"{scenario}: exit code {code}")
    return 1


def vanishing(scenario, errors):
    """E07: the folder goes while it is used: an error that names it, the model is as it was, and can be saved elsewhere."""
    with scene(scenario, errors) as outer:
        folder = outer.place / "f"
        folder.mkdir()
        here, model = Scene(folder, scenario, errors), model_of(2.0)
        shutil.rmtree(folder)
        try:
            here.save(model)
            here.wrong("no error")
        except OSError as error:
            if str(folder) not in str(error):
                here.wrong(str(error))
        outer.save(model)
        outer.check("elsewhere", (2.0,))
        if values(model) != {2.0}:
            here.wrong("the model has changed")
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
    problems: list[str] = []
    print(f"{KINDS[sys.argv[1]](sys.argv[2], problems)} cases")
    print("\n".join(problems[:20]))
    sys.exit(1 if problems else 0)
