"""The source that CONTRIBUTING.md shows works as it stands, in a package and in the table."""

import zipfile
from pathlib import Path

import pytest

from pairset.decoding import ImageError, ImageErrorCode
from pairset.entry_points import SOURCES_GROUP
from pairset.images import read_bytes
from pairset.records.image import image_id_of
from pairset.sources import registry
from tests.clustering.conftest import all_rows, encoded, mined, noise
from tests.contributing.added_package import install
from tests.contributing.guide import blocks, entry_points

TITLE = "Add a source"
PICTURES = {f"inner/ä {seed}.png": encoded(noise(seed), "PNG") for seed in range(3)}


@pytest.fixture(params=["as a package", "as a line of the table"])
def _zip_source(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,), added = blocks(TITLE, "python"), entry_points(TITLE, SOURCES_GROUP)
    module = added["zip"].split(":")[0]
    if request.param == "as a line of the table":
        monkeypatch.setitem(registry.KINDS, "zip", added.pop("zip"))
    install(tmp_path / "packages", module, SOURCES_GROUP, added, {module: code})
    monkeypatch.syspath_prepend(tmp_path / "packages")
    registry._other_kinds.cache_clear()
    yield
    registry._other_kinds.cache_clear()


@pytest.mark.usefixtures("_zip_source")
def test_the_source_shown_is_mined_and_read_at_random(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with zipfile.ZipFile(corpus / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("inner")
        archive.writestr("notes.txt", "nothing")
        for name, content in PICTURES.items():
            archive.writestr(name, content)
    (corpus / "broken.zip").write_bytes(b"PK no archive")
    rows = all_rows(mined(tmp_path / "set", corpus), "images").to_pylist()
    good = {row["origin"]: row for row in rows if not row["error_code"]}
    assert {name: row["image_id"] for name, row in good.items()} == {
        name: image_id_of(content) for name, content in PICTURES.items()
    }
    assert {row["origin"]: read_bytes(row["uri"]) for row in good.values()} == PICTURES
    (bad,) = (row for row in rows if row["error_code"])
    assert bad["error_code"] == ImageErrorCode.UNREADABLE
    assert "broken.zip" in bad["error"]
    with pytest.raises(ImageError, match="no item named"):
        read_bytes(f"{corpus}/photos.zip#name=other.png")


def test_the_source_shown_is_short() -> None:
    (code,) = blocks(TITLE, "python")
    assert len(code.splitlines()) <= 40
