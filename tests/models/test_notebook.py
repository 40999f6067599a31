"""A notebook, run by nbclient in a real kernel: what its cells show."""

import os
import pathlib
import subprocess
import sys

import pytest

import kerasish

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytestmark = pytest.mark.slow

CELLS = {
    "model": """
import numpy as np
import kerasish
from kerasish import layers
x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
model = kerasish.Sequential([kerasish.Input((4,)), layers.Dense(8, "relu", name="hidden"), layers.Dense(1, name="out")])
model.compile("adam", "mse", metrics=["mae"])
model.summary(flops=True)
""",
    "fit": "history = model.fit(x, x[:, :1], epochs=3, validation_split=0.25)",
    "history": "history",
    "rates": "test = model.lr_find(x, x[:, :1], steps=20)\ntest",
    "picture": "model.plot(show_shapes=True)",
    "interrupt": """
class Interrupt(kerasish.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise KeyboardInterrupt
model.fit(x, x[:, :1], callbacks=[Interrupt()])
""",
    "after": "print(model.predict(x).shape)\nmodel.evaluate(x, x[:, :1], return_dict=True)",
}


RUNNER = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=200, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell shows, by its name. In a process of its own: nbclient leaves sockets open."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.values()]
    notebook.cells[list(CELLS).index("interrupt")].metadata["tags"] = ["raises-exception"]
    folder = tmp_path_factory.mktemp("notebook")
    path = folder / "notebook.ipynb"
    nbformat.write(notebook, path)
    root = str(pathlib.Path(kerasish.__file__).parents[1])
    environment = os.environ | {"IPYTHONDIR": str(folder), "PYTHONPATH": root, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, path], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = nbformat.read(path, as_version=4)
    return dict(zip(CELLS, (cell.outputs for cell in found.cells), strict=True))


def text_of(outputs):
    return "".join(one.get("text", "") for one in outputs if one.output_type == "stream")


def shown(outputs, kind):
    return [
        one.data[kind] for one in outputs if one.output_type in ("display_data", "execute_result") and kind in one.data
    ]


def test_the_summary(outputs):
    text = text_of(outputs["model"])
    assert "hidden (Dense)" in text and "Trainable params: 49" in text and "Total FLOPs" in text


def test_the_progress_is_one_line_that_is_rewritten(outputs):
    lines = [line for line in shown(outputs["fit"], "text/plain") if "val_mae" in line]
    assert len(lines) == 3, "one line for each epoch, which replaced those before it"
    assert not any(one.output_type == "error" for one in outputs["fit"])


def test_the_history_is_a_picture_and_a_table(outputs):
    (html,) = shown(outputs["history"], "text/html")
    assert "<svg" in html and "val_loss" in html and html.count("<tr>") == 4


def test_rates_and_the_picture_of_the_model(outputs):
    (html,) = shown(outputs["rates"], "text/html")
    assert "learning rate" in html and "RateTest(" in html
    (svg,) = shown(outputs["picture"], "image/svg+xml")
    assert "hidden (Dense)" in svg


def test_after_an_interrupt_the_model_works(outputs):
    assert outputs["interrupt"][-1].ename == "KeyboardInterrupt"
    assert "(64, 1)" in text_of(outputs["after"])
    assert "mae" in shown(outputs["after"], "text/plain")[0]
