"""What a person at the terminal reads: results on standard output, trouble on standard error."""

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from pairset.streams import write_on
from pairset.text import printable

_lost: list[OSError] = []
"""Why standard output could not be written, the first reason first."""


def say(text: str = "") -> None:
    """Print one result for the person, or for a pipe."""
    _write(sys.stdout, f"{printable(text)}\n")


def complain(text: str) -> None:
    """Print what went wrong, and what to do next."""
    _write(sys.stderr, f"{printable(text)}\n")


def _write(stream: TextIO, text: str) -> None:
    """Write to a stream of any encoding: what it lacks is written as an escape."""
    encoding = stream.encoding or "utf-8"
    lost = write_on(stream, text.encode(encoding, "backslashreplace").decode(encoding))
    if lost and stream is sys.stdout:
        _lost.append(lost)


def lost_output() -> OSError | None:
    """Why something said was lost, asked once; None where all was written, or nobody reads on."""
    first = next(iter(_lost), None)
    _lost.clear()
    return first


def say_table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table; numbers are set right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = [[_cell(value) for value in row] for row in rows]
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, name in enumerate(header):
        numeric = all(row[index].replace(".", "").replace("%", "").isdigit() for row in listed)
        table.add_column(name, justify="right" if numeric and listed else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(value) for value in row))  # a str would be read as rich's markup
    console = Console(file=sys.stdout, highlight=False)
    with console.capture() as captured:  # rich itself exits where nobody reads
        console.print(table)
    _write(sys.stdout, captured.get())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))
