"""How Keras's files name the ops: the module and the class of each, and so the other way round."""

from __future__ import annotations

_NAMES = {
    "core": """
        cast convert_to_tensor saturate_cast scatter scatter_update slice slice_update stop_gradient unstack cond
        switch while_loop fori_loop scan map
    """,
    "math": "erf erfinv in_top_k logsumexp rsqrt segment_sum top_k",
    "linalg": "norm",
    "nn": """
        average_pool batch_normalization binary_crossentropy categorical_crossentropy celu conv depthwise_conv
        dot_product_attention elu gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh layer_normalization
        leaky_relu log_sigmoid log_softmax max_pool moments multi_hot normalize one_hot relu relu6 rms_normalization
        selu separable_conv sigmoid silu soft_shrink softmax softplus softsign sparse_categorical_crossentropy
        sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink threshold
    """,
    "numpy": """
        absolute add all allclose amax amin any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
        argsort array average bincount broadcast_to ceil clip concatenate copy cos cosh count_nonzero cross cumprod
        cumsum diag diagonal digitize divide divide_no_nan dot einsum empty_like equal exp expand_dims expm1 flip
        floor floor_divide full_like get_item greater greater_equal inner isclose isfinite isinf isnan less
        less_equal linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul max
        maximum mean median meshgrid min minimum mod moveaxis multiply nan_to_num negative not_equal ones_like outer
        pad power prod ravel reciprocal repeat reshape roll round select sign sin sinh sort split sqrt square
        squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace transpose tril
        triu true_divide trunc var vdot where zeros_like
    """,
}

KERAS_MODULES: dict[str, str] = {
    name: f"keras.src.ops.{module}" for module, names in _NAMES.items() for name in names.split()
}
"""The module in which Keras has the class of each op, as its files have it."""

_IRREGULAR = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "layer_normalization": "LayerNorm",
    "rms_normalization": "RMSNorm",
}

KERAS_CLASSES: dict[str, str] = {
    name: _IRREGULAR.get(name, "".join(word.capitalize() for word in name.split("_"))) for name in KERAS_MODULES
}
"""The name of that class."""

OP_NAMES: dict[tuple[str, str], str] = {(KERAS_MODULES[name], KERAS_CLASSES[name]): name for name in KERAS_MODULES}
"""The op that a module and a class mean."""
