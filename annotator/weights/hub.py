"""Folders from the model hub, or a quick and clear word that the hub cannot be reached."""

from pathlib import Path

from pairset.errors import MissingExtraError, ModelUnavailableError

ELSEWHERE = "A model on a server elsewhere is asked with: pairset annotate SET --server URL"
"""The choice that only verbs have which ask a model; those that train or merge one need its files.
"""
_HUB_TIMEOUT_SECONDS = 5.0


def download(hub_id: str, local_choice: str) -> Path:
    """Folder of a hub repository: the cached copy if there is one, else a fresh download.

    Raises ModelUnavailableError naming ``local_choice`` where the hub cannot be reached or knows
    no such repository.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError("huggingface_hub", "transformers") from error
    try:
        try:
            return Path(snapshot_download(hub_id, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(hub_id, etag_timeout=_HUB_TIMEOUT_SECONDS))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelUnavailableError(
            f"{hub_id} is no folder here and could not be fetched from the model hub "
            f"({type(error).__name__}). Choices: {local_choice}, --model starter. {ELSEWHERE}"
        ) from error
