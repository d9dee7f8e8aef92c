import pytest

from pairset.text import printable, storable


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("日本 é", "日本 é"),
        ("half \ud83d of one", "half \ufffd of one"),
        ("\udc80\udcff", "\ufffd\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\x00b", "a\ufffdb"),
        (b"caf\xe9", "caf\ufffd"),
        (b"caf\xc3\xa9", "café"),
    ],
)
def test_what_is_stored_is_valid_unicode(text: str | bytes, stored: str) -> None:
    assert storable(text) == stored
    stored.encode()


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb", "a\\x0db"),
        ("gpj\u202e.exe", "gpj\\u202e.exe"),
        ("\u2066isolated\u2069", "\\u2066isolated\\u2069"),
        ("\ud800", "\\ud800"),
        ("把猫 [/x]", "把猫 [/x]"),
    ],
)
def test_what_is_printed_commands_no_terminal(text: str, printed: str) -> None:
    assert printable(text) == printed
    printed.encode()
