"""What the code that reads files may import."""

import ast
from pathlib import Path

import pytest

import kerasish

ROOT = Path(kerasish.__file__).parent
FILES = sorted([*(ROOT / "saving").glob("*.py"), *(ROOT / "core").glob("*.py"), *(ROOT / "models").glob("*config*.py")])
RUNS_CODE = {"pickle", "marshal", "importlib", "yaml", "subprocess", "shelve", "dill", "joblib", "runpy", "code"}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def called(tree):
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_t_static_1_nothing_that_runs_code_is_imported_or_called(path):
    tree = ast.parse(path.read_text())
    assert not RUNS_CODE & set(imported(tree))
    assert not {"eval", "exec", "compile", "__import__"} & called(tree)


USERS = {
    "h5py": {"saving/hdf5", "saving/hdf5_write"},
    "zipfile": {"saving/archive", "utils/files"},
    "tarfile": {"utils/files"},
}


@pytest.mark.parametrize("module", USERS)
def test_t_static_2_each_format_is_opened_in_one_place(module):
    users = {path for path in ROOT.rglob("*.py") if module in imported(ast.parse(path.read_text()))}
    assert {path.relative_to(ROOT).with_suffix("").as_posix() for path in users} == USERS[module]


def test_values_are_read_from_an_hdf5_file_in_one_function():
    text = (ROOT / "saving" / "hdf5.py").read_text()
    assert text.count(".read(h5py.h5s.ALL") == 1
    assert 'h5py.File(window, "w")' in (ROOT / "saving" / "hdf5_write.py").read_text()
