"""Runs that kerasish 0.1.0 saved before arrays of the state lay beside those of the variables: brought to that form."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np

from kerasish.saving.errors import CorruptModelError, UnsafeModelError

_NUMBERS = re.compile(r"bool|u?int(8|16|32|64)|b?float(16|32|64)|float8_\w{1,20}")


def brought_up(x: Any, arrays: dict[str, np.ndarray], start: str, where: str) -> Any:
    """`x`, a part of the state of such a run, with its arrays in `arrays`.

    Args:
        x: Of JSON.
        arrays: Get names that begin with `start`.
        start: See there.
        where: The file, for errors.

    Raises:
        UnsafeModelError: there is an array of something else than numbers: its dtype alone could ask for any memory.
        CorruptModelError: an array is none.
    """
    if isinstance(x, list):
        return [brought_up(item, arrays, start, where) for item in x]
    if not isinstance(x, dict):
        return x
    if set(x) not in ({"array", "dtype"}, {"data", "dtype", "shape"}):
        return {key: brought_up(item, arrays, start, where) for key, item in x.items()}
    dtype = x["dtype"]
    if not isinstance(dtype, str) or not _NUMBERS.fullmatch(dtype):
        raise UnsafeModelError(f"{where}: the state of the training has an array of dtype {dtype!r:.60}.")
    try:
        if "array" in x:
            array = np.array(_numbers(x["array"]), dtype)
        else:
            array = np.frombuffer(base64.b64decode(x["data"]), np.dtype(dtype)).reshape(x["shape"])
    except (ValueError, TypeError, OverflowError) as error:
        raise CorruptModelError(f"{where}: an array in the state of the training is none: {error!s:.200}.") from error
    name = f"{start}{len(arrays)}"
    arrays[name] = array
    return {"array": name}


def _numbers(x: Any) -> Any:
    """NaN and infinities were dicts."""
    if isinstance(x, list):
        return [_numbers(item) for item in x]
    return float(x["float"]) if isinstance(x, dict) else x
