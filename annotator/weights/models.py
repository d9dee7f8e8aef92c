"""Which model is meant: the starter, a local folder, a hub id, or what a server serves."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from annotator.settings import DEFAULT_MODEL
from annotator.weights.fingerprints import fingerprint
from annotator.weights.hub import ELSEWHERE, download
from annotator.weights.shipped import shipped_folder
from pairset.errors import ModelUnavailableError
from pairset.files.documents import read_object
from pairset.models.checkpoints import check_checkpoint, expanded, is_folder, is_place
from pairset.models.stand_in import STARTER

STARTER_THREADS = 1
"""CPU threads for the starter: its matrices are so small that a second thread gains nothing, and
where cores are shared the threads wait for each other (seen: thirty times slower)."""

_CONFIG = "config.json"
_CHOICES = (
    "Choices: --model FOLDER (one with config, weights and processor), --model starter. "
    f"{ELSEWHERE}"
)


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
    if model and (is_place(model) or is_folder(model)):
        folder = _local_folder(model)
        return ModelChoice(folder.name, fingerprint(folder), folder)
    hub_id = model or DEFAULT_MODEL
    if hub_id == DEFAULT_MODEL and not has_nvidia_gpu():
        raise ModelUnavailableError(
            f"The default model {DEFAULT_MODEL} needs a GPU of 24 GB, and none was found. "
            "Choices: --model FOLDER (a local checkpoint), --model starter (a small stand-in for a "
            f"real model). {ELSEWHERE}"
        )
    folder = download(hub_id, "--model FOLDER (a local checkpoint)")
    _check(folder)
    return ModelChoice(hub_id, hub_id, folder)


def _local_folder(model: str) -> Path:
    folder = expanded(model)
    if not folder.is_dir():
        raise ModelUnavailableError(f"There is no folder {model}. {_CHOICES}")
    _check(folder)
    return folder


def _check(folder: Path) -> None:
    """Look at a checkpoint before anything of it is loaded: whoever made it may be a stranger."""
    try:
        check_checkpoint(folder)
    except ValueError as error:
        raise ModelUnavailableError(
            f"{folder} is no whole, sound checkpoint ({error}). {_CHOICES}"
        ) from error


def starter_folder() -> Path:
    """Folder of the starter model in the installed package.

    Raises ModelUnavailableError where the installation has none.
    """
    folder = shipped_folder(STARTER)
    if not (folder / _CONFIG).is_file():
        raise ModelUnavailableError(
            f"The starter model is not in this installation ({folder}). Choices: reinstall "
            f"pairset, --model FOLDER (a local checkpoint). {ELSEWHERE}"
        )
    return folder


def context_limit(folder: Path, wanted_tokens: int) -> int:
    """Context length in tokens: as wanted, but no more than the model was built for."""
    config = read_object(folder / _CONFIG)
    text = config.get("text_config")
    told = [
        part.get("max_position_embeddings") for part in (text, config) if isinstance(part, dict)
    ]
    most = next(
        (tokens for tokens in told if isinstance(tokens, int) and tokens > 0), wanted_tokens
    )
    return min(wanted_tokens, most)


def has_nvidia_gpu() -> bool:
    """Whether an NVIDIA driver is here; asks no library, so that it answers at once."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
