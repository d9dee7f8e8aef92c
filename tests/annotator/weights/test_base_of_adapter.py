"""The model is the one that an adapter was trained on, where no other is named."""

import json
from pathlib import Path

import pytest

from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.weights import models
from pairset.errors import PairsetError, SettingsError
from pairset.models.adapter_cards import find_adapter, list_cards, read_card
from pairset.store import PairSet
from tests.annotator.weights.test_best_adapter import keep_adapter


def settings(pair_set: PairSet, adapter: str) -> AnnotateSettings:
    return AnnotateSettings(set_url=pair_set.url, engine="transformers", adapter=adapter)


@pytest.mark.parametrize("adapter", ["mine", "starter-wider"])
def test_an_adapter_of_the_starter_needs_neither_gpu_nor_model(
    small_set: PairSet, adapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_adapter(small_set, "mine")
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: False)
    assert resolve_annotator(settings(small_set, adapter)).model.is_starter


@pytest.mark.parametrize("base", ["/etc", "../../etc", "./x", "~/x", "tuned", "a/../b", "a/b/c"])
def test_a_card_sends_nobody_to_a_folder(small_set: PairSet, base: str) -> None:
    keep_adapter(small_set, "mine", base)
    with pytest.raises(SettingsError, match="--model FOLDER"):
        resolve_annotator(settings(small_set, "mine"))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "..", "../..", "", "\udcff"])
def test_a_name_that_can_be_no_adapter_is_a_sentence(small_set: PairSet, name: str) -> None:
    with pytest.raises(PairsetError):
        resolve_annotator(settings(small_set, name))


@pytest.mark.parametrize(
    "card",
    [
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        b"\xff\xfe",
        {"name": "../../../etc"},
        {"name": 7},
        {"figures": {"loss": "low"}},
        {"trained_on": "many"},
        {"versions": None},
        {"settings": []},
    ],
    ids=str,
)
def test_a_strange_card_is_named(small_set: PairSet, card: object) -> None:
    keep_adapter(small_set, "mine")
    path = Path(small_set.root, "adapters", "mine", "card.json")
    if isinstance(card, dict):
        card = json.dumps(json.loads(path.read_text()) | card)
    path.write_bytes(card if isinstance(card, bytes) else str(card).encode())
    with pytest.raises(SettingsError, match=r"card\.json is no adapter's card"):
        read_card(path.parent)


def test_an_adapter_by_a_link_out_of_the_set_is_none(small_set: PairSet, tmp_path: Path) -> None:
    keep_adapter(small_set, "mine")
    inside = Path(small_set.root, "adapters", "mine")
    inside.rename(tmp_path / "outside")
    inside.symlink_to(tmp_path / "outside")
    assert find_adapter(small_set, "mine") is None
    assert list_cards(small_set) == []
