"""Compiled programs are kept for the next process: privately, within bounds, and never where the user says otherwise."""

import os
import pathlib
import stat
import subprocess
import sys
import zlib

import pytest

from kerasish.backend import backend

pytestmark = pytest.mark.skipif(backend() != "jax", reason="only JAX compiles")

if backend() == "jax":
    from kerasish.backend.jax.compilation_cache import tidy

CODE = """
import os, sys, time
import jax, numpy as np
from jax import monitoring
events = []
monitoring.register_event_listener(lambda event, **_: events.append(event))
import kerasish
assert not events and jax.config.jax_compilation_cache_dir == (os.environ.get("JAX_COMPILATION_CACHE_DIR") or None)
late = sys.argv[1] if len(sys.argv) > 1 else None
model = kerasish.Sequential([kerasish.Input((3,)), kerasish.layers.Dense(2)])
model.compile("sgd", "mse")
x = np.ones((5, 3), "float32")
model.fit(x, x[:, :2], batch_size=2, verbose=0)
if late:
    jax.config.update("jax_compilation_cache_dir", late)
model.predict(x)
print(events.count("/jax/compilation_cache/cache_hits"), events.count("/jax/compilation_cache/cache_misses"))
print(jax.config.jax_compilation_cache_dir)
"""


def run(folder, *args, **environment):
    """`(programs loaded, programs compiled and kept, JAX's folder)` of a process whose home is `folder`."""
    keep = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PLATFORMS": "cpu", "HOME": str(folder)}
    inherited = {k: v for k, v in os.environ.items() if k not in ("KERASISH_COMPILATION_CACHE", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE, *map(str, args)],
        env=inherited | keep | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    loaded, missed, used = done.stdout.split()
    return int(loaded), int(missed), None if used == "None" else pathlib.Path(used)


def entries(folder):
    return sorted(pathlib.Path(folder).rglob("*-cache"))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder has another place")
def test_the_second_process_compiles_nothing(tmp_path):
    loaded, missed, folder = run(tmp_path)
    assert loaded == 0 and missed == 2 and folder.parent == tmp_path / ".cache" / "kerasish" / "programs"
    assert len(entries(folder)) == 2
    for one in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(one.stat().st_mode) == 0o700
    assert run(tmp_path) == (2, 0, folder)
    broken = entries(folder)[0]  # as if its writer had been killed
    broken.write_bytes(broken.read_bytes()[:-100])
    assert run(tmp_path) == (1, 1, folder)
    folder.chmod(0o777)  # anybody could put a program there
    assert run(tmp_path) == (0, 0, None)


def test_the_users_own_folder_stays_and_so_does_none(tmp_path):
    loaded, missed, folder = run(tmp_path, JAX_COMPILATION_CACHE_DIR=str(tmp_path / "jax"))
    assert (loaded, missed, folder) == (0, 2, tmp_path / "jax")
    assert run(tmp_path, KERASISH_COMPILATION_CACHE="off") == (0, 0, None)
    assert not (tmp_path / ".cache").exists()


def test_a_folder_by_the_environment_and_one_that_jax_is_given_later(tmp_path):
    (tmp_path / "later").mkdir()
    found = run(tmp_path, tmp_path / "later", KERASISH_COMPILATION_CACHE=str(tmp_path / "mine"))
    assert found == (0, 2, tmp_path / "later")
    assert len(entries(tmp_path / "mine")) == 1 and len(entries(tmp_path / "later")) == 1


@pytest.mark.skipif(os.name != "posix", reason="a file in the place of the folder stands for a home without rights")
def test_where_there_is_no_home_programs_are_compiled(tmp_path):
    (tmp_path / "home").write_text("not a folder")
    assert run(tmp_path / "home") == (0, 0, None)


def test_a_folder_that_was_asked_for_and_cannot_be_used_gives_a_warning(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(subprocess.CalledProcessError) as found:
        run(tmp_path, KERASISH_COMPILATION_CACHE=str(tmp_path / "file"))
    assert "can't be used, so programs are compiled anew" in found.value.stderr


def test_the_programs_used_longest_ago_are_deleted_beyond_a_size(tmp_path):
    (tmp_path / "cpu").mkdir()
    whole = zlib.compress(os.urandom(1000))
    for number in range(6):
        path = tmp_path / "cpu" / f"{number}-cache"
        path.write_bytes(whole if number != 5 else whole[:-1])
        os.utime(path, (number, number))
    (tmp_path / "cpu" / "notes.txt").write_bytes(b"0" * 9000)
    (tmp_path / "gpu" / "xla_gpu_tuned").mkdir(parents=True)
    (tmp_path / "gpu" / "xla_gpu_tuned" / "first").write_bytes(b"0" * 100)
    os.utime(tmp_path / "gpu" / "xla_gpu_tuned" / "first", (1, 1))
    tidy(tmp_path, most_bytes=3 * len(whole))
    assert sorted(path.name for path in (tmp_path / "cpu").iterdir()) == ["3-cache", "4-cache", "notes.txt"]
    assert not any((tmp_path / "gpu" / "xla_gpu_tuned").iterdir())
