"""The ladder: a folder imports only folders below it, at the top of the file; only backend/ names JAX; short files."""

import ast
import pathlib

import pytest

import kerasish

ROOT = pathlib.Path(kerasish.__file__).parent
LEVELS = {
    "backend": 0,
    "core": 1,
    "ops": 2,
    "activations": 3,
    "initializers": 3,
    "regularizers": 3,
    "constraints": 3,
    "random": 3,
    "losses": 4,
    "optimizers": 4,
    "layers": 4,
    "metrics": 5,
    "callbacks": 5,
    "data": 5,
    "saving": 5,
    "models": 6,
    "config": 7,
    "dtype_policies": 7,
    "mixed_precision": 7,
    "tree": 7,
    "utils": 7,
    "datasets": 7,
    "preprocessing": 7,
    "__init__": 8,
}
# Folders of one level may not import each other, except where one is the other's foundation.
BESIDE = {("datasets", "utils"), ("preprocessing", "utils"), ("utils", "config"), ("optimizers", "constraints")}
MAX_LINES = 400
FILES = sorted(ROOT.rglob("*.py"))
IDS = [str(path.relative_to(ROOT)) for path in FILES]


def part_of(path: pathlib.Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports(node: ast.AST):
    """`(module, line)` for each import under `node`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from ((alias.name, inner.lineno) for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            assert not inner.level, f"line {inner.lineno}: relative import"
            names = [alias.name for alias in inner.names] if inner.module == "kerasish" else [""]
            yield from ((f"{inner.module}.{name}".rstrip("."), inner.lineno) for name in names)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_file_imports_only_what_is_below_it(path):
    own = part_of(path)
    for module, line in imports(ast.parse(path.read_text())):
        names = module.split(".")
        if names[0] != "kerasish" or len(names) < 2:
            continue
        other = names[1]
        allowed = other == own or LEVELS[other] < LEVELS[own] or (own, other) in BESIDE
        assert allowed, f"line {line}: {own} (level {LEVELS[own]}) imports {other} (level {LEVELS[other]})"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_our_imports_stand_at_the_top(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = [(m, line) for m, line in imports(node) if m.split(".")[0] in ("kerasish", "jax")]
            assert not inside, f"{node.name} imports {inside}"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_only_the_backend_names_jax(path):
    if part_of(path) == "backend":
        return
    assert not [m for m, _ in imports(ast.parse(path.read_text())) if m.split(".")[0] in ("jax", "jaxlib")]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert size <= 60, f"{node.name} has {size} lines without its docstring"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_file_says_what_is_in_it(path):
    assert ast.get_docstring(ast.parse(path.read_text())), "no docstring"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_bare_except(path):
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"line {node.lineno}"
