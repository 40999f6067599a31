"""Writes `golden_lookup.json` and `golden_lookup.keras`: what Keras gives for the rows of `examples_lookup.py`.

Needs Keras 3.15.1 and TensorFlow: `KERAS_BACKEND=tensorflow python -m tests.laws.make_golden_lookup` in the root of the
repository.
"""

import json
import pathlib

import keras
import numpy as np

from tests.laws.examples import EXAMPLES
from tests.laws.examples_lookup import TENSORFLOW

FOLDER = pathlib.Path(__file__).parent


def main():
    """Write both files."""
    found, inputs, outputs = [], [], []
    for example in EXAMPLES:
        if example.without.get("keras") != TENSORFLOW:
            continue
        keras.utils.clear_session()
        layer = example.make(keras.layers)
        y = np.asarray(example.call(layer, over_arrays(example.inputs(3))))
        y = y.astype(str) if y.dtype == object else y
        found.append({"name": example.name, "config": layer.get_config(), "dtype": str(y.dtype), "output": y.tolist()})
        numbered = example.over(lambda shape, kind=example.dtype: new_input(inputs, shape[1:], kind))
        config = layer.get_config() | {"name": f"layer_{len(found)}"}
        outputs.append(example.call(type(layer).from_config(config), numbered))
    (FOLDER / "golden_lookup.json").write_text(json.dumps(found, indent=0) + "\n")
    keras.Model(inputs, outputs).save(FOLDER / "golden_lookup.keras")


def new_input(inputs, shape, dtype):
    """An input, which is put into the list too."""
    inputs.append(keras.Input(shape, dtype=dtype, name=f"x{len(inputs)}"))
    return inputs[-1]


def over_arrays(x):
    """Strings as TensorFlow's tensors."""
    if isinstance(x, list):
        return [over_arrays(one) for one in x]
    return keras.ops.convert_to_tensor(x.tolist() if x.dtype == object else x)


if __name__ == "__main__":
    main()
