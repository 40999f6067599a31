"""Curves of numbers over time: as SVG text, which needs nothing, or by matplotlib."""

from __future__ import annotations

import dataclasses
import html
import importlib
import math
import os
from collections.abc import Sequence
from typing import Any

COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#17becf", "#7f7f7f")
_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 26, 40
_PER_ROW = 2


@dataclasses.dataclass
class Curve:
    """One line: numbers `y` at the places `x`. What is not finite leaves a gap."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclasses.dataclass
class Panel:
    """Curves that share their axes."""

    title: str
    curves: list[Curve]
    x_label: str = ""
    log_x: bool = False
    mark: float | None = None
    """A place on the x axis that is marked by a vertical line."""


class Drawing:
    """Panels as SVG text; a notebook shows it.

    Example:
        >>> drawing = Drawing([Panel("loss", [Curve("loss", [0, 1], [2.0, 1.0])])])
        >>> drawing.svg.startswith("<svg"), "polyline" in drawing.svg
        (True, True)
    """

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.svg = svg_text(panels)

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a `.svg` file.

        Raises:
            ValueError: the name ends otherwise.
        """
        if os.path.splitext(os.fspath(path))[1].lower() != ".svg":
            raise ValueError(
                f"Without matplotlib, curves can only be saved as .svg; got {os.fspath(path)!r}. Give the file that "
                "ending, or install matplotlib."
            )
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg + "\n")


def draw(panels: Sequence[Panel], path: str | os.PathLike[str] | None = None) -> Any:
    """The panels as a list of matplotlib `Axes`; where matplotlib is not installed, as a `Drawing`.

    Args:
        panels: What to draw.
        path: A file for the picture.
    """
    try:
        pyplot: Any = importlib.import_module("matplotlib.pyplot")
    except ImportError:
        drawing = Drawing(panels)
        if path is not None:
            drawing.save(path)
        return drawing
    axes = _matplotlib_axes(pyplot, panels)
    if path is not None:
        axes[0].figure.savefig(path)
    return axes


def _matplotlib_axes(pyplot: Any, panels: Sequence[Panel]) -> list[Any]:
    columns = min(len(panels), _PER_ROW)
    rows = math.ceil(len(panels) / _PER_ROW)
    size = (4.8 * columns, 3.2 * rows)
    figure, grid = pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    axes = list(grid.flat)
    for one in axes[len(panels) :]:
        figure.delaxes(one)
    for one, panel in zip(axes, panels, strict=False):
        for curve in panel.curves:
            one.plot(curve.x, curve.y, label=curve.name, marker="o" if len(curve.x) == 1 else None)
        one.set(title=panel.title, xlabel=panel.x_label, xscale="log" if panel.log_x else "linear")
        if panel.mark is not None:
            one.axvline(panel.mark, linestyle="--", color="#7f7f7f")
        if panel.curves:
            one.legend()
    return axes[: len(panels)]


def svg_text(panels: Sequence[Panel]) -> str:
    """The panels as one SVG picture, two side by side."""
    columns = max(min(len(panels), _PER_ROW), 1)
    rows = max(math.ceil(len(panels) / _PER_ROW), 1)
    size = f'width="{columns * _WIDTH}" height="{rows * _HEIGHT}"'
    box = f'viewBox="0 0 {columns * _WIDTH} {rows * _HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, _PER_ROW)
        lines.append(f'<g transform="translate({column * _WIDTH},{row * _HEIGHT})">')
        lines += _panel_lines(panel)
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"])


class _Axis:
    """Numbers between `low` and `high` on a line between two places of the picture."""

    def __init__(self, values: Sequence[float], start: float, end: float, log: bool = False) -> None:
        finite = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
        self.log = log
        self.start, self.end = start, end
        low, high = self._scale(min(finite)), self._scale(max(finite))
        if high - low <= 1e-12 * max(abs(low), abs(high)) + 1e-300:
            room = 0.5 * (abs(low) or 1.0)
            low, high = low - room, high + room
        self.low, self.high = low, high

    def _scale(self, value: float) -> float:
        # Halved, so that the distance between the largest numbers is still a number.
        return math.log10(value) if self.log else value / 2

    def at(self, value: float) -> float | None:
        """The place of `value`; None if it has none."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return None
        return self.start + (self._scale(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, float]]:
        """`(number, its place)` for a few round numbers between the ends."""
        if self.log and self.high - self.low >= 1:
            numbers = [10.0**power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]
        else:
            factor = 1 if self.log else 2
            low, high = (10**self.low, 10**self.high) if self.log else (self.low, self.high)
            step = _round_step((high - low) / 4 * factor) / factor
            numbers = [factor * (step * k) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
        places = map(self.at, numbers)
        return [(number, place) for number, place in zip(numbers, places, strict=True) if place is not None]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next((m * unit for m in (1, 2, 2.5, 5) if m * unit >= least), 10 * unit)


def _panel_lines(panel: Panel) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    x_axis = _Axis([v for curve in panel.curves for v in curve.x], _LEFT, right, panel.log_x)
    y_axis = _Axis([v for curve in panel.curves for v in curve.y], bottom, _TOP)
    middle = (_LEFT + right) / 2
    lines = [f'<text x="{middle:g}" y="16" text-anchor="middle" font-weight="bold">{html.escape(panel.title)}</text>']
    lines += [f'<text x="{middle:g}" y="{_HEIGHT - 8}" text-anchor="middle">{html.escape(panel.x_label)}</text>']
    for value, y in y_axis.ticks():
        lines.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e0e0e0"/>')
        lines.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    for value, x in x_axis.ticks():
        lines.append(f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 4}" stroke="#606060"/>')
        lines.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:.4g}</text>')
    lines.append(f'<path d="M{_LEFT},{_TOP}V{bottom}H{right}" fill="none" stroke="#606060"/>')
    mark = None if panel.mark is None else x_axis.at(panel.mark)
    if mark is not None:
        dashes = 'stroke="#7f7f7f" stroke-dasharray="4 3"'
        lines.append(f'<line x1="{mark:.1f}" y1="{_TOP}" x2="{mark:.1f}" y2="{bottom}" {dashes}/>')
    for number, curve in enumerate(panel.curves):
        color = COLORS[number % len(COLORS)]
        lines += _curve_lines(curve, x_axis, y_axis, color)
        y = _TOP + 12 + 13 * number
        lines.append(f'<text x="{right - 4}" y="{y}" text-anchor="end" fill="{color}">{html.escape(curve.name)}</text>')
    return lines


def _curve_lines(curve: Curve, x_axis: _Axis, y_axis: _Axis, color: str) -> list[str]:
    """A line for each stretch of finite numbers; a dot where there is only one."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(map(x_axis.at, curve.x), map(y_axis.at, curve.y), strict=False):
        if x is None or y is None:
            stretches.append([])
        else:
            stretches[-1].append((x, y))
    lines = []
    for points in filter(None, stretches):
        if len(points) == 1:
            lines.append(f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3" fill="{color}"/>')
        else:
            text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            lines.append(f'<polyline points="{text}" fill="none" stroke="{color}" stroke-width="1.6"/>')
    return lines
