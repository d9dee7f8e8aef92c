"""The verb ``pairset annotate``: kept pairs → engine → rows with instructions and confidence."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from annotator.batches import batches
from annotator.engines import Engine, EnginePlan, Question, open_engine
from annotator.identity import Annotator
from annotator.pictures import load_questions
from annotator.reply import ReplyError
from annotator.resolve import resolve_annotator
from annotator.rows import annotation_of, failed_annotation
from annotator.settings import AnnotateSettings
from annotator.tasks import Pending, Task, pending_tasks, shard_name
from pairset.console import say
from pairset.exemplars.library import exemplars_for, read_examples
from pairset.progress import progress
from pairset.records import Annotation, table_of
from pairset.shards import Counts
from pairset.store import PairSet, Stage, open_set


def annotate(settings: AnnotateSettings) -> None:
    """Ask about every kept pair that this annotator has not answered yet.

    Each shard is there whole or not at all; the same command goes on where another one ended.
    """
    pair_set = open_set(settings.set_url)
    annotator = resolve_annotator(settings)
    pending = pending_tasks(pair_set, annotator, settings.retry_failed, settings.limit)
    pair_set.save_run(f"annotate-{annotator.key}", settings.model_dump(mode="json"))
    say(_opening_words(annotator, pending))
    counts = Counts()
    if pending.tasks:
        tasks = _with_exemplars(pair_set, annotator, pending.tasks)
        if pair_set.current("annotations") is None:
            # Nothing else to follow: let readers see the first rows while the run goes on.
            pair_set.publish("annotations", annotator.key)
        plan = EnginePlan(settings, annotator.model, annotator.adapter)
        with open_engine(annotator.engine, plan) as engine:
            rows = _run(engine, annotator, settings, tasks)
            for count in progress(rows, "annotate", total=len(tasks), unit="pair"):
                counts += count
    pair_set.publish("annotations", annotator.key)
    say(_closing_words(pending, counts))


def _with_exemplars(
    pair_set: PairSet, annotator: Annotator, tasks: Sequence[Task]
) -> Sequence[Task]:
    """The tasks with what is shown before them."""
    prompt = annotator.prompt
    if not prompt.exemplars:
        return tasks
    examples = read_examples(pair_set.stage("examples", prompt.examples))
    pair_ids = [task.pair_id for task in tasks]
    shown = exemplars_for(pair_set, examples, pair_ids, prompt.exemplars)
    return [replace(task, exemplars=shown.get(task.pair_id, ())) for task in tasks]


def _run(
    engine: Engine, annotator: Annotator, settings: AnnotateSettings, tasks: Sequence[Task]
) -> Iterator[Counts]:
    """Annotate shard by shard; what was answered is written even when the engine stops."""
    stage = PairSet(settings.set_url).stage("annotations", annotator.key)
    for shard in batches(tasks, settings.pairs_per_shard):
        rows: list[Annotation] = []
        try:
            for row in annotate_tasks(engine, annotator, shard, settings.max_pixels):
                rows.append(row)
                yield Counts(rows=1, failures=int(not row.succeeded))
        finally:
            _write(stage, rows)


def annotate_tasks(
    engine: Engine, annotator: Annotator, tasks: Sequence[Task], max_pixels: int
) -> Iterator[Annotation]:
    """Ask about some pairs: one row for each, in the order the answers come.

    Raises EngineDownError after the rows that were answered.
    """
    loaded = load_questions(tasks, max_pixels)
    askable: list[tuple[Task, Question]] = []
    for task, question in zip(tasks, loaded, strict=True):
        if isinstance(question, Question):
            askable.append((task, question))
        else:
            yield failed_annotation(annotator, task, question)
    for number, answer in engine.ask(annotator.prompt, [question for _, question in askable]):
        task = askable[number][0]
        if isinstance(answer, ReplyError):
            yield failed_annotation(annotator, task, answer)
        else:
            yield annotation_of(annotator, task, answer)


def _write(stage: Stage, rows: list[Annotation]) -> None:
    if rows:
        rows.sort(key=lambda row: row.annotation_id)
        stage.write(shard_name(rows), table_of(Annotation, rows))


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


def _closing_words(pending: Pending, counts: Counts) -> str:
    failed = counts.failures + pending.failed
    words = f"{counts.rows - counts.failures} pairs annotated, {failed} without an instruction."
    return f"{words} Ask about those again with --retry-failed." if failed else words
