"""Saves files in processes of its own that are killed, or meet errors of the disk, at each operation on files.

Run by `test_faults.py` with the NumPy backend: without JAX's threads a process may fork. Prints what went wrong.
"""

import errno
import io
import os
import resource
import signal
import sys
import traceback
import warnings

from kerasish.saving import atomic, exchange, folder
from tests.saving.scenes import ended, forked, scene

OPERATIONS = ("open", "fsync", "replace", "link", "mkdir", "rename", "chmod")
REMOVING = ("unlink", "rmdir")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)
DONE, FAILED, SILENT = 7, 5, 6


class Disk:
    """Counts operations on files; at number `at` does `action`: before it, or after half of what it writes."""

    def __init__(self, at, half, action, most=None):
        self.at, self.half, self.action, self.most, self.count = at, half, action, most, 0

    def install(self):
        for name in OPERATIONS + (REMOVING if self.action is killed else ()):
            setattr(os, name, self.counted(getattr(os, name)))
        exchange._exchanged = self.counted(exchange._exchanged)
        disk = self

        class Counting(io.FileIO):
            def write(self, data):
                disk.step(lambda: super(Counting, self).write(bytes(data)[: len(data) // 2]))
                return super().write(bytes(data)[: disk.most])

            def truncate(self, size=None):
                disk.step()
                return super().truncate(size)

        def opened(descriptor, mode):
            return io.BufferedRandom(Counting(descriptor, "r+")) if "w" in mode else open(descriptor, mode)

        atomic.open = folder.open = opened

    def step(self, half=None):
        self.count += 1
        if self.count == self.at:
            if self.half and half is not None:
                half()
            self.action()

    def counted(self, operation):
        def call(*args, **kwargs):
            try:
                self.step()
            except OSError as error:
                if args and isinstance(args[0], str | os.PathLike):
                    raise OSError(error.errno, error.strerror, os.fspath(args[0])) from None  # as the system's own
                raise
            return operation(*args, **kwargs)

        return call


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def failing(code):
    def action():
        raise OSError(code, os.strerror(code))

    return action


def attempt(scene, disk):
    """Save the weights 2 under `disk`, in a process of its own; its exit code."""

    def work():
        disk.install()
        try:
            scene.save(2.0)
        except OSError as error:
            return FAILED if str(scene.place) in str(error) else SILENT
        except Exception:
            traceback.print_exc()
            raise
        return 0 if disk.count >= disk.at else DONE

    return ended(forked(work))


def every_operation(scenario, first, action, codes, errors, halves=(False, True)):
    """Kill, or raise, at every operation of a save, at its start and in its middle: the old file, or the new one."""
    done = 0
    for half in halves:
        for at in range(1, 10_000):
            with scene(scenario, errors, first) as here:
                code = attempt(here, Disk(at, half, action))
                if code == DONE:
                    break
                what = f"operation {at}{' half done' if half else ''}"
                if code not in codes:
                    here.wrong(f"{what}: exit code {code}")
                left = [name for name in here.temporary() if name.endswith((".tmp", ".old"))]
                if (len(left) > 1 and scenario not in ("shards", "renames")) or (left and action is not killed):
                    here.wrong(f"{what}: left {left}")
                if not first:
                    here.check(what)
                elif here.path.exists():
                    here.check(what, (2.0,))
                here.check_next(what)
                done += 1
    return done


def full_disk(scenario, errors):
    """Limits on the size of files, from nothing to almost enough: an error, the old file, and then it works again."""
    limits = (0, 1, 100, 2_000, 5_000, 9_000)
    for limit in limits:
        with scene(scenario, errors) as here:

            def work(here=here, limit=limit):
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
                try:
                    here.save(2.0)
                    return 0
                except OSError as error:
                    if str(here.place) not in str(error):
                        return SILENT
                finally:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
                if here.found() != {1.0}:
                    return 8
                here.save(2.0)
                return FAILED if here.found() == {2.0} else 9

            code = ended(forked(work))
            if code not in (0, FAILED) or (code == 0 and limit < 3_000):
                here.wrong(f"files of at most {limit} bytes: exit code {code}")
            here.check_next(f"limit {limit}")
    return len(limits)


def short_writes(scenario, errors):
    """E05: the system takes a few bytes at a time, and says so: the file is whole."""
    for most in (1000, 7):
        with scene(scenario, errors) as here:
            disk = Disk(0, False, killed, most)
            if (code := attempt(here, disk)) != 0:
                here.wrong(f"{most} bytes at a time: exit code {code}")
            here.check(f"{most} bytes at a time", (2.0,))
    return 2


def read_beside(scenario, saves, errors):
    """A process saves again and again while this one reads."""
    with scene(scenario, errors) as here:
        pid = forked(lambda: [here.save(1.0 + number % 2) for number in range(saves)] and 0)
        reads = 0
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            here.check(f"read {reads}")
            reads += 1
        return reads


def main(what, scenario, number):
    errors = []
    done = 0
    if what == "kill":
        done = every_operation(scenario, number == "first", killed, (-signal.SIGKILL,), errors)
    elif what == "error":
        for code in ERRORS:
            halves = (False, True) if code == errno.ENOSPC else (False,)
            done += every_operation(scenario, False, failing(code), (FAILED, 0), errors, halves)
    elif what == "limit":
        done = full_disk(scenario, errors)
    elif what == "short":
        done = short_writes(scenario, errors)
    elif what == "read":
        done = read_beside(scenario, int(number), errors)
    print(f"{done} cases")
    print("\n".join(errors[:20]))
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
