"""Some pairs, an engine, and the rows that come of them."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain

from annotator.engines import Engine, EnginePlan, Question
from annotator.identity import Annotator
from annotator.pictures import load_questions
from annotator.prompting.reply import ReplyError
from annotator.rows import annotation_of, failed_annotation
from annotator.settings import AnnotateSettings, AskSettings
from annotator.tasks import Task, shard_name
from pairset.decoding import ImageError
from pairset.exemplars.library import exemplars_for, read_examples
from pairset.records import Annotation, table_of
from pairset.rows.places import placed_examples
from pairset.running.shards import Counts
from pairset.store import PairSet, Stage


def with_exemplars(
    pair_set: PairSet, annotator: Annotator, tasks: Sequence[Task]
) -> Sequence[Task]:
    """The tasks with what is shown before them."""
    prompt = annotator.prompt
    if not prompt.exemplars:
        return tasks
    examples = read_examples(pair_set.stage("examples", prompt.examples))
    pair_ids = [task.pair_id for task in tasks]
    shown = exemplars_for(pair_set, examples, pair_ids, prompt.exemplars)
    placed = placed_examples(pair_set, chain.from_iterable(shown.values()))
    return [
        replace(task, exemplars=shown.get(task.pair_id, ()), exemplar_images=placed)
        for task in tasks
    ]


def plan_of(annotator: Annotator, settings: AskSettings) -> EnginePlan:
    """What its engine is opened with."""
    return EnginePlan(settings, annotator.model, annotator.adapter)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some pairs with their images open. Both have one entry for each."""

    tasks: Sequence[Task]
    questions: Sequence[Question | ImageError]
    """What is to be asked, or what is wrong with an image."""


def load(annotator: Annotator, tasks: Sequence[Task], max_pixels: int) -> Loaded:
    """Open the images of some pairs."""
    return Loaded(tasks, load_questions(tasks, max_pixels, annotator.sends_files))


def load_ahead(
    annotator: Annotator, shards: Iterable[Sequence[Task]], max_pixels: int
) -> Iterator[Loaded]:
    """Shard after shard; while one is asked about, the images of the next are opened."""
    with ThreadPoolExecutor(1) as reader:
        coming: deque[Future[Loaded]] = deque()
        for shard in shards:
            coming.append(reader.submit(load, annotator, shard, max_pixels))
            if len(coming) > 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def ask(
    engine: Engine, annotator: Annotator, settings: AnnotateSettings, loaded: Loaded
) -> Iterator[Counts]:
    """Ask about the pairs of one shard, and write it; so it is, too, where the engine stops."""
    rows: list[Annotation] = []
    try:
        for row in annotate_loaded(engine, annotator, loaded):
            rows.append(row)
            yield Counts(rows=1, failures=int(not row.succeeded))
    finally:
        _write(PairSet(settings.set_url).stage("annotations", annotator.key), rows)


def annotate_loaded(engine: Engine, annotator: Annotator, loaded: Loaded) -> Iterator[Annotation]:
    """Ask about some pairs: one row for each, in the order the answers come.

    Raises EngineDownError after the rows that were answered.
    """
    askable: list[tuple[Task, Question]] = []
    for task, question in zip(loaded.tasks, loaded.questions, strict=True):
        if isinstance(question, Question):
            askable.append((task, question))
        else:
            yield failed_annotation(annotator, task, question)
    for number, answer in engine.ask(annotator.prompt, [question for _, question in askable]):
        task, _ = askable[number]
        if isinstance(answer, ReplyError):
            yield failed_annotation(annotator, task, answer)
        else:
            yield annotation_of(annotator, task, answer)


def _write(stage: Stage, rows: list[Annotation]) -> None:
    if rows:
        rows.sort(key=lambda row: row.annotation_id)
        stage.write(shard_name(rows), table_of(Annotation, rows))
