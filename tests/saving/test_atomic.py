"""A file is written whole or not at all."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from kerasish.saving.atomic import atomic_write, open_regular
from kerasish.saving.errors import UnsafeModelError


def put(content):
    return lambda file: file.write(content)


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    return path


def test_a_file_is_written_and_nothing_else_is_left(tmp_path):
    atomic_write(tmp_path / "new.bin", put(b"123"))
    assert (tmp_path / "new.bin").read_bytes() == b"123"
    assert os.listdir(tmp_path) == ["new.bin"]


def test_an_existing_file_is_replaced_and_keeps_its_permissions(target):
    target.chmod(0o600)
    atomic_write(target, put(b"new"))
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(target):
    link = target.with_name("latest.keras")
    link.symlink_to(target)
    atomic_write(link, put(b"new"))
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def failing_writer(file):
    file.write(b"half of ")
    raise OSError(28, "No space left on device")


def interrupted_writer(file):
    file.write(b"half of ")
    raise KeyboardInterrupt


def damaged(file):
    raise ValueError("read back wrong")


@pytest.mark.parametrize(
    ("writer", "verify", "error", "message"),
    [
        (failing_writer, None, OSError, "No space left.*writing.*unchanged.*model.keras"),
        (interrupted_writer, None, KeyboardInterrupt, None),
        (put(b"new"), damaged, ValueError, "read back wrong"),
    ],
)
def test_after_an_error_the_old_file_is_there_and_no_temporary_one(target, writer, verify, error, message):
    with pytest.raises(error, match=message):
        atomic_write(target, writer, verify)
    assert target.read_bytes() == b"old"
    assert os.listdir(target.parent) == [target.name]
    atomic_write(target, put(b"next"))
    assert target.read_bytes() == b"next"


@pytest.mark.parametrize(("step", "message"), [("fsync", "waiting for the disk"), ("replace", "putting the new file")])
def test_an_error_of_the_disk_names_the_step(target, monkeypatch, step, message):
    def fail(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match=message):
        atomic_write(target, put(b"new"))
    assert target.read_bytes() == b"old"
    assert os.listdir(target.parent) == [target.name]


def test_a_missing_folder_and_a_folder_as_target_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder.*missing"):
        atomic_write(tmp_path / "missing" / "m.keras", put(b""))
    with pytest.raises(IsADirectoryError, match="name of a folder"):
        atomic_write(tmp_path, put(b""))


def test_what_killed_processes_left_is_removed_and_what_running_ones_write_is_not(target):
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    stale = target.with_name(f".model.keras.{finished.pid}.{'0' * 16}.tmp")
    busy = target.with_name(f".model.keras.{os.getpid()}.{'0' * 16}.tmp")
    other = target.with_name(f".other.keras.{finished.pid}.{'0' * 16}.tmp")
    for path in (stale, busy, other):
        path.write_bytes(b"")
    atomic_write(target, put(b"new"))
    assert not stale.exists()
    assert busy.exists()
    assert other.exists()


def test_a_long_name_can_be_saved(tmp_path):
    path = tmp_path / ("n" * 240 + ".keras")
    atomic_write(path, put(b"1"))
    assert path.read_bytes() == b"1"


KILLED = """
import os, signal, sys
from kerasish.saving import atomic
step = sys.argv[2]
def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
def write(file):
    file.write(b"half of ")
    if step == "write": die()
    file.write(b"the new file")
if step in ("fsync", "replace"): setattr(os, step, die)
atomic.atomic_write(sys.argv[1], write)
if step == "after": die()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "left"), [("write", b"old"), ("fsync", b"old"), ("replace", b"old"), ("after", b"half of the new file")]
)
def test_a_kill_at_any_step_leaves_one_of_the_two_files_whole(target, step, left):
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), step], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == left
    atomic_write(target, put(b"next"))
    assert target.read_bytes() == b"next"
    assert os.listdir(target.parent) == [target.name]


def test_only_regular_files_are_opened_and_nothing_waits(tmp_path):
    fifo = tmp_path / "x.keras"
    os.mkfifo(fifo)
    folder = tmp_path / "folder.keras"
    folder.mkdir()
    for path in (fifo, folder, "/dev/zero"):
        with pytest.raises(UnsafeModelError, match="folder|regular file"):
            open_regular(path)
    with pytest.raises(FileNotFoundError, match="no such file.*missing"):
        open_regular(tmp_path / "missing.keras")


def test_two_writers_leave_one_of_the_two_files_whole(target):
    contents = [bytes([letter]) * 100_000 for letter in b"ab"]
    threads = [
        threading.Thread(target=lambda c=content: [atomic_write(target, put(c), durable=False) for _ in range(20)])
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in contents
