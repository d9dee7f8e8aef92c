"""Annotation in shards that may run on any machine; a worker opens its engine once."""

import atexit
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

from annotator.chunks import batches
from annotator.engines import Engine, open_engine
from annotator.identity import Annotator
from annotator.inference import ask, load, plan_of, with_exemplars
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.tasks import Task, shard_name
from pairset.errors import SettingsError
from pairset.running.shards import Counts, ShardSpec, inputs_json
from pairset.store import PairSet


@dataclass(frozen=True, slots=True)
class AnnotationInputs:
    """What one shard of annotations is made from."""

    tasks: tuple[Task, ...]


def plan_shards(
    settings: AnnotateSettings, annotator: Annotator, tasks: Sequence[Task]
) -> list[ShardSpec]:
    """A shard for every ``pairs_per_shard`` pairs. Which fields were set stays known."""
    said = settings.model_dump_json(exclude_unset=True)
    return [
        ShardSpec(
            settings.set_url,
            "annotations",
            annotator.key,
            shard_name(shard),
            said,
            inputs_json(AnnotationInputs(tuple(shard))),
        )
        for shard in batches(tasks, settings.pairs_per_shard)
    ]


def run_shard(spec: ShardSpec) -> Counts:
    """Ask about the pairs of one shard. Raises SettingsError where this machine's model is another.

    What the engine raises is raised after the rows that were answered are written.
    """
    settings = AnnotateSettings.model_validate_json(spec.settings)
    annotator = _resolved(spec.settings)
    if annotator.key != spec.key:
        raise SettingsError(
            f"{annotator.model.name} is not the same model, adapter or prompt on every machine: "
            "the files of the one that this worker found differ from those of the one that began."
        )
    tasks = spec.inputs_as(AnnotationInputs).tasks
    shown = with_exemplars(PairSet(spec.set_url), annotator, tasks)
    loaded = load(annotator, shown, settings.max_pixels)
    return sum(ask(_engine(spec.settings), annotator, settings, loaded), start=Counts())


@cache
def _resolved(said: str) -> Annotator:
    return resolve_annotator(AnnotateSettings.model_validate_json(said))


@cache
def _engine(said: str) -> Engine:
    """The engine of this process, until it ends."""
    annotator, stack = _resolved(said), ExitStack()
    atexit.register(stack.close)
    plan = plan_of(annotator, AnnotateSettings.model_validate_json(said))
    return stack.enter_context(open_engine(annotator.engine, plan))
