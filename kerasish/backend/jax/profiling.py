"""Where the time goes, as XLA's profiler sees it."""

import jax


def start_profile(folder: str) -> None:
    jax.profiler.start_trace(folder)


def stop_profile() -> None:
    jax.profiler.stop_trace()
