"""LoRA adapters by name or path, and what is in them."""

from dataclasses import dataclass
from pathlib import Path

from annotator.weights.adapter_configs import read_lora_rank
from annotator.weights.fingerprints import fingerprint
from annotator.weights.hub import ELSEWHERE, download
from annotator.weights.shipped import shipped_folder
from pairset.errors import MissingExtraError, ModelUnavailableError, SettingsError
from pairset.models.adapter_cards import AdapterCard, find_adapter, names_a_folder, read_card
from pairset.models.checkpoints import expanded, is_folder, is_place
from pairset.models.weight_files import check_links, read_header
from pairset.store import PairSet

_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_VISION_PARTS = frozenset({"visual", "vision_tower", "vision_model", "vision_encoder"})


@dataclass(frozen=True, slots=True)
class AdapterChoice:
    """An adapter, and what must be known to serve it whole."""

    name: str
    identity: str
    """Fingerprint of its files, or its name where only a server knows it."""
    path: Path | None = None
    rank: int = 0
    adapts_vision: bool = False
    """Whether some of its weights belong to the vision tower."""
    card: AdapterCard | None = None
    """What it was made from, where pairset made it."""

    @property
    def folder(self) -> Path:
        """Its folder, which every engine that loads it here needs."""
        if self.path is None:
            raise ModelUnavailableError(f"{self.name} is known to a server only. {ELSEWHERE}")
        return self.path

    def tensor_names(self) -> tuple[str, ...]:
        """Names of its weights."""
        return read_header(self.folder / _WEIGHTS).names


def served_adapter(name: str) -> AdapterChoice:
    """An adapter that a running server knows by name."""
    return AdapterChoice(name, identity=name)


def load_adapter(adapter: str, pair_set: PairSet | None = None) -> AdapterChoice:
    """Find an adapter and read what it adapts.

    It is one of the set's by name, one that ships with the starter, a folder, or a hub id.

    Raises ModelUnavailableError where there is none or it is no LoRA adapter.
    """
    own = find_adapter(pair_set, adapter) if pair_set else None
    path = own or shipped_adapter(adapter) or expanded(adapter)
    if is_place(adapter) and not is_folder(str(path)):
        raise ModelUnavailableError(f"There is no folder {adapter}.")
    folder = path if is_folder(str(path)) else download(adapter, "--adapter FOLDER")
    rank, names = read_adapter(folder)
    card = read_card(folder)
    return AdapterChoice(
        name=card.name if card else path.resolve().name if path.is_dir() else adapter,
        identity=fingerprint(folder),
        path=folder.resolve(),
        rank=rank,
        adapts_vision=any(map(_is_vision, names)),
        card=card,
    )


def read_adapter(folder: Path) -> tuple[int, tuple[str, ...]]:
    """Look at an adapter before anything loads it: its rank, and the names of its weights.

    Raises ModelUnavailableError for what is no sound LoRA adapter.
    """
    if not (folder / _CONFIG).is_file() or not (folder / _WEIGHTS).is_file():
        raise ModelUnavailableError(f"{folder} is no LoRA adapter: it needs {_CONFIG}, {_WEIGHTS}.")
    try:
        check_links(folder)
        rank = read_lora_rank(folder / _CONFIG)
        names = read_header(folder / _WEIGHTS).names
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "safetensors", "transformers") from error
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(f"{folder} is no LoRA adapter: {error}.") from error
    if not any("lora_" in name for name in names):
        raise ModelUnavailableError(f"{folder} is no LoRA adapter: it has no weights of LoRA.")
    return rank, names


def shipped_adapter(name: str) -> Path | None:
    """Folder of an adapter in the installed package; None where it has none of this name."""
    if not names_a_folder(name):
        return None
    folder = shipped_folder(name)
    return folder if (folder / _CONFIG).is_file() else None


def refuse_vision_weights(adapter: AdapterChoice) -> None:
    """Refuse what vLLM would load only half of, without a word.

    Raises SettingsError. transformers with PEFT loads such adapters whole.
    """
    if adapter.adapts_vision:
        raise SettingsError(
            f"Adapter {adapter.name} has weights for the vision tower, which vLLM ignores unless "
            "its server runs with --enable-tower-connector-lora. Annotate through another engine "
            "(pairset annotate SET --engine transformers) or through such a server (pairset "
            "annotate SET --server URL --adapter NAME), or train the adapter on the language "
            "model only."
        )


def _is_vision(key: str) -> bool:
    return not _VISION_PARTS.isdisjoint(key.split("."))
