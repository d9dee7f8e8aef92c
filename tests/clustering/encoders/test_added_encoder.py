"""The encoder that CONTRIBUTING.md shows works as it stands, in a package and in the table."""

from pathlib import Path

import pyarrow as pa
import pytest

from pairset.entry_points import ENCODERS_GROUP
from pairset.store import PairSet
from tests.clustering.conftest import pair_rows
from tests.contributing.added_package import install
from tests.contributing.guide import ROOT, apply_diff, blocks, copied_tree, entry_points, python

TITLE = "Add an encoder"
(CODE,) = blocks(TITLE, "python")


def as_a_package(folder: Path) -> tuple[Path, Path | None]:
    added = entry_points(TITLE, ENCODERS_GROUP)
    return ROOT, install(folder, "pairset-colors", ENCODERS_GROUP, added, {"mean_colors": CODE})


def as_a_row_of_the_table(folder: Path) -> tuple[Path, Path | None]:
    tree = copied_tree(folder, "clustering")
    module, kind, _ = CODE.partition("MEAN_COLORS =")
    assert kind
    (tree / "clustering/encoders/mean_colors.py").write_text(module, encoding="utf-8")
    (diff,) = blocks(TITLE, "diff")
    assert apply_diff(tree, diff) <= 10
    return tree, None


@pytest.mark.parametrize("added", [as_a_package, as_a_row_of_the_table])
def test_the_encoder_shown_is_mined_with(added, small_corpus: Path, tmp_path: Path) -> None:
    tree, packages = added(tmp_path / "added")
    words = ["mine", str(tmp_path / "set"), str(small_corpus), "--encoder", "mean_colors"]

    run = python(tree, "-m", "pairset", *words, "--workers", "1", packages=packages)

    assert run.returncode == 0, run.stderr
    pair_set = PairSet(str(tmp_path / "set"))
    (folder,) = (tmp_path / "set" / "embeddings").iterdir()
    assert folder.name.startswith("mean-colors-")
    embeddings = pa.concat_tables(pair_set.stage("embeddings", folder.name).tables())
    assert {len(vector) for vector in embeddings["vector"].to_pylist()} == {192}
    kept = [pair for pair in pair_rows(pair_set) if pair.status == "kept"]
    assert len(kept) == 4
    assert all(Path(p.source_uri).stem[0] == Path(p.target_uri).stem[0] for p in kept)


def test_the_encoder_shown_is_short() -> None:
    assert len(CODE.splitlines()) <= 40
