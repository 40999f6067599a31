"""Choosing a backend by the environment: built-in ones, ones of other packages, and mistakes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TOY = """
from kerasish.backend.numpy import *
from kerasish.backend.numpy import xp

name = "toy"
"""

PROGRAM = """
from kerasish.backend import backend, engine, xp
x = engine.asarray([[1.0, 2.0], [3.0, 4.0]])
print(backend(), float(xp.matmul(x, x).sum()), float(engine.sum_pool(x[None], (2,), (2,), ((0, 0),)).sum()))
"""


def run(name, folder):
    environment = {**os.environ, "KERASISH_BACKEND": name, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def other_package(tmp_path):
    """A package, installed as far as Python can tell, with a whole backend and one that lacks something."""
    (tmp_path / "toy_backend.py").write_text(TOY)
    (tmp_path / "half_backend.py").write_text(TOY + "del conv, name\n")
    information = tmp_path / "toy_backend-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-backend\nVersion: 1.0\n")
    points = "[kerasish.backends]\ntoy = toy_backend\nhalf = half_backend\n"
    (information / "entry_points.txt").write_text(points)
    return tmp_path


@pytest.mark.parametrize("name", ["toy", "numpy", "NumPy"])
def test_the_environment_chooses(name, other_package):
    done = run(name, other_package)
    assert done.stdout.split() == [name.lower(), "54.0", "10.0"], done.stderr


def test_an_unknown_name_is_refused_with_the_known_ones(other_package):
    error = run("tensorflow", other_package).stderr
    assert "There is no backend named 'tensorflow'" in error
    assert "'jax', 'numpy'" in error and "'toy'" in error and "'kerasish.backends'" in error


def test_an_incomplete_backend_is_refused_with_what_it_lacks(other_package):
    error = run("half", other_package).stderr
    assert "TypeError: The backend 'half' lacks conv, name; see kerasish/backend/interface.py" in error
