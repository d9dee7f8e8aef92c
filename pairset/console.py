"""What a person at the terminal reads: results on standard output, trouble on standard error."""

import sys
from collections.abc import Iterable, Sequence


def say(text: str = "") -> None:
    """Print one result for the person, or for a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print what went wrong, and what to do next."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def say_table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table; numbers are set right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    listed = [[_cell(value) for value in row] for row in rows]
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, name in enumerate(header):
        numeric = all(row[index].replace(".", "").replace("%", "").isdigit() for row in listed)
        table.add_column(name, justify="right" if numeric and listed else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    Console(file=sys.stdout, highlight=False).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
