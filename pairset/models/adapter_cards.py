"""The adapters of a set: ``SET/adapters/NAME/``, each with a card of what it was made from.

The card is written last: a folder without one is a training run that has not finished.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from pairset.errors import SettingsError
from pairset.files.documents import parse_document, read_bounded
from pairset.models.stand_in import STARTER
from pairset.store import PairSet, safe_name, write_atomically

CARD = "card.json"
BEST = "best"
"""What ``--adapter`` calls the adapter that ``pairset evaluate`` measured best."""


_LONGEST_NAME = 200

_HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class AdapterCard:
    """Everything needed to make an adapter again, and to serve it on the right base."""

    name: str
    method: str
    """supervised or preference."""
    model: str
    """Its base: hub id, folder name or ``starter``."""
    model_identity: str
    """Fingerprint of the base's files, or the hub id."""
    prompt_id: str
    """The prompt it was trained with."""
    start_from: str | None
    """Adapter it went on from."""
    data: str
    """Key of the verdicts and settings that the run was planned with."""
    examples: str
    """Key of the table of examples: rows of the side ``train`` are what it learnt."""
    trained_on: int
    """Examples."""
    unchanged: int
    """How many of those nobody reviewed: pairs that mining rejected as copies."""
    excluded: dict[str, int]
    """Reviewed pairs that taught nothing, by reason."""
    settings: dict[str, object]
    versions: dict[str, str]
    figures: dict[str, float]
    """steps, seconds, examples_per_second, loss, padding_share."""
    finished_at: str


def adapter_folder(pair_set: PairSet, name: str) -> Path:
    """Folder of one adapter. Raises SettingsError for a set that is not on this machine,
    and DamagedSetError for a link that leads out of it.
    """
    if not pair_set.is_local:
        raise SettingsError(
            f"{pair_set.url} is not on this machine, and adapters are files that engines open. "
            "Copy the set, or its folder adapters/, here."
        )
    return Path(pair_set.inside(f"{pair_set.root}/adapters/{safe_name(name)}"))


def read_card(folder: Path) -> AdapterCard | None:
    """The card of a folder; None where there is none.

    Raises SettingsError for one that cannot be read.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        card = parse_document(AdapterCard, read_bounded(path))
        safe_name(card.name)
    except (OSError, ValueError, SettingsError) as error:
        raise SettingsError(f"{path} is no adapter's card: {error}.") from error
    return card


def write_card(pair_set: PairSet, folder: Path, card: AdapterCard) -> None:
    """Finish an adapter."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False, sort_keys=True)
    write_atomically(pair_set, str(folder / CARD), text.encode())


def list_cards(pair_set: PairSet) -> list[AdapterCard]:
    """The finished adapters of a set, the oldest first."""
    if not pair_set.is_local:
        return []
    folders = sorted((Path(pair_set.root) / "adapters").glob("*/"))
    cards = [
        card
        for folder in folders
        if is_own(pair_set, folder / CARD) and (card := read_card(folder))
    ]
    return sorted(cards, key=lambda card: (card.finished_at, card.name))


def names_a_folder(name: str) -> bool:
    """Whether a text can name one adapter's folder."""
    try:
        return len(safe_name(name)) <= _LONGEST_NAME
    except SettingsError:
        return False


def find_adapter(pair_set: PairSet, name: str) -> Path | None:
    """Folder of the set's adapter of this name; None where it has no finished one."""
    if not pair_set.is_local or not names_a_folder(name):
        return None
    folder = Path(pair_set.root) / "adapters" / name
    return folder if is_own(pair_set, folder / CARD) else None


def base_of(card: AdapterCard) -> str:
    """The model that an adapter was trained on, as ``--model`` takes it.

    Raises SettingsError where only its folder's name is known: a card, which may be a stranger's,
    sends nobody to a folder.
    """
    if card.model != STARTER and not _HUB_ID.fullmatch(card.model):
        raise SettingsError(
            f"Adapter {card.name} was trained on {card.model!r}, which is no model of the hub. "
            "Say where it is: --model FOLDER."
        )
    return card.model


def is_own(pair_set: PairSet, path: Path) -> bool:
    """Whether a file is there and lies in the set, wherever the links on the way lead."""
    root = Path(pair_set.root).resolve()
    return path.is_file() and path.resolve().is_relative_to(root)


def fits_base(card: AdapterCard, model: str, model_identity: str) -> bool:
    """Whether an adapter was trained on this model.

    Two local copies are told apart by their weights; a hub id and a local copy only by the last
    part of their names.
    """
    hub_ids = card.model == card.model_identity, model == model_identity
    if hub_ids[0] != hub_ids[1]:
        return card.model.split("/")[-1] == model.split("/")[-1]
    return card.model_identity == model_identity


def check_base(card: AdapterCard, model: str, model_identity: str) -> None:
    """Refuse to put an adapter on another base than it was trained on.

    Raises SettingsError naming both.
    """
    if not fits_base(card, model, model_identity):
        raise SettingsError(
            f"Adapter {card.name} was trained on {card.model} ({card.model_identity[:8]}) and does "
            f"not fit {model} ({model_identity[:8]}). Give --model as it was trained, or train "
            "another adapter: pairset train SET --model …"
        )
