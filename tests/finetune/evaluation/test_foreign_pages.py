"""A page that others may get shows no file but the images of its pairs."""

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.evaluation.evaluation_page import thumbnails_of
from pairset.records import Example
from pairset.rows.places import PlacedImage


@pytest.mark.parametrize("side", ["source_uri", "target_uri"])
def test_a_file_of_the_readers_is_not_put_into_the_page(
    examples: list[Example], side: str, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.png"
    mine.write_bytes(Path(str(examples[0].source_uri)).read_bytes() + b"private")
    strange = replace(examples[0], **{side: str(mine)})

    uris = (
        str(uri) for each in (strange, examples[1]) for uri in (each.source_uri, each.target_uri)
    )
    placed = {uri: PlacedImage(None, (uri,)) for uri in uris}

    shown = thumbnails_of([strange, examples[1]], placed, 64)

    assert shown[str(mine)].path is None
    assert "changed" in str(shown[str(mine)].problem)
    assert str(shown[str(examples[1].source_uri)].path).startswith("data:image/jpeg")
