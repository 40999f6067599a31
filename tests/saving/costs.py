"""What an action takes: seconds of CPU, of all threads, and memory."""

import contextlib
import gc
import resource
import sys
import time

SECONDS, BYTES = 1.0, 200 * 2**20  # that refusing a file may take


@contextlib.contextmanager
def cheaply(seconds=SECONDS, memory=BYTES):
    """Fails if what is done inside takes more than that."""
    gc.disable()  # or all that the tests before have left may be looked through in here, which takes a second
    try:
        before, start = current(), time.process_time()
        yield
        taken, grown = time.process_time() - start, peak() - before
    finally:
        gc.enable()
    assert taken < seconds, f"{taken:.2f} seconds of CPU"
    assert grown < memory, f"{grown / 2**20:.0f} MiB"


def current():
    """The memory in use; from here on it is what `peak` is measured from, where the system can forget the one before."""
    if sys.platform != "linux":
        return peak()
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return status("VmRSS")


def peak():
    """The most memory that was in use."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return status("VmHWM")


def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
