"""Ids follow from content alone."""

import re

from pairset.records.ids import content_id
from pairset.records.image import image_id_of
from pairset.records.pair import pair_id_of


def test_the_same_content_has_the_same_id() -> None:
    assert content_id("image", b"bytes") == content_id("image", b"bytes")


def test_an_id_is_32_hexadecimal_digits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", content_id("image", b""))


def test_an_id_never_changes_between_versions() -> None:
    assert content_id("pair", "a", "b") == "460fa88b696b27a6f472043acb910e79"


def test_text_and_its_utf8_bytes_are_the_same_part() -> None:
    assert content_id("image", "图") == content_id("image", "图".encode())


def test_parts_do_not_run_into_each_other() -> None:
    assert content_id("pair", "ab", "c") != content_id("pair", "a", "bc")
    assert content_id("pair", "ab") != content_id("pair", "ab", "")


def test_the_kind_is_part_of_the_id() -> None:
    assert content_id("image", b"x") != content_id("pair", b"x")


def test_a_pair_and_its_reverse_have_different_ids() -> None:
    assert pair_id_of("a", "b") != pair_id_of("b", "a")


def test_an_image_is_named_after_its_bytes() -> None:
    assert image_id_of(b"x") == content_id("image", b"x")
