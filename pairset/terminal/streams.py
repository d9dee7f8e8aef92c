"""Standard output and error that may be closed, full, or read by nobody any more.

Work goes on where nobody reads: ``pairset mine … | head -1`` is no reason to stop. Output that was
lost for another reason, a full disk, is remembered: a command that only prints has then failed.
"""

import contextlib
import os
import sys
from typing import Any, TextIO

_STANDARD = (0, 1, 2)


def open_missing_streams() -> None:
    """Put the null device where a stream was closed (``>&-``).

    Else the next file that is opened would be taken for standard output, and written over.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good


def write_on(stream: TextIO, text: str) -> OSError | None:
    """Write and flush; where that fails the stream is silent from then on.

    Returns why text was lost, None where all is well or nobody wants it any more.
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        return error
    except ValueError:  # closed by somebody
        return None
    return None


class Steady:
    """A stream for a progress bar: what cannot be written is left out."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        write_on(self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Everything is flushed already."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _silence(stream: TextIO) -> None:
    """Send what comes, and what is still buffered, to the null device."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
