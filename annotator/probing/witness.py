"""Who is asked again: the annotator itself, as it was when it annotated, or another."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import TypeAdapter

from annotator.identity import Annotator
from annotator.prompting.prompt_file import kept_prompt
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings, ProbeSettings
from pairset.errors import SettingsError
from pairset.files.damage import reading
from pairset.network.addresses import server_address
from pairset.records.ids import content_id
from pairset.rows.set_documents import read_set_object
from pairset.store import PairSet, Stage

_NAMES_ANOTHER = ("model", "adapter", "server", "spawn")
_KEPT = (
    *("model", "adapter", "prompt", "exemplars", "guided", "max_pixels", "context_tokens"),
    "dtype",
)
"""What the annotator's own run decided, unless it is said again.

Not whether a model may run code of its own: a set may be a stranger's.
"""


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
        path = _saved_run(pair_set, annotations.key)
        with reading(path):
            settings = _as_it_was(settings, read_set_object(pair_set, path) or {}, annotations)
    annotator = resolve_annotator(settings)
    is_author = annotator.key == annotations.key
    if not names_another and not is_author:
        raise SettingsError(
            f"{annotator.model.name} is not what it was when it annotated: its files, its adapter "
            "or its prompt are others. Name who is to be asked: --model, --adapter or --server."
        )
    key = content_id("probes", annotations.key, annotator.key)
    return Witness(annotator, settings, key, is_author)


def _as_it_was(
    settings: ProbeSettings, saved: dict[str, object], annotations: Stage
) -> ProbeSettings:
    """The settings with what the saved run was told, where they do not say otherwise.

    Raises ValueError for what no run can have been told, and SettingsError for a server elsewhere.
    """
    said = settings.model_fields_set
    kept = {name: saved[name] for name in _KEPT if name in saved and name not in said}
    if "engine" not in said:
        places = ("server", "spawn") if saved.get("server") or saved.get("spawn") else ("engine",)
        kept |= {name: saved[name] for name in places if name in saved}
    fields = ProbeSettings.model_fields
    checked: dict[str, Any] = {}
    for name, value in kept.items():
        kind: Any = Annotated[fields[name].annotation, fields[name]]  # with its bounds
        checked[name] = TypeAdapter(kind).validate_python(value)
    if not {"prompt", "prompt_file"} & said:
        checked["prompt_file"] = kept_prompt(annotations)
    _refuse_server_elsewhere(checked.get("server"))
    return settings.model_copy(update=checked)


def _refuse_server_elsewhere(server: str | None) -> None:
    """Pictures and keys go to no machine that only a set names. Raises SettingsError."""
    address = server_address(server, "--server") if server else None
    if address and not address.is_loopback:
        raise SettingsError(
            f"The set says that its pairs were annotated by {address.url}. Pictures "
            "are sent to another machine only where you name it: --server."
        )


def _saved_run(pair_set: PairSet, key: str) -> str:
    """Where it is kept what the latest run of an annotator was told. Raises SettingsError."""
    pattern = f"{pair_set.root}/runs/{AnnotateSettings.verb}-{key}-*.json"
    paths = sorted(pair_set.filesystem.glob(pattern))
    if not paths:
        raise SettingsError(
            f"{pair_set.url}/runs does not tell how the pairs were annotated. Name who is to be "
            "asked: --model, --adapter or --server."
        )
    return str(paths[-1])
