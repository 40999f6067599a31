"""Pictures of models say which layers there are, and how they are connected."""

import importlib.util
import re
import shutil
from xml.etree import ElementTree

import pytest

import kerasish
from kerasish import layers
from kerasish.utils import model_to_dot, model_to_mermaid, plot_model


def branched():
    a, b = kerasish.Input((4,), name="a"), kerasish.Input((4,), name="b")
    inner = kerasish.Sequential([kerasish.Input((4,)), layers.Dense(3, "relu", name="deep")], name="inner")
    return kerasish.Model([a, b], layers.Add(name="sum")([inner(a), layers.Dense(3, name="flat")(b)]) * 2.0)


def edges(text, arrow):
    return re.findall(rf"(\w+) {arrow} (\w+)", text)


def labels(text):
    return dict(re.findall(r'(\w+)(?:\["| \[label=")([^"]*)"', text))


EXPECTED = {
    ("a (InputLayer)", "inner (Sequential)"),
    ("b (InputLayer)", "flat (Dense)"),
    ("inner (Sequential)", "sum (Add)"),
    ("flat (Dense)", "sum (Add)"),
}


@pytest.mark.parametrize("draw", ["mermaid", "dot"])
def test_every_connection_is_drawn(draw, tmp_path):
    path = tmp_path / ("m.mmd" if draw == "mermaid" else "m.dot")
    assert plot_model(branched(), path, show_layer_names=True) is None
    text = path.read_text()
    names = labels(text)
    found = {(names[a], names[b]) for a, b in edges(text, "-->" if draw == "mermaid" else "->")}
    assert found >= EXPECTED
    assert len(found) == len(EXPECTED) + 1  # and the multiplication


def test_models_inside_are_unfolded(tmp_path):
    text = model_to_mermaid(branched(), expand_nested=True)
    assert "subgraph" in text and "deep (Dense)" in text
    plot_model(branched(), tmp_path / "m.dot", expand_nested=True, show_layer_names=True)
    dot = (tmp_path / "m.dot").read_text()
    names = labels(dot)
    found = {(names[a], names[b]) for a, b in edges(dot, "->")}
    assert ("deep (Dense)", "sum (Add)") in found, "an arrow from a model inside begins at its last layer"


def test_boxes_say_what_is_asked_for(tmp_path):
    options = {"show_shapes": True, "show_dtype": True, "show_layer_activations": True, "show_trainable": True}
    plot_model(branched(), tmp_path / "m.dot", expand_nested=True, **options)
    text = (tmp_path / "m.dot").read_text()
    for part in ("(None, 3)", "dtype: float32", "activation: relu", "trainable"):
        assert part in text
    assert "deep" not in text


def test_names_can_hold_anything():
    model = kerasish.Sequential([kerasish.Input((2,)), layers.Dense(1, name='a"b<c>')])
    assert "a&quot;b&lt;c&gt;" in model_to_mermaid(model)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pydot's parser
def test_without_graphviz_text_is_written_beside(tmp_path):
    if importlib.util.find_spec("pydot") and shutil.which("dot"):
        pytest.skip("graphviz is installed")
    with pytest.warns(UserWarning, match="wrote Mermaid text to"):
        plot_model(branched(), tmp_path / "m.png")
    assert (tmp_path / "m.mmd").read_text().startswith("flowchart TB")


def test_pydot_reads_the_text():
    pytest.importorskip("pydot")
    graph = model_to_dot(branched(), show_shapes=True)
    assert len(graph.get_edges()) == 5


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="rankdir must be 'TB' or 'LR'"):
        model_to_mermaid(branched(), rankdir="up")
    with pytest.raises(ValueError, match="has not been built"):
        model_to_mermaid(kerasish.Sequential([layers.Dense(1)]))
    with pytest.raises(TypeError, match="arguments that it doesn't know: colour"):
        model_to_dot(branched(), colour="red")
    with pytest.raises(TypeError, match="arguments that it doesn't know: layer_range"):
        model_to_dot(branched(), layer_range=["deep", "sum"])
    with pytest.raises(TypeError, match="arguments that it doesn't know: colour"):
        branched().plot(colour="red")


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_a_picture_that_needs_nothing(tmp_path, rankdir):
    model = branched()
    picture = model.plot(tmp_path / "m.svg", show_shapes=True, expand_nested=True, rankdir=rankdir)
    root = ElementTree.fromstring((tmp_path / "m.svg").read_text())
    texts = [x.text for x in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "deep (Dense)" in texts and "sum (Add)" in texts and "output shape: (None, 3)" in texts
    assert len(list(root.iter("{http://www.w3.org/2000/svg}line"))) == 5  # a, input, deep; b, flat; both, sum; multiply
    assert picture._repr_svg_() == picture.svg and str(picture).startswith(f"flowchart {rankdir}")
    model.plot(tmp_path / "m.mmd", rankdir=rankdir, show_layer_names=False)
    assert "InputLayer" in (tmp_path / "m.mmd").read_text() and "Mermaid" in repr(picture)
