"""Streams of any encoding, terminals and pipes: no crash, no markup, and data stays data."""

import io
import sys

import pytest

from pairset.terminal.console import say, say_data, say_json, say_table


class Terminal(io.TextIOWrapper):
    """A stream of one encoding, on a terminal or not."""

    def __init__(self, encoding: str, on_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._on_terminal = on_terminal

    def isatty(self) -> bool:
        return self._on_terminal

    @property
    def shown(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


def stream(monkeypatch: pytest.MonkeyPatch, encoding: str, on_terminal: bool = False) -> Terminal:
    made = Terminal(encoding, on_terminal)
    monkeypatch.setattr(sys, "stdout", made)
    return made


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "gbk"])
def test_everything_is_printed_in_every_encoding(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stream(monkeypatch, encoding)

    say("添加红色圆盘 – 😀 \udcff")
    say_table("标题 [/red]", ["列 [b]"], [["值 [/x] \x1b[2J"], [None], [1.5]])
    say_json({"词": "添加 \x9b"})

    assert "\x1b" not in out.shown
    assert "[/red]" in out.shown
    assert "[/x]" in out.shown


def test_a_table_of_ascii_has_lines_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(monkeypatch, "ascii")

    say_table("t", ["a", "b"], [["1", "x"]])

    assert "\\u" not in out.shown
    assert "+---+" in out.shown


@pytest.mark.parametrize("text", ["[/]", "[bold]x", ":cat:", "[link=http://x]y[/link]", "\\[a]"])
def test_nothing_is_read_as_markup(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(monkeypatch, "utf-8")

    say_table(text, [text], [[text]])

    assert out.shown.count(text) == 3


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_color_gets_none(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(variable, value)
    out = stream(monkeypatch, "utf-8", on_terminal=True)

    say_table("t", ["a"], [["x"]])

    assert "\x1b[3" not in out.shown.replace("\x1b[3m", "")


def test_a_table_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = stream(monkeypatch, "utf-8")

    say_table("t", ["name", "path"], [["n" * 30, "/a/very/long/path/" * 5]])

    assert max(map(len, out.shown.splitlines())) <= 40


def test_rows_for_a_pipe_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(monkeypatch, "utf-8")
    say_data("a\x1b[2J,\u202e")
    assert out.shown == "a\x1b[2J,\u202e\n"


def test_rows_on_a_terminal_do_not_command_it(monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(monkeypatch, "utf-8", on_terminal=True)
    say_data("a\x1b[2J,\u202e")
    assert out.shown == "a\\x1b[2J,\\u202e\n"


def test_rows_for_a_pipe_are_whole_where_its_encoding_lacks_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = stream(monkeypatch, "ascii")
    say_data("添加")
    assert isinstance(out.buffer, io.BytesIO)
    assert out.buffer.getvalue() == "添加\n".encode()
