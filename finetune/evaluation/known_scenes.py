"""Scenes that an adapter has learned from, by the card it keeps of its training."""

from collections.abc import Sequence

from pairset.errors import MissingStageError, SettingsError
from pairset.files.pointers import SAFE_NAME
from pairset.records import Example
from pairset.records.example import Split
from pairset.rows.set_documents import read_set_object
from pairset.store import PairSet, safe_name

_COLUMNS = ["pair_id", "scene", "split", "exclusion"]


def known_scenes(pair_set: PairSet, adapter: str, examples: Sequence[Example]) -> set[str] | None:
    """Scenes that an adapter of this set was trained on, and those that it began from.

    ``examples`` are those of now: a scene that has grown together with another since is known
    under its new name too. None where the set holds no card of the adapter, so that nobody can
    tell. Raises DamagedSetError where a card cannot be read, and MissingStageError where its
    examples are not named or gone.
    """
    card = _card(pair_set, adapter)
    if card is None:
        return None
    known: set[str] = set()
    seen: set[str] = set()
    while card is not None and adapter not in seen:
        seen.add(adapter)
        known |= _trained_on(pair_set, adapter, card, examples)
        adapter = str(card.get("start_from") or adapter).rstrip("/").rsplit("/", 1)[-1]
        card = _card(pair_set, adapter)
    return known


def _card(pair_set: PairSet, adapter: str) -> dict[str, object] | None:
    try:
        path = f"{pair_set.root}/adapters/{safe_name(adapter)}/card.json"
    except SettingsError:  # a hub's name, say: no adapter of a set is called so
        return None
    card = read_set_object(pair_set, path)
    if card is None:
        return None
    key = card.get("examples")
    if not isinstance(key, str) or not SAFE_NAME.fullmatch(key):
        raise _unknown(adapter, f'{path} does not name its "examples"')
    return card


def _trained_on(
    pair_set: PairSet, adapter: str, card: dict[str, object], examples: Sequence[Example]
) -> set[str]:
    stage = pair_set.stage("examples", str(card["examples"]))
    if not stage.is_finished("00000"):
        raise _unknown(adapter, f"{stage.shard_path('00000')} is gone")
    rows = [
        row
        for row in stage.read("00000", _COLUMNS).to_pylist()
        if row["split"] == Split.TRAIN and row["exclusion"] is None
    ]
    pair_ids = {row["pair_id"] for row in rows}
    now = {example.scene for example in examples if example.pair_id in pair_ids}
    return now | {row["scene"] for row in rows}


def _unknown(adapter: str, reason: str) -> MissingStageError:
    return MissingStageError(
        f"What the adapter {adapter} was trained on cannot be told: {reason}. Train it again, or "
        "leave it out with --adapters."
    )
