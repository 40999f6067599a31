"""A model as a picture that needs nothing: SVG text, boxes in layers of equal distance from the inputs."""

from __future__ import annotations

import html
import os
from os import PathLike
from typing import Any

from kerasish.models.plotting import (
    Box,
    PlotOptions,
    boxes_of,
    first_inside,
    last_inside,
    model_to_mermaid,
    plot_model,
    refuse,
)

_CHARACTER, _LINE, _PAD, _GAP = 7, 16, 10, 28


class ModelPicture:
    """What `model.plot` returns: notebooks show the picture, `str` and `print` give Mermaid text.

    Args:
        model: Built.
        **options: As for `plot_model`, without `to_file`.
    """

    def __init__(self, model: Any, **options: Any) -> None:
        refuse(options, PlotOptions.__annotations__)
        self._model = model
        self._options = options
        self.svg = svg_text(model, **{"rankdir": "TB"} | options)
        wanted = ("show_shapes", "show_layer_names", "rankdir", "expand_nested")
        self.mermaid = model_to_mermaid(model, **{name: options[name] for name in wanted if name in options})

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture to a file: `.svg`, or whatever `plot_model` draws."""
        if os.path.splitext(os.fspath(path))[1].lower() == ".svg":
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.svg + "\n")
        else:
            plot_model(self._model, path, **self._options)

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.mermaid

    def __repr__(self) -> str:
        return f"<ModelPicture of {self._model.name!r}; print it for Mermaid text, or save(path)>"


def svg_text(model: Any, rankdir: str = "TB", **shown: Any) -> str:
    """The model as SVG text; `shown` are arguments of `plot_model`."""
    flat, sources = _flat(boxes_of(model, shown))
    places, size = _placed(flat, sources, rankdir)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for box in flat:
        lines += [_arrow(places[source], places[box.key], rankdir) for source in sources[box.key]]
    for box in flat:
        lines += _box_lines(box, places[box.key])
    return "\n".join([*lines, "</svg>"])


def _flat(boxes: list[Box]) -> tuple[list[Box], dict[str, list[str]]]:
    """All boxes that have none inside, and where the arrows to each come from."""
    flat: list[Box] = []
    sources: dict[str, list[str]] = {}

    def add(level: list[Box]) -> None:
        by_key = {box.key: box for box in level}
        for box in level:
            sources.setdefault(first_inside(box).key, []).extend(last_inside(by_key[key]).key for key in box.sources)
            if box.inside:
                add(box.inside)
            else:
                flat.append(box)

    add(boxes)
    return flat, {box.key: sources.get(box.key, []) for box in flat}


Place = tuple[float, float, float, float]
"""Left, top, width, height."""


def _placed(flat: list[Box], sources: dict[str, list[str]], rankdir: str) -> tuple[dict[str, Place], tuple[int, int]]:
    """A place for each box, in the order in which they are computed; and the size of the picture."""
    ranks: dict[str, int] = {}
    for box in flat:
        ranks[box.key] = max((ranks[source] + 1 for source in sources[box.key] if source in ranks), default=0)
    levels = [[box for box in flat if ranks[box.key] == rank] for rank in range(max(ranks.values(), default=-1) + 1)]
    down = rankdir == "TB"
    extents = [[_extent(box, down) for box in level] for level in levels]
    across = max((sum(a for a, _ in level) + _GAP * (len(level) - 1) for level in extents), default=0)
    places: dict[str, Place] = {}
    along = _GAP
    for level, sizes in zip(levels, extents, strict=True):
        start = _GAP + (across - sum(a for a, _ in sizes) - _GAP * (len(level) - 1)) / 2
        for box, (wide, long) in zip(level, sizes, strict=True):
            places[box.key] = (start, along, wide, long) if down else (along, start, long, wide)
            start += wide + _GAP
        along += max(long for _, long in sizes) + _GAP
    size = (across + 2 * _GAP, along)
    return places, (int(size[0]), int(size[1])) if down else (int(size[1]), int(size[0]))


def _extent(box: Box, down: bool) -> tuple[int, int]:
    """The size of a box across and along the direction of the picture."""
    width = max(map(len, box.lines)) * _CHARACTER + 2 * _PAD
    height = len(box.lines) * _LINE + _PAD
    return (width, height) if down else (height, width)


def _arrow(start: Place, end: Place, rankdir: str) -> str:
    if rankdir == "TB":
        x1, y1, x2, y2 = start[0] + start[2] / 2, start[1] + start[3], end[0] + end[2] / 2, end[1]
    else:
        x1, y1, x2, y2 = start[0] + start[2], start[1] + start[3] / 2, end[0], end[1] + end[3] / 2
    ends = f'x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"'
    return f'<line {ends} stroke="#555" marker-end="url(#tip)"/>'


def _box_lines(box: Box, place: Place) -> list[str]:
    left, top, width, height = place
    corner = f'x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"'
    lines = [f'<rect {corner} rx="4" fill="#eef3fb" stroke="#456"/>']
    for number, text in enumerate(box.lines):
        middle = f'x="{left + width / 2:g}" y="{top + _PAD / 2 + _LINE * (number + 0.75):g}"'
        lines.append(f'<text {middle} text-anchor="middle">{html.escape(text)}</text>')
    return lines
