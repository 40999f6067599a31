"""K09: `fit` is killed at 200 random moments while it saves after every batch; the newest checkpoint is always whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("kill_driver.py")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed as POSIX does it")


@pytest.mark.slow
def test_k09_two_hundred_kills_of_a_training_lose_no_checkpoint():
    env = os.environ | {"PYTHONPATH": str(DRIVER.parents[2]), "KERASISH_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(DRIVER), "200"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.startswith("200 kills")
