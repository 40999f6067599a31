"""Full disks, signals, forks, missing rights, memory and descriptors, other writers: see `trouble_driver.py`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("trouble_driver.py")
ROOT = DRIVER.parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as on Linux")
QUICK = [
    ("E04", "quota", "keras"),
    ("E06", "rights", "keras"),
    ("E07", "vanishing", "keras"),
    ("E08", "descriptors", "keras"),
    ("E09", "memory", "weights"),
]
ALL = ("keras", "weights", "old", "safetensors", "shards")
MORE = (*ALL, "folder", "run")
SLOW = [
    *[("E02", "tmpfs", scenario) for scenario in MORE],
    *[("E04", "quota", scenario) for scenario in ("weights", "old", "folder")],
    *[("E06", "rights", scenario) for scenario in ALL[1:]],
    *[("E07", "vanishing", scenario) for scenario in (*ALL[1:], "folder")],
    *[("E08", "descriptors", scenario) for scenario in MORE[1:]],
    ("E09", "memory", "keras"),
    *[("K10", "signals", scenario) for scenario in MORE],
    *[("K11", "forks", scenario) for scenario in (*ALL, "folder")],
    *[("C02", "writers", scenario) for scenario in (*ALL, "folder")],
]


def run(kind, scenario):
    env = os.environ | {"KERASISH_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(DRIVER), kind, scenario]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return int(done.stdout.split()[0])


@pytest.mark.parametrize(("case", "kind", "scenario"), QUICK)
def test_trouble_costs_nothing(case, kind, scenario):
    assert run(kind, scenario) > 0


@pytest.mark.slow
@pytest.mark.parametrize(("case", "kind", "scenario"), SLOW)
def test_trouble_of_any_kind_costs_nothing_in_any_format(case, kind, scenario):
    if run(kind, scenario) == 0:
        pytest.skip("no file system can be mounted here")
