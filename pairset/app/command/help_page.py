"""How ``--help`` is laid out: 80 columns at most, and a switch with its opposite in one line."""

import argparse
import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

MOST_COLUMNS = 80
_NO_BREAK = "\N{NO-BREAK SPACE}"
_SHORT_DEFAULT = re.compile(r"\(default: \S{1,20}( \w+)?\)")


class Switch(argparse.Action):
    """A flag without a value, and its opposite: ``--mask`` and ``--no-mask``."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, option_string == self.option_strings[0])


class HelpPage(argparse.HelpFormatter):
    """Paragraphs are filled, indented lines of a description stay, and no value is cut in two."""

    def __init__(self, prog: str) -> None:
        columns = min(MOST_COLUMNS, shutil.get_terminal_size().columns)
        super().__init__(prog, width=columns - 1)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, Switch):
            return " / ".join(action.option_strings)
        return super()._format_action_invocation(action)

    def _split_lines(self, text: str, width: int) -> list[str]:
        held_together = _SHORT_DEFAULT.sub(lambda words: words[0].replace(" ", _NO_BREAK), text)
        lines = textwrap.wrap(held_together, width, break_on_hyphens=False)
        return [line.replace(_NO_BREAK, " ") for line in lines]

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.split("\n\n")
        return "\n\n".join(
            each if each.startswith(" ") else "\n".join(self._split_lines(each, width))
            for each in paragraphs
        )
