"""What a person at the terminal reads: results on standard output, trouble on standard error.

Everything goes through ``printable`` and fits the stream's encoding. A run's journal hears all.
"""

import io
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from pairset.terminal.redaction import redacted
from pairset.terminal.streams import write_on
from pairset.text import json_text, printable

_PLAIN = str.maketrans(
    dict.fromkeys("┌┬┐├┼┤└┴┘", "+") | {"─": "-", "│": "|", "…": "...", "–": "-", "’": "'"}
)
"""What stands for lines and marks where a stream has ASCII alone."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How this run speaks."""

    says_results: bool = True
    """False: what a run says of its progress is kept from the terminal."""
    shows_progress: bool = True
    speaks_json: bool = False
    """Standard output holds one document; all else goes to standard error."""
    journal: Callable[[str], None] | None = None
    """Told everything that is said or complained."""


_manners = Manners()


def behave(manners: Manners) -> Manners:
    """Take on manners for what is printed from now on; returns those before."""
    global _manners
    before, _manners = _manners, manners
    return before


def shows_progress() -> bool:
    """Whether bars are drawn."""
    return _manners.shows_progress


_lost: list[OSError] = []
"""Why standard output could not be written, the first reason first."""


def say(text: str = "") -> None:
    """Print one result for the person, or for a pipe."""
    _note(text)
    if _manners.says_results:
        _write(_out(), f"{printable(text)}\n")


def complain(text: str) -> None:
    """Print what went wrong, and what to do next. Secrets of the environment are left out."""
    text = redacted(text)
    _note(text)
    _write(sys.stderr, f"{printable(text)}\n")


def line_width() -> int | None:
    """Characters of a line on this terminal, or as $COLUMNS says; None for a pipe without."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return None
    return shutil.get_terminal_size().columns


def say_json(document: object) -> None:
    """Print the one document that was asked for."""
    text = json_text(document, is_unicode=_takes(sys.stdout, "\u4e00"))
    _write(sys.stdout, f"{text}\n")


def say_data(text: str) -> None:
    """Print rows for a program as they are; a terminal gets them as ``printable`` text."""
    if sys.stdout.isatty():
        _write(sys.stdout, f"{printable(text)}\n")
    else:
        _write_whole(sys.stdout, f"{text}\n")


def lost_output() -> OSError | None:
    """Why something said was lost, asked once; None where all was written, or nobody reads on."""
    first = next(iter(_lost), None)
    _lost.clear()
    return first


def say_table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table; numbers are set right."""
    stream = _out()
    names = [_fitting(stream, printable(name)) for name in header]
    listed = [[_fitting(stream, _cell(value)) for value in row] for row in rows]
    _note("\n".join([title, *("\t".join(cells) for cells in [names, *listed])]))
    if _manners.says_results:
        _write(stream, _drawn(_fitting(stream, printable(title)), names, listed, stream))


class ConsoleHandler(logging.Handler):
    """Prints what libraries log, as everything is printed."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(self.format(record))


def _out() -> TextIO:
    return sys.stderr if _manners.speaks_json else sys.stdout


def _note(text: str) -> None:
    if _manners.journal:
        _manners.journal(text)


def _write(stream: TextIO, text: str) -> None:
    """Write to a stream of any encoding: what it lacks is written as an escape."""
    _remember(stream, write_on(stream, _fitting(stream, text)))


def _write_whole(stream: TextIO, text: str) -> None:
    """Write data whole: as UTF-8 where the stream's own encoding lacks some of it."""
    if _takes(stream, text) or not isinstance(stream, io.TextIOWrapper):
        _write(stream, text)
        return
    stream.flush()
    in_utf_8 = io.TextIOWrapper(stream.buffer, "utf-8", "surrogatepass", newline="")
    _remember(stream, write_on(in_utf_8, text))
    in_utf_8.detach()


def _remember(stream: TextIO, lost: OSError | None) -> None:
    if lost and stream is sys.stdout:
        _lost.append(lost)


def _fitting(stream: TextIO, text: str) -> str:
    if _takes(stream, text):
        return text
    encoding = stream.encoding or "utf-8"
    return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)


def _takes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _drawn(title: str, names: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO) -> str:
    """The table as text; no cell is read as markup, and no name of a column."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    edges = box.SIMPLE_HEAD if _takes(stream, "─") else box.ASCII2
    table = Table(title=Text(title), title_justify="left", box=edges)
    for index, name in enumerate(names):
        numeric = all(row[index].replace(".", "").replace("%", "").isdigit() for row in rows)
        side: Literal["left", "right"] = "right" if numeric and rows else "left"
        table.add_column(Text(name), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    text = io.StringIO()
    width = shutil.get_terminal_size().columns
    console = Console(
        file=text, highlight=False, width=width, force_terminal=stream.isatty() or None
    )
    console.print(table)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))
