"""Every row of docs/reliability.md is linked to a test that is there."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"
SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.split("\n")[0])
def test_every_row_names_a_test_that_is_there(section: str) -> None:
    title, *lines = section.strip().split("\n")
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| kind")]
    assert rows
    if title == "Figures":
        return
    for row in rows:
        places = re.findall(r"\]\((\.\./tests/[^)#]+)\)", row)
        assert places, row
        assert [place for place in places if not (PAGE.parent / place).exists()] == [], row
