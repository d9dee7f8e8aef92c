"""Which model is meant: the starter, a local folder, a hub id, or what a server serves."""

import json
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from annotator.fingerprints import fingerprint
from annotator.hub import ELSEWHERE, download
from annotator.settings import DEFAULT_MODEL
from pairset.errors import ModelUnavailableError
from pairset.stand_in import STARTER

STARTER_THREADS = 1
"""CPU threads for the starter: its matrices are so small that a second thread gains nothing, and
where cores are shared the threads wait for each other (seen: thirty times slower)."""

_CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model, resolved."""

    name: str
    """``starter``, a hub id, a folder's name, or the name a server serves it under."""
    identity: str
    """Fingerprint of a local folder's files; the name where there is no local folder to read."""
    path: Path | None = None
    """Folder of its files; None where only a server has them."""

    @property
    def folder(self) -> Path:
        """Its folder, which every engine that runs it here needs."""
        if self.path is None:
            raise ModelUnavailableError(f"{self.name} is known to a server only. {ELSEWHERE}")
        return self.path

    @property
    def is_starter(self) -> bool:
        return self.name == STARTER


def served_model(name: str) -> ModelChoice:
    """A model that a running server knows by name."""
    return ModelChoice(name, identity=name)


def load_model(model: str | None) -> ModelChoice:
    """Find a model's folder, fetching it from the hub where it is a hub id.

    Raises ModelUnavailableError naming the choices where it cannot be had. Never chooses another
    model than the one asked for.
    """
    if model == STARTER:
        folder = starter_folder()
        return ModelChoice(STARTER, fingerprint(folder), folder)
    if model and Path(model).expanduser().is_dir():
        folder = Path(model).expanduser().resolve()
        _check_checkpoint(folder)
        return ModelChoice(folder.name, fingerprint(folder), folder)
    hub_id = model or DEFAULT_MODEL
    if hub_id == DEFAULT_MODEL and not has_nvidia_gpu():
        raise ModelUnavailableError(
            f"The default model {DEFAULT_MODEL} needs a GPU of 24 GB, and none was found. "
            "Choices: --model FOLDER (a local checkpoint), --model starter (a small stand-in for a "
            f"real model). {ELSEWHERE}"
        )
    return ModelChoice(hub_id, hub_id, download(hub_id, "--model FOLDER (a local checkpoint)"))


def _check_checkpoint(folder: Path) -> None:
    """Refuse a folder without a config, or with some of its weights: vLLM would load those."""
    try:
        json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        absent = [name for name in _files_of_weights(folder) if not (folder / name).is_file()]
    except (OSError, ValueError, KeyError) as error:
        raise _no_checkpoint(folder, f"{_CONFIG} or weight index: {error}") from error
    if absent:
        raise _no_checkpoint(folder, f"missing: {', '.join(absent)}")


def _files_of_weights(folder: Path) -> list[str]:
    """The files that a checkpoint in several parts says it has."""
    index = folder / _INDEX
    if not index.is_file():
        return []
    return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))


def _no_checkpoint(folder: Path, reason: str) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"{folder} is no whole checkpoint ({reason}). Choices: --model FOLDER (one with config, "
        f"weights and processor), --model starter. {ELSEWHERE}"
    )


def starter_folder() -> Path:
    """Folder of the starter model in the installed package.

    Raises ModelUnavailableError where the installation has none.
    """
    folder = Path(str(files("finetune").joinpath("weights", STARTER)))
    if not (folder / _CONFIG).is_file():
        raise ModelUnavailableError(
            f"The starter model is not in this installation ({folder}). Choices: reinstall "
            f"pairset, --model FOLDER (a local checkpoint). {ELSEWHERE}"
        )
    return folder


def context_limit(folder: Path, wanted_tokens: int) -> int:
    """Context length in tokens: as wanted, but no more than the model was built for."""
    config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    text = config.get("text_config") or {}
    most = text.get("max_position_embeddings") or config.get("max_position_embeddings")
    return min(wanted_tokens, int(most)) if most else wanted_tokens


def has_nvidia_gpu() -> bool:
    """Whether an NVIDIA driver is here; asks no library, so that it answers at once."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
