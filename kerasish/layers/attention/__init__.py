"""Layers that let positions look at each other."""

from kerasish.layers.attention.attention import AdditiveAttention, Attention
from kerasish.layers.attention.group_query_attention import GroupQueryAttention
from kerasish.layers.attention.multi_head_attention import MultiHeadAttention

__all__ = [
    "AdditiveAttention",
    "Attention",
    "GroupQueryAttention",
    "MultiHeadAttention",
]
