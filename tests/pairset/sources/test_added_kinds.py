"""Other packages add kinds of sources: found late, checked, and named where they fail."""

import subprocess
from pathlib import Path

import pytest

from pairset.entry_points import SOURCES_GROUP
from pairset.images import read_bytes
from pairset.records.image import image_id_of
from pairset.store import PairSet
from tests.clustering.conftest import all_rows, encoded, noise
from tests.contributing.added_package import install
from tests.contributing.guide import ROOT
from tests.contributing.guide import python as python_in

TEXT_IMAGES = """
import base64

from pairset.files.uris import open_file, place_uri
from pairset.sources import PassedOver, SourceKind


class TextImages(SourceKind):
    name = "txtimages"
    suffixes = (".txtimages",)

    def images(self, uri, extent, options):
        for number, line in enumerate(_lines(uri)):
            if line.startswith(b"#"):
                yield PassedOver()
            else:
                yield self.found(place_uri(uri, {"line": number}), {"caption": f"line {number}"})

    def read(self, container, place):
        return base64.b64decode(_lines(container)[int(place["line"])])

    def notices(self, uris, options):
        yield f"{len(list(uris))} files of images as text"


def _lines(uri):
    with open_file(uri) as file:
        return file.read().splitlines()


TEXTS = TextImages()
"""


def add(folder: Path, module: str, code: str, target: str) -> Path:
    """A package of one module, and its source."""
    return install(folder, module, SOURCES_GROUP, {"added": target}, {module: code})


def python(packages: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python where these packages are installed beside ours."""
    return python_in(ROOT, *words, packages=packages)


def mine(packages: Path, folder: Path, corpus: Path, *words: str) -> tuple[PairSet, str]:
    """A set mined by the command, in two spawned workers, and what the command said."""
    small = ["--encoder", "lite0", "--workers", "2", "--images-per-shard", "1", *words]
    run = python(packages, "-m", "pairset", "mine", str(folder), str(corpus), *small)
    assert run.returncode == 0, run.stderr
    return PairSet(str(folder)), run.stdout


def text_corpus(folder: Path) -> list[bytes]:
    import base64

    folder.mkdir()
    pictures = [encoded(noise(seed), "PNG") for seed in range(4)]
    lines = [base64.b64encode(picture) for picture in pictures]
    (folder / "a.txtimages").write_bytes(b"\n".join([b"# two", *lines[:2], b"broken?"]))
    (folder / "b.TXTIMAGES").write_bytes(lines[2])
    (folder / "c.png").write_bytes(pictures[3])
    (folder / "notes.txt").write_text("nothing")
    return pictures


def test_a_kind_of_another_package_is_mined_in_spawned_workers(tmp_path: Path) -> None:
    packages = add(tmp_path / "packages", "txt_images", TEXT_IMAGES, "txt_images:TEXTS")
    corpus = tmp_path / "corpus"
    pictures = text_corpus(corpus)
    pair_set, said = mine(packages, tmp_path / "set", corpus)
    rows = all_rows(pair_set, "images").to_pylist()
    good = {row["image_id"]: row for row in rows if not row["error_code"]}
    assert set(good) == set(map(image_id_of, pictures))
    assert good[image_id_of(pictures[1])]["caption"] == "line 2"
    assert good[image_id_of(pictures[1])]["uri"] == f"{corpus}/a.txtimages#line=2"
    assert [row["error_code"] for row in rows if row["error_code"]] == ["unreadable"]
    assert "2 files of images as text" in said
    assert "1 files passed over" in said
    assert "1 members of containers passed over" in said
    (plan,) = pair_set.stage("images").plans()
    kinds = pair_set.stage("images").read(plan)["kind"].to_pylist()
    assert sorted(kinds) == ["file", "txtimages", "txtimages"]


def test_a_set_whose_kind_was_uninstalled_says_so(tmp_path: Path) -> None:
    packages = add(tmp_path / "packages", "txt_images", TEXT_IMAGES, "txt_images:TEXTS")
    corpus = tmp_path / "corpus"
    text_corpus(corpus)
    mine(packages, tmp_path / "set", corpus)
    for shard in PairSet(str(tmp_path / "set")).stage("images").shards():
        Path(PairSet(str(tmp_path / "set")).stage("images").shard_path(shard)).unlink()
    (tmp_path / "none").mkdir()
    words = ["-m", "pairset", "mine", str(tmp_path / "set"), str(corpus), "--encoder", "lite0"]
    run = python(tmp_path / "none", *words)
    assert run.returncode == 3
    assert "'txtimages'" in run.stderr
    with pytest.raises(Exception, match="no installed package reads"):
        read_bytes(f"{corpus}/a.txtimages#line=1")


FIND = "from pairset.sources.registry import kind_of_file; print(kind_of_file('/a.txtimages'))"

BROKEN = {
    "no_module": ("import nothing_of_that_name", "no_module:KIND", "ModuleNotFoundError"),
    "no_object": ("", "no_object:KIND", "AttributeError"),
    "raises": ("1 / 0", "raises:KIND", "ZeroDivisionError"),
    "a_string": ("KIND = 'tar'", "a_string:KIND", "of type str, which is no SourceKind"),
    "a_class": (TEXT_IMAGES, "a_class:TextImages", "which is no SourceKind"),
    "half": (TEXT_IMAGES.replace("def read(", "def red("), "half:TEXTS", "abstract method"),
    "unnamed": (TEXT_IMAGES.replace('"txtimages"', '""'), "unnamed:TEXTS", "without a name"),
    "second": (TEXT_IMAGES.replace('"txtimages"', '"tar"'), "second:TEXTS", "a second kind"),
    "one_text": (TEXT_IMAGES.replace('s",)', 's")'), "one_text:TEXTS", "no tuple of lower-case"),
    "capitals": (TEXT_IMAGES.replace('".txt', '".TXT'), "capitals:TEXTS", "no tuple of lower-case"),
}


@pytest.mark.parametrize("package", BROKEN)
def test_a_package_that_adds_no_usable_kind_is_named(tmp_path: Path, package: str) -> None:
    code, target, reason = BROKEN[package]
    run = python(add(tmp_path / "packages", package, code, target), "-c", FIND)
    *_, words = run.stderr.splitlines()
    assert f"The package {package} adds" in words
    assert reason in words
    assert "uninstall it" in words


COUNT = """
import importlib.metadata, sys
asked, entry_points = [], importlib.metadata.entry_points
importlib.metadata.entry_points = lambda **what: asked.append(what) or entry_points(**what)
from pairset.sources.registry import kind_of_file, kind_of_image

def tell():
    print(asked.count({"group": "pairset.sources"}), "fake" in sys.modules)

[kind_of_file(name) for name in ("/a.jpg", "/b.tar", "/c.parquet")]
[kind_of_image(uri) for uri in ("/a.jpg", "/b.tar#offset=0&size=1", "/c.parquet#row=1&column=a")]
tell()
[kind_of_file(name) for name in ("/a.txt", "/b.txtimages", "/c.md")]
tell()
"""


def test_packages_are_asked_once_and_only_about_names_that_we_do_not_know(tmp_path: Path) -> None:
    packages = add(tmp_path / "packages", "fake", TEXT_IMAGES, "fake:TEXTS")
    run = python(packages, "-c", COUNT)
    before, after = run.stdout.splitlines()
    assert before == "0 False"
    assert after == "1 True"


LOADED = """
import sys
from pairset.sources.registry import kind_of_image
kind_of_image("/a.jpg")
print("pyarrow.parquet" in sys.modules, "pairset.sources.tar" in sys.modules)
"""


def test_reading_image_files_loads_no_other_kind(tmp_path: Path) -> None:
    assert python(tmp_path, "-c", LOADED).stdout.split() == ["False", "False"]
