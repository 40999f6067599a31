"""What strangers may put into `.safetensors` files and into a saved run, which is one too; every payload is benign.

`HEADERS` are whole files. `STATES` are changes of a good run's state, `RUN_TEXTS` replace its text.
"""

import hashlib
import json
import struct

import numpy as np

from kerasish.saving import CorruptModelError, IncompatibleModelError, UnsafeModelError

TENSORS = {"kernel": np.zeros((4, 3), "float32"), "bias": np.zeros(3, "float32")}
STATE = {
    "epoch": 1,
    "batch": 0,
    "trained": 5,
    "stopped": False,
    "data": {"seed": 1},
    "callbacks": {"callbacks": []},
    "learning_rate": 0.1,
    "facts": {"model": {}, "variables": [[[4, 3], "float32"], [[3], "float32"]]},
}


def tensors_file(header, data=b"", length=None):
    """A `.safetensors` file of this header, which says that it has `length` bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)} | more


def many(count, extra=""):
    rows = (f'"{n:x}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for n in range(count))
    return f"{{{','.join(rows)}{extra}}}".encode()


HEADERS = {
    "S01 nothing": (lambda: b"", CorruptModelError),
    "S02 a length and no header": (lambda: tensors_file(b"", length=8), CorruptModelError),
    "S03 a header of 2^64 - 1 bytes": (lambda: tensors_file(b"{}", length=2**64 - 1), CorruptModelError),
    "S03b a header of 10^9 bytes": (lambda: tensors_file(b"{}", length=10**9), CorruptModelError),
    "S03c a header of no bytes": (lambda: tensors_file(b"{}", length=0), CorruptModelError),
    "S04 64 MiB of spaces": (lambda: tensors_file(b"{" + b" " * 2**26 + b"}"), CorruptModelError),
    "S05 600,000 tensors": (lambda: tensors_file(many(550_000)), CorruptModelError),
    "S05b 105,000 tensors": (lambda: tensors_file(many(105_000)), UnsafeModelError),
    "S05c ten million lists": (lambda: tensors_file(b'{"a":[' + b"[]," * 10**7 + b"[]]}"), CorruptModelError),
    "S05d ten million texts": (lambda: tensors_file(b'{"a":[' + b'"",' * 10**7 + b'""]}'), CorruptModelError),
    "S06 deep nesting": (lambda: tensors_file(b'{"a":' + b"[" * 200_000), CorruptModelError),
    "S06b a number of 10^7 digits": (lambda: tensors_file(b'{"a":' + b"9" * 10**7 + b"}"), CorruptModelError),
    "S07 a tensor twice": (
        lambda: tensors_file(b'{"a":%b,"a":%b}' % ((json.dumps(entry()).encode(),) * 2), bytes(8)),
        CorruptModelError,
    ),
    "S07b a name twice, after 90,000 others": (lambda: tensors_file(many(90_000, ',"a":1,"a":2')), CorruptModelError),
    "S07c a dtype twice": (
        lambda: tensors_file(b'{"a":{"dtype":"F32","dtype":"I8","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        CorruptModelError,
    ),
    "S08 tensors that overlap": (
        lambda: tensors_file({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)),
        UnsafeModelError,
    ),
    "S08b two tensors in one place": (lambda: tensors_file({"a": entry(), "b": entry()}, bytes(8)), UnsafeModelError),
    "S08c bytes of no tensor": (lambda: tensors_file({"a": entry(offsets=(8, 16))}, bytes(16)), UnsafeModelError),
    "S09 a place behind the end": (lambda: tensors_file({"a": entry(offsets=(2**40, 2**40 + 8))}, bytes(8)), ...),
    "S09b a place before the start": (lambda: tensors_file({"a": entry(offsets=(-8, 0))}, bytes(8)), CorruptModelError),
    "S09c from the end to the start": (lambda: tensors_file({"a": entry(offsets=(8, 0))}, bytes(8)), CorruptModelError),
    "S09d places of 2^70": (
        lambda: tensors_file({"a": entry(offsets=(2**70, 2**70 + 8))}, bytes(8)),
        CorruptModelError,
    ),
    "S10 a shape of 2^50": (
        lambda: tensors_file({"a": entry(shape=(2**50,), offsets=(0, 2**52))}, bytes(8)),
        CorruptModelError,
    ),
    "S10b a shape of 2^40 by 2^40": (
        lambda: tensors_file({"a": entry(shape=(2**40, 2**40), offsets=(0, 8))}, bytes(8)),
        CorruptModelError,
    ),
    "S10c a shape of 100 axes": (lambda: tensors_file({"a": entry(shape=[1] * 100, offsets=(0, 4))}, bytes(4)), ...),
    "S10d a size that is a truth": (lambda: tensors_file({"a": entry(shape=(True,))}, bytes(8)), CorruptModelError),
    "S11 a dtype of objects": (lambda: tensors_file({"a": entry("O")}, bytes(8)), IncompatibleModelError),
    "S11b a dtype that is a list": (lambda: tensors_file({"a": entry([])}, bytes(8)), ...),
    "S11c a dtype of other sizes": (lambda: tensors_file({"a": entry("F64")}, bytes(8)), CorruptModelError),
    "S11d truths that are neither": (
        lambda: tensors_file({"a": entry("BOOL", offsets=(0, 2))}, b"\7\7"),
        ...,
    ),
    "S12 truncated": (lambda: tensors_file({"a": entry()}, bytes(7)), CorruptModelError),
    "S12b bytes behind the end": (lambda: tensors_file({"a": entry()}, bytes(9)), CorruptModelError),
    "S13 metadata that are no texts": (lambda: tensors_file({"__metadata__": {"a": []}}), CorruptModelError),
    "S13b metadata that are a list": (lambda: tensors_file({"__metadata__": []}), CorruptModelError),
    "S13c digests that are no JSON": (
        lambda: tensors_file({"__metadata__": {"kerasish_sha256": "{"}, "a": entry()}, bytes(8)),
        CorruptModelError,
    ),
    "S13d digests that are numbers": (
        lambda: tensors_file({"__metadata__": {"kerasish_sha256": '{"a": 1}'}, "a": entry()}, bytes(8)),
        ...,
    ),
    "S14 an entry more than there may be": (lambda: tensors_file({"a": entry(evil=1)}, bytes(8)), CorruptModelError),
    "S15 a name of a million letters": (lambda: tensors_file({"x" * 10**6: entry()}, bytes(8)), ...),
    "S16 an archive": (lambda: b"PK\3\4" + bytes(100), CorruptModelError),
    "S16b HDF5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(100), CorruptModelError),
    "S16c a pickle": (lambda: b"\x80\4c" + b"os\nsystem\n(S'touch marker'\ntR.", CorruptModelError),
}
"""`...` is any of the three errors."""


def run_file(text, arrays=None):
    """A saved run with this text for its state, and the right digest of it."""
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    facts = {"kerasish_run": text.decode("latin-1")}
    facts["kerasish_run_sha256"] = hashlib.sha256(facts["kerasish_run"].encode()).hexdigest()
    header, data = {"__metadata__": facts}, b""
    for name, array in (TENSORS if arrays is None else arrays).items():
        place = [len(data), len(data) + array.nbytes]
        header[name] = entry("F32" if array.dtype == "float32" else "I32", array.shape, place)
        data += array.tobytes()
    return tensors_file(header, data)


STATES = {
    "R01 another version": ({"version": 99}, CorruptModelError),
    "R02 an array of objects": ({"version": 1, "data": {"array": [1], "dtype": "O"}}, UnsafeModelError),
    "R02b an array of texts of 1 GB": (
        {"version": 1, "data": {"array": [1], "dtype": "S1000000000"}},
        UnsafeModelError,
    ),
    "R02c an array of blocks of 80 GB": (
        {"version": 1, "callbacks": {"callbacks": [{"array": [1], "dtype": "(100000,100000)f8"}]}},
        UnsafeModelError,
    ),
    "R02d a dtype that is a dict": ({"version": 1, "data": {"array": [1], "dtype": {}}}, UnsafeModelError),
    "R02e a dtype in a list of lists": ({"version": 1, "facts": [[[{"array": [], "dtype": "V9"}]]]}, UnsafeModelError),
    "R02f bytes of objects": ({"version": 1, "data": {"data": "AA==", "dtype": "O", "shape": [1]}}, UnsafeModelError),
    "R02g a shape of other bytes": (
        {"version": 1, "data": {"data": "AAAA", "dtype": "bool", "shape": [10**15]}},
        CorruptModelError,
    ),
    "R02h an array of no shape": (
        {"version": 1, "data": {"array": [[1], [1, 2]], "dtype": "int8"}},
        CorruptModelError,
    ),
    "R10 an array that is not there": ({"data": {"array": "state/2"}}, CorruptModelError),
    "R10b an array called by a list": ({"callbacks": {"callbacks": [{"array": ["a"]}]}}, CorruptModelError),
    "R03 a number that is none": ({"learning_rate": {"float": "evil"}}, CorruptModelError),
    "R03b a number that is a list": ({"learning_rate": {"float": []}}, CorruptModelError),
    "R04 an epoch before the first": ({"epoch": -1}, CorruptModelError),
    "R04b an epoch that is a text": ({"epoch": "1"}, CorruptModelError),
    "R04c a batch that is a truth": ({"batch": True}, CorruptModelError),
    "R05 a rate that is a config": ({"learning_rate": {"class_name": "Popen"}}, CorruptModelError),
    "R06 callbacks that are a list": ({"callbacks": []}, CorruptModelError),
    "R07 facts that are a list": ({"facts": []}, CorruptModelError),
    "R08 other shapes than the arrays have": (
        {"facts": {"variables": [[[3, 4], "float32"], [[3], "float32"]]}},
        CorruptModelError,
    ),
    "R08b other dtypes than the arrays have": (
        {"facts": {"variables": [[[4, 3], "int32"], [[3], "float32"]]}},
        CorruptModelError,
    ),
    "R08c more arrays than variables": ({"facts": {"variables": [[[4, 3], "float32"]]}}, CorruptModelError),
    "R09 the arrays in another order": (
        {"facts": {"variables": [[[3], "float32"], [[4, 3], "float32"]]}},
        CorruptModelError,
    ),
}
