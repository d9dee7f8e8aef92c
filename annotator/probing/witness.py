"""Who is asked again: the annotator itself, as it was when it annotated, or another."""

from dataclasses import dataclass
from typing import Any

from annotator.identity import Annotator
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings, ProbeSettings
from pairset.errors import SettingsError
from pairset.files.damage import reading
from pairset.files.documents import parse_object
from pairset.records.ids import content_id
from pairset.store import PairSet, Stage

_NAMES_ANOTHER = ("model", "adapter", "server", "spawn")
_KEPT = (
    *("model", "adapter", "prompt", "exemplars", "guided", "max_pixels", "context_tokens"),
    *("dtype", "trust_remote_code"),
)
"""What the annotator's own run decided, unless it is said again."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who is asked, and how."""

    annotator: Annotator
    settings: ProbeSettings
    key: str
    """Folder of what it says in a set."""
    is_author: bool
    """Whether it wrote the annotations it is asked about."""


def find_witness(pair_set: PairSet, annotations: Stage, settings: ProbeSettings) -> Witness:
    """Whom the settings mean.

    Raises SettingsError where the annotator is meant and is not what it was any more, and what
    ``resolve_annotator`` raises.
    """
    names_another = any(name in settings.model_fields_set for name in _NAMES_ANOTHER)
    if not names_another:
        settings = _as_it_was(settings, _saved_run(pair_set, annotations.key))
    annotator = resolve_annotator(settings)
    is_author = annotator.key == annotations.key
    if not names_another and not is_author:
        raise SettingsError(
            f"{annotator.model.name} is not what it was when it annotated: its files, its adapter "
            "or its prompt are others. Name who is to be asked: --model, --adapter or --server."
        )
    key = content_id("probes", annotations.key, annotator.key)
    return Witness(annotator, settings, key, is_author)


def _as_it_was(settings: ProbeSettings, saved: dict[str, object]) -> ProbeSettings:
    """The settings with what the saved run was told, where they do not say otherwise."""
    said = settings.model_fields_set
    kept = {name: saved[name] for name in _KEPT if name in saved and name not in said}
    if "engine" not in said:
        places = ("server", "spawn") if saved.get("server") or saved.get("spawn") else ("engine",)
        kept |= {name: saved[name] for name in places if name in saved}
    return settings.model_copy(update=kept)


def _saved_run(pair_set: PairSet, key: str) -> dict[str, Any]:
    """What the latest run of an annotator was told. Raises SettingsError where none is kept."""
    pattern = f"{pair_set.root}/runs/{AnnotateSettings.verb}-{key}-*.json"
    paths = sorted(pair_set.filesystem.glob(pattern))
    if not paths:
        raise SettingsError(
            f"{pair_set.url}/runs does not tell how the pairs were annotated. Name who is to be "
            "asked: --model, --adapter or --server."
        )
    with reading(paths[-1]):
        return parse_object(pair_set.filesystem.cat_file(paths[-1]))
