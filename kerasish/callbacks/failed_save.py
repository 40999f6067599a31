"""What a callback says when it can't save in the middle of training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def saving(who: str, target: str, epoch: int, batch: int | None = None) -> Iterator[None]:
    """Inside it, an `OSError` says what was to be saved, when, and what can be done.

    Args:
        who: The name of the callback.
        target: The file, or the folder.
        epoch: From 0.
        batch: From 0; None at the end of the epoch.

    Example:
        >>> with saving("ModelCheckpoint", "best.keras", epoch=2, batch=9):
        ...     raise NotADirectoryError(20, "Not a directory", "best.keras")
        Traceback (most recent call last):
        NotADirectoryError: [Errno 20] ModelCheckpoint can't save to 'best.keras' after batch 10 of epoch 3. The model \
has the weights of the last step, and can be saved elsewhere by `model.save`; `fit` can be called again. The reason: \
Not a directory: 'best.keras'
    """
    try:
        yield
    except OSError as error:
        when = f"after epoch {epoch + 1}" if batch is None else f"after batch {batch + 1} of epoch {epoch + 1}"
        message = (
            f"{who} can't save to {target!r:.200} {when}. The model has the weights of the last step, and can be saved "
            "elsewhere by `model.save`; `fit` can be called again. The reason"
        )
        if error.errno is None:
            raise OSError(f"{message}: {error!s:.200}") from error
        raise OSError(error.errno, f"{message}: {error.strerror!s:.200}", error.filename or target) from error
