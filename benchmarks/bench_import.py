"""`import kerasish` within 0.25 s of `import jax`; so is the first use of Sequential and its layers."""

import statistics
import subprocess
import sys

from measure import machine

PROGRAM = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
CASES = {
    "import jax": "import jax",
    "import kerasish": "import jax, kerasish",
    "kerasish with layers, models, losses": "import jax, kerasish; kerasish.Sequential, kerasish.layers, kerasish.losses",
}


def seconds(statement: str) -> float:
    out = subprocess.run([sys.executable, "-c", PROGRAM.format(statement)], capture_output=True, text=True, check=True)
    return float(out.stdout)


def main() -> None:
    print(machine())
    found = {name: [] for name in CASES}
    for _ in range(7):
        for name, statement in CASES.items():
            found[name].append(seconds(statement))
    base = statistics.median(found["import jax"])
    for name, times in found.items():
        time = statistics.median(times)
        print(f"{name:40s} {time:6.3f} s  (+{time - base:.3f} s)")
    assert statistics.median(found["import kerasish"]) - base < 0.25


if __name__ == "__main__":
    main()
