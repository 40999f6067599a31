"""Attention: with projections of its own for several heads, and without."""
