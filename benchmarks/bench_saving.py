"""500 MB of weights to and from files, against a plain copy of the same bytes and their SHA-256; and the memory taken.

`python benchmarks/bench_saving.py [MB]`. Each figure is that of a process of its own, alternating, best of three: the
first writing of a file pays for the disk's moods. Memory is the peak of the process over what it had before.
"""

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

CASES = ["plain", "keras", "weights.h5", "h5", "weights.json", "safetensors"]
LAYERS = 8


def model_of(megabytes):
    import kerasish

    units = int((megabytes * 2**20 / 4 / LAYERS) ** 0.5)
    rows = [kerasish.layers.Dense(units, use_bias=False, kernel_initializer="zeros") for _ in range(LAYERS)]
    return kerasish.Sequential([kerasish.Input((units,)), *rows])


def filled(model):
    random = np.random.default_rng(0)
    for v in model.weights:
        v.assign(random.random(v.shape, "float32"))
    return model


class Peak:
    """The most memory that this process has had inside, over what it had before."""

    def __enter__(self):
        self.before = self.now()
        self.most, self.over = 0, False
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    @staticmethod
    def now():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def watch(self):
        while not self.over:
            self.most = max(self.most, self.now() - self.before)
            time.sleep(0.002)

    def __exit__(self, *exception):
        self.over = True
        self.thread.join()


def plain(what, path, megabytes):
    """What any saving must do: hash the bytes and write them durably; and any loading: read them and hash them."""
    data = np.random.default_rng(0).random(megabytes * 2**20 // 4, "float32") if what == "save" else None
    with Peak() as peak:
        start = time.perf_counter()
        if what == "save":
            hashlib.sha256(data.data).hexdigest()
            with open(path, "wb") as file:
                file.write(data.data)
                file.flush()
                os.fsync(file.fileno())
        else:
            data = np.fromfile(path, "float32")
            hashlib.sha256(data.data).hexdigest()
        seconds = time.perf_counter() - start
    return seconds, peak.most


def save(model, case, path):
    if case in ("keras", "h5"):
        model.save(path)
    elif case == "weights.json":
        model.save_weights(path, max_shard_size=0.1)
    else:
        model.save_weights(path)


def ours(what, case, path, megabytes):
    import kerasish

    if what == "save":
        model = filled(model_of(megabytes))
        action = lambda: save(model, case, path)  # noqa: E731
    elif what == "load model":
        action = lambda: kerasish.saving.load_model(path)  # noqa: E731
        model_of(1)  # what is imported at the first use
    else:
        model = model_of(megabytes)
        for v in model.weights:
            np.asarray(v.value)  # is there: values are made in the background
        action = lambda: model.load_weights(path)  # noqa: E731
    with Peak() as peak:
        start = time.perf_counter()
        kept = action()
        seconds = time.perf_counter() - start
    del kept
    return seconds, peak.most


def warm(megabytes):
    """Take and give back as much memory as will be used: a virtual machine gets its pages from the host only when they
    are touched first, which costs ten times the clearing of a page, and comes to whoever is first."""
    np.ones(3 * megabytes * 2**20, np.uint8)


def child(what, case, path, megabytes):
    warm(megabytes)
    seconds, most = plain(what, path, megabytes) if case == "plain" else ours(what, case, path, megabytes)
    print(seconds, most)


def measured(what, case, path, megabytes):
    command = [sys.executable, __file__, what, case, path, str(megabytes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(float(x) for x in done.stdout.split()[-2:])


def main(megabytes):
    size = megabytes * 2**20
    print(
        f"{megabytes} MB of weights; {os.cpu_count()} cores; seconds, times the plain copy and hash, memory / weights"
    )
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for _ in range(3):
            for case in CASES:
                path = os.path.join(folder, f"m.{case}")
                whats = ["save", "load weights"]
                whats += ["load model"] if case in ("keras", "h5") else []
                for what in whats:
                    found.setdefault((what, case), []).append(measured(what, case, path, megabytes))
    for (what, case), runs in sorted(found.items()):
        base = min(found["save" if what == "save" else "load weights", "plain"])[0]
        seconds, most = min(runs)
        print(f"{what:12} {case:12} {seconds:6.2f} s  {seconds / base:5.2f}  {most / size:5.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        child(*sys.argv[1:4], int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
