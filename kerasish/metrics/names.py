"""Names of metrics: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasish.core.configurable import Family
from kerasish.core.registry import public_objects
from kerasish.metrics.metric import Metric

ALIASES: dict[str, type[Metric]] = {}
"""Short names; filled by `metrics/__init__.py`."""


class _Metrics(Family):
    """A name means a metric, even where a function has the same name."""

    def names(self) -> dict[str, Any]:
        found = {name: value for (_, name), value in public_objects(self.module).items() if isinstance(value, type)}
        return found | ALIASES


_family = _Metrics("metric", "keras.metrics")


def get(identifier: Any) -> Any:
    """The metric that `identifier` means: a name, a class, a metric, a function or a config; None means None.

    Example:
        >>> get("mse")
        <MeanSquaredError name=mean_squared_error>
    """
    return _family.get(identifier)


def serialize(metric: Any) -> Any:
    """`metric` as JSON can hold it."""
    return _family.serialize(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric that a config, or a name, describes."""
    return _family.deserialize(config, custom_objects)
