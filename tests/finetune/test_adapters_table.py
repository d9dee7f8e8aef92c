"""``pairset adapters`` fits a terminal, prints one JSON document, and lets no card command it."""

import json
import shutil
from pathlib import Path

import pytest

from annotator.weights.lora_adapters import shipped_adapter
from pairset.app.cli import main
from pairset.store import PairSet, create_set


@pytest.fixture
def trained(tmp_path: Path) -> PairSet:
    """A set with an adapter whose card somebody else wrote."""
    pair_set = create_set(str(tmp_path / "[set]"))
    pair_set.save_run("mine", {})
    shipped = shipped_adapter("starter-wider")
    assert shipped
    folder = Path(pair_set.root, "adapters", "odd")
    shutil.copytree(shipped, folder)
    card = json.loads((folder / "card.json").read_text())
    card |= {"name": "odd", "model": "[red]\x1b]0;x\x07"}
    (folder / "card.json").write_text(json.dumps(card | {"start_from": "first"}))
    return pair_set


def test_the_table_fits_eighty_columns(
    trained: PairSet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert main(["adapters", trained.url]) == 0

    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    for part in ("supervised", "after", "[red]", "0.318", "1050"):
        assert part in said
    assert "\x1b" not in said


def test_cards_are_one_json_document(trained: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters", trained.url, "--json"]) == 0

    said = capsys.readouterr().out
    (card,) = json.loads(said)
    assert (card["method"], card["exact"], card["start_from"]) == ("supervised", None, "first")
    assert "\x1b" not in said


def test_a_set_without_adapters_is_an_empty_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_set(str(tmp_path)).save_run("mine", {})

    assert main(["adapters", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
