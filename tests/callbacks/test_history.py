"""History as curves, as a frame, in a notebook."""

import importlib
import json
import math
from xml.etree import ElementTree

import pytest

from kerasish.callbacks import History
from kerasish.callbacks.curves import Curve, Drawing, Panel


def logged(*epochs, start=0):
    history = History()
    history.on_train_begin()
    for number, logs in enumerate(epochs, start):
        history.on_epoch_end(number, logs)
    return history


@pytest.fixture
def no_packages(monkeypatch):
    """Neither matplotlib nor pandas can be imported."""
    really = importlib.import_module

    def refuse(name, *args):
        if name.split(".")[0] in ("matplotlib", "pandas"):
            raise ImportError(name)
        return really(name, *args)

    monkeypatch.setattr(importlib, "import_module", refuse)


def test_training_and_validation_share_a_panel():
    history = logged({"loss": 2.0, "accuracy": 0.5}, {"loss": 1.0, "accuracy": 0.75, "val_loss": 1.5})
    panels = {panel.title: panel.curves for panel in history.panels()}
    assert list(panels) == ["loss", "accuracy"]
    assert panels["loss"] == [Curve("loss", [0, 1], [2.0, 1.0]), Curve("val_loss", [1], [1.5])]


def test_a_frame_has_a_row_for_each_epoch_and_gaps_where_nothing_was_logged():
    pandas = pytest.importorskip("pandas")
    frame = logged({"loss": 2.0}, {"loss": 1.0, "val_loss": 1.5}, start=3).to_frame()
    assert frame.index.name == "epoch" and list(frame.index) == [3, 4]
    assert list(frame["loss"]) == [2.0, 1.0]
    assert pandas.isna(frame["val_loss"][3]) and frame["val_loss"][4] == 1.5
    assert History().to_frame().empty


def test_a_history_of_two_runs_is_drawn_as_one_line():
    history = logged({"loss": 3.0}, {"loss": 2.0})
    history.on_train_begin()
    history.on_epoch_end(0, {"loss": 1.0})
    (panel,) = history.panels()
    assert panel.curves == [Curve("loss", [0, 1, 2], [3.0, 2.0, 1.0])]
    assert list(history.to_frame().index) == [0, 1, 0]


def test_the_views_survive_a_resume_and_a_changed_history():
    before, after = logged({"loss": 2.0}, {"loss": 1.0, "val_loss": 1.5}), History()
    after.on_train_begin()
    after.set_state(json.loads(json.dumps(before.get_state())))
    assert after.panels() == before.panels()
    after.history["mine"] = [1.0, 2.0, 3.0, 4.0]
    assert after.panels()[-1].curves == [Curve("mine", [0, 1, 2, 3], [1.0, 2.0, 3.0, 4.0])]
    old = History()
    old.set_state({"history": {"loss": [2.0, 1.0]}, "epoch": [0, 1]})
    assert old.panels()[0].curves == [Curve("loss", [0, 1], [2.0, 1.0])]


def test_plot_draws_by_matplotlib(tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    axes = logged({"loss": 2.0, "auc": 0.5}, {"loss": 1.0, "auc": 0.6, "val_loss": 3.0}).plot(path=tmp_path / "x.png")
    assert [one.get_title() for one in axes] == ["loss", "auc"]
    assert [list(line.get_ydata()) for line in axes[0].lines] == [[2.0, 1.0], [3.0]]
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    pyplot.close("all")


def test_plot_without_matplotlib_is_an_svg(no_packages, tmp_path):
    picture = logged({"loss": 2.0, "auc": 0.5}, {"loss": 1.0, "auc": 0.5}).plot("loss", path=tmp_path / "curves.svg")
    root = ElementTree.fromstring((tmp_path / "curves.svg").read_text())
    assert picture._repr_svg_() == picture.svg
    assert len(root.findall(".//{*}polyline")) == 1
    with pytest.raises(ValueError, match=r"can only be saved as \.svg; got 'x\.png'"):
        picture.save("x.png")
    with pytest.raises(ImportError, match="to_frame.* needs the package 'pandas'"):
        History().to_frame()


def test_plot_says_what_there_is():
    with pytest.raises(ValueError, match="nothing to plot"):
        History().plot()
    with pytest.raises(ValueError, match="no numbers named 'acc' to plot. There are: loss, auc"):
        logged({"loss": 1.0, "auc": 0.5, "counts": [1, 2]}).plot("acc")


def test_a_notebook_shows_curves_and_a_table():
    shown = logged(*({"loss": 1 / (k + 1), "<b>": "x", "counts": [k, k]} for k in range(20)))._repr_html_()
    root = ElementTree.fromstring(shown)
    assert len(root.findall(".//{*}polyline")) == 1
    cells = ["".join(row.itertext()) for row in root.findall("./table/tr")]
    assert cells[0] == "epochloss<b>counts"
    assert cells[1] == "… 8 epochs before these"
    assert cells[-1] == "190.05x[19, 19]"
    assert "no epoch has ended" in History()._repr_html_()


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        [0.0, 0.0],
        [math.nan, math.inf],
        [1.0, math.nan, 2.0, 3.0],
        [1e308, -1e308],
        [5e-324, 0.0],
        [1e-30, 1e30],
        [3.0, 3.0000000000000004],
    ],
)
@pytest.mark.parametrize("log_x", [False, True])
def test_any_numbers_can_be_drawn(values, log_x):
    places = [0.9**k for k in range(len(values))] if log_x else list(range(len(values)))
    svg = Drawing([Panel("loss", [Curve("a", places, values)], log_x=log_x, mark=places[0])]).svg
    ElementTree.fromstring(svg)
    assert "nan" not in svg and "inf" not in svg
    finite = any(math.isfinite(value) for value in values)
    assert finite == ("polyline" in svg or "circle" in svg)
