"""The verb ``pairset annotate``: kept pairs → engine → rows with instructions and confidence."""

from collections.abc import Sequence

from annotator.annotation_shards import plan_shards, run_shard
from annotator.chunks import batches
from annotator.engines import open_engine
from annotator.identity import Annotator
from annotator.inference import ask, load_ahead, plan_of, with_exemplars
from annotator.prompting.prompt_file import keep_prompt
from annotator.prompting.reply import OF_THE_SERVER
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.tasks import Pending, Task, pending_tasks
from pairset.files.damage import MissingRunError
from pairset.locking.locks import writing
from pairset.outcome import failures_of
from pairset.running.executors import run_shards
from pairset.running.progress import progress
from pairset.running.ray_cluster import RayCluster
from pairset.running.shards import Counts
from pairset.store import PairSet, Stage, open_set
from pairset.terminal.console import say


def annotate(settings: AnnotateSettings) -> None:
    """Ask about every kept pair that this annotator has not answered yet.

    Each shard is there whole or not at all; the same command goes on where another one ended.
    Raises NothingAnsweredError or EngineDownError, after all is written, where every pair failed.
    """
    pair_set = open_set(settings.set_url)
    annotator = resolve_annotator(settings)
    with writing(pair_set, settings.verb, annotator.key):
        _annotate(pair_set, annotator, settings)


def _annotate(pair_set: PairSet, annotator: Annotator, settings: AnnotateSettings) -> None:
    pending = pending_tasks(pair_set, annotator, settings.retry_failed, settings.limit)
    if annotator.prompt.own_text:
        kept_at = keep_prompt(pair_set.stage("annotations", annotator.key), annotator.prompt)
        settings = settings.model_copy(update={"prompt_file": kept_at})
    pair_set.save_run(f"annotate-{annotator.key}", settings.model_dump(mode="json"))
    say(_opening_words(annotator, pending))
    counts = Counts()
    if pending.tasks:
        if not _has_run_to_follow(pair_set):
            # Nothing else to follow: let readers see the first rows while the run goes on.
            pair_set.publish("annotations", annotator.key)
        if settings.executor == "ray":
            cluster = RayCluster(settings.address, gpus_per_shard=settings.gpus_per_shard)
            counts = run_shards(cluster, run_shard, plan_shards(settings, annotator, pending.tasks))
        else:
            counts = _run_here(annotator, settings, pending.tasks)
    pair_set.publish("annotations", annotator.key)
    _close(pair_set.stage("annotations", annotator.key), pending, counts)


def _has_run_to_follow(pair_set: PairSet) -> bool:
    try:
        return pair_set.current("annotations") is not None
    except MissingRunError:  # an earlier version, killed before its first shard
        return False


def _run_here(annotator: Annotator, settings: AnnotateSettings, tasks: Sequence[Task]) -> Counts:
    """Shard by shard, with one engine."""
    shown = with_exemplars(PairSet(settings.set_url), annotator, tasks)
    counts = Counts()
    shards = batches(shown, settings.pairs_per_shard)
    with open_engine(annotator.engine, plan_of(annotator, settings)) as engine:
        rows = (
            count
            for shard in load_ahead(annotator, shards, settings.max_pixels)
            for count in ask(engine, annotator, settings, shard)
        )
        for count in progress(rows, "annotate", total=len(tasks), unit="pair"):
            counts += count
    return counts


def _opening_words(annotator: Annotator, pending: Pending) -> str:
    model = annotator.model.name
    if annotator.model.is_starter:
        model = "the starter model, a stand-in for a real one,"
    adapter = f" with adapter {annotator.adapter.name}" if annotator.adapter else ""
    shown = annotator.prompt.exemplars
    exemplars = f" with up to {shown} exemplars" if shown else ""
    return (
        f"{len(pending.tasks)} of {pending.kept_pairs} kept pairs to annotate: {model}{adapter} "
        f"through {annotator.engine}, prompt {annotator.prompt.name}{exemplars}."
    )


def _close(stage: Stage, pending: Pending, counts: Counts) -> None:
    """Say how it ended, and why what failed did."""
    failed = counts.failures + pending.failed
    words = f"{counts.rows - counts.failures} pairs annotated, {failed} without an instruction."
    if not failed:
        say(words)
        return
    asked = {task.annotation_id for task in pending.tasks}
    failures = failures_of(stage, "annotation_id", asked.union(pending.failed_ids))
    say(f"{words} Reasons: {failures.in_words}. Ask about those again with --retry-failed.")
    if counts.failures == counts.rows > 0:
        now = failures_of(stage, "annotation_id", asked)
        raise now.as_error(f"None of the {counts.rows} pairs got an instruction", OF_THE_SERVER)
    if failed == pending.kept_pairs:
        raise failures.as_error(
            f"None of the {failed} kept pairs has an instruction", OF_THE_SERVER
        )
