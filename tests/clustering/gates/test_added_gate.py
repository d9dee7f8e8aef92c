"""The gate that CONTRIBUTING.md shows, added to a copy of two packages as its diffs say."""

import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow

from pairset.store import PairSet
from tests.clustering.conftest import pair_rows, photo, with_sticker
from tests.contributing.guide import ROOT, apply_diff, blocks, copied_tree, python

DIFFS = blocks("Add a gate", "diff")
STATUS = "faded"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that has faded, one that was edited, and one that was only saved again."""
    folder = tmp_path_factory.mktemp("gate") / "corpus"
    folder.mkdir()
    coffee, chelsea, rocket = (photo(name, side=192) for name in ("coffee", "chelsea", "rocket"))
    grey = Pillow.new("RGB", coffee.size, (128, 128, 128))
    pictures = {
        "coffee": coffee,
        "coffee-faded": Pillow.blend(grey, coffee, 0.08),
        "chelsea": chelsea,
        "chelsea-edited": with_sticker(chelsea),
        "rocket": rocket,
    }
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    rocket.save(folder / "rocket-again.jpg", quality=80)
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copied_tree(tmp_path_factory.mktemp("gate") / "tree", "clustering", "pairset")
    for diff in DIFFS:
        apply_diff(tree, diff)
    return tree


def mined_in(tree: Path, folder: Path, corpus: Path) -> PairSet:
    words = ["mine", str(folder), str(corpus), "--encoder", "lite0", "--workers", "1"]
    run = python(tree, "-m", "pairset", *words)
    assert run.returncode == 0, run.stderr
    return PairSet(str(folder))


def statuses(pair_set: PairSet) -> dict[str, str]:
    """By the names of both images, what became of the pair."""
    return {
        " ".join(sorted(Path(uri).stem for uri in (pair.source_uri, pair.target_uri))): pair.status
        for pair in pair_rows(pair_set)
    }


def key_of(pair_set: PairSet) -> str:
    stage = pair_set.current("pairs")
    assert stage is not None
    return stage.key


def test_the_gate_shown_judges_a_set_that_was_mined_without_it(
    tree: Path, corpus: Path, tmp_path: Path
) -> None:
    without = mined_in(ROOT, tmp_path / "set", corpus)
    before, key_before = statuses(without), key_of(without)

    with_gate = mined_in(tree, tmp_path / "set", corpus)
    shown = python(tree, "-m", "pairset", "status", with_gate.url).stdout

    assert before["coffee coffee-faded"] == "kept"
    assert statuses(with_gate) == before | {"coffee coffee-faded": STATUS}
    assert key_of(with_gate) != key_before
    places = [shown.index(word) for word in ("re_encoded", STATUS, "kept")]
    assert places == sorted(places), shown


def test_the_gate_shown_costs_two_files_and_few_lines(tmp_path: Path) -> None:
    tree = copied_tree(tmp_path / "tree", "clustering", "pairset")

    added = [apply_diff(tree, diff) for diff in DIFFS]

    assert len(added) == 2
    assert sum(added) <= 20


def test_the_tests_ask_for_its_row_in_the_docs_and_for_the_digest_of_its_rule(tree: Path) -> None:
    for name in ("docs", "pyproject.toml"):
        (tree / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "tests" / "clustering", tree / "tests" / "clustering")
    asked = ("gates/test_gates.py", "test_keys.py")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "docs or rules or every"]

    run = python(tree, *words, *(f"tests/clustering/{name}" for name in asked))

    failed = [line for line in run.stdout.splitlines() if line.startswith("FAILED")]
    named = [line.split("::")[1].split(" ")[0] for line in failed]
    assert named == [
        "test_the_table_of_gates_in_the_docs_is_that_of_the_rules",
        *(
            f"test_rules_change_only_with_the_version_of_their_stage[{stage}]"
            for stage in ("candidates", "measures", "pairs")
        ),
    ], run.stdout
