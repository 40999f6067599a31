"""What a kill, a full disk, and another process cost: nothing. See `fault_driver.py`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("fault_driver.py")
ROOT = DRIVER.parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed as POSIX does it")
FILES = ["keras", "weights", "old", "shards", "safetensors"]
SCENARIOS = [*FILES, "run", "folder"]


def run(what, scenario, number=""):
    """The number of cases that the driver tried; fails if one of them went wrong."""
    env = os.environ | {"KERASISH_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(DRIVER), what, scenario, str(number)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return int(re.match(r"(\d+) cases", done.stdout)[1])


def test_a_kill_at_any_operation_leaves_the_old_file_or_the_new_one():
    assert run("kill", "safetensors", "overwrite") >= 10


KILLED = {
    "K01": ("keras", "first"),
    "K01 in a folder": ("folder", "first"),
    "K02": ("keras", "overwrite"),
    "K02 in a folder": ("folder", "overwrite"),
    "K02 in a folder, by renames": ("renames", "overwrite"),
    "K03": ("weights", "overwrite"),
    "K03 in safetensors": ("safetensors", "overwrite"),
    "K04": ("old", "overwrite"),
    "K05": ("shards", "overwrite"),
    "K06": ("run", "overwrite"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "number"), KILLED.values(), ids=KILLED)
def test_k01_k02_k03_k04_k05_k06_k07_a_kill_at_any_operation_of_any_save_loses_nothing(scenario, number):
    assert run("kill", scenario, number) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [*SCENARIOS, "renames"])
def test_e01_e03_an_error_at_any_operation_of_any_save_loses_nothing(scenario):
    assert run("error", scenario) >= 10


@pytest.mark.parametrize("scenario", ["folder"])
def test_e05_bytes_that_are_taken_a_few_at_a_time_make_a_whole_file(scenario):
    run("short", scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_e05_bytes_that_are_taken_a_few_at_a_time_make_a_whole_file_of_any_format(scenario):
    run("short", scenario)


@pytest.mark.parametrize("scenario", ["keras"])
def test_a_limit_on_the_size_of_files_is_an_error_and_no_crash(scenario):
    run("limit", scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_e02_a_limit_on_the_size_of_files_is_an_error_and_no_crash(scenario):
    run("limit", scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [*SCENARIOS, "renames"])
def test_c01_a_reader_beside_500_saves_sees_whole_files_only(scenario):
    assert run("read", scenario, 500) >= 20
