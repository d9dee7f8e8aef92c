"""The annotate stage beside what it is built on, on the same kind of pairs, in turns.

    python -m benchmarks.confidence.throughput SET [--rounds 3] [--pairs 160]

In this process: the stage, which opens pictures, asks, checks and writes, against `llm.chat` asked
the same. Through a server started here: the stage against an asynchronous client that posts the
files as they are and reads. Both are measured twice, opening the pictures themselves as a plain
script would, and with all that they send at hand before the clock starts; `llm.chat` also without
log-probabilities, which are what free evidence costs. Each part of the pairs is asked once, so that
no cache knows it. The last line is one JSON object; shares are of pairs per second, medians over
rounds.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from annotator.chunks import batches
from annotator.engines import Engine, Question
from annotator.engines.chat_api import encode_body, request_body
from annotator.identity import Annotator
from annotator.inference import ask, load_ahead, plan_of
from annotator.pictures import load_questions
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.tasks import PLACES, Task
from pairset.plain_files import EncodedImage
from pairset.records.pair import PairStatus
from pairset.store import PairSet, create_set, open_set

_COLUMNS = [*PLACES, "status"]

_WARM = 32
"""Pairs that each way is warmed up with."""

Run = Callable[[], None]
Way = Callable[[Sequence[Task]], Run]
"""Makes what it sends ready, and gives what remains to be done."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", help="a set with enough kept pairs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=160, help="asked about in each turn")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(json.dumps(figures(open_set(options.set), options.rounds, options.pairs)))


def figures(pair_set: PairSet, rounds: int, pairs: int) -> dict[str, float]:
    """The stage's share of what is raw, in this process and through a server."""
    with tempfile.TemporaryDirectory(prefix="pairset-throughput-") as folder:
        scratch = create_set(folder)
        settings = AnnotateSettings(set_url=scratch.url, model="starter", engine="vllm")
        annotator = resolve_annotator(settings)
        tasks = _tasks(pair_set, annotator)
        with _in_process(annotator, settings) as ways:
            found = _shares("llm_chat", ways, _Turns(tasks, pairs), rounds)
        settings = AnnotateSettings(set_url=scratch.url, model="starter", spawn=True)
        with _through_a_server(resolve_annotator(settings), settings) as ways:
            return found | _shares("raw_client", ways, _Turns(tasks, pairs), rounds)


def _tasks(pair_set: PairSet, annotator: Annotator) -> Sequence[Task]:
    """All kept pairs, annotated or not."""
    stage = pair_set.current("pairs")
    assert stage is not None, f"{pair_set.url} holds no pairs"
    rows = (row for table in stage.tables(_COLUMNS) for row in table.to_pylist())
    return [
        Task(
            annotator.annotation_id(row["pair_id"]),
            *(row[name] for name in PLACES),
        )
        for row in rows
        if row["status"] == PairStatus.KEPT
    ]


class _Turns:
    """Pairs that nobody has asked about yet."""

    def __init__(self, tasks: Sequence[Task], size: int) -> None:
        self._left = iter(tasks)
        self._size = size

    def take(self, count: int | None = None) -> list[Task]:
        taken = list(itertools.islice(self._left, count or self._size))
        assert len(taken) == (count or self._size), "too few pairs for so many rounds"
        return taken


def _shares(name: str, ways: dict[str, Way], turns: "_Turns", rounds: int) -> dict[str, float]:
    """Medians of stage over each other way, and of raw pairs per second; a turn of each to warm up.

    ``ways`` are the stage, what is raw, and variants of it.
    """
    measured = ways | {"plain": _with_preparation(ways["at_hand"])}
    for way in measured.values():
        way(turns.take(_WARM))()
    rates = defaultdict(list)
    for number in range(rounds):
        names = list(measured)[:: 1 if number % 2 else -1]
        for each in names:
            rates[each].append(_rate(measured[each], turns.take()))
    others = {f"stage_over_{name}" + _SUFFIX.get(each, f"_{each}"): each for each in measured}
    del others[f"stage_over_{name}_stage"]
    found = {said: _median_ratio(rates["stage"], rates[each]) for said, each in others.items()}
    return found | {f"{name}_pairs_per_second": round(statistics.median(rates["plain"]), 3)}


_SUFFIX = {"plain": ""}


def _with_preparation(prepare: Way) -> Way:
    return lambda tasks: lambda: prepare(tasks)()


def _median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Of the turns of one round each."""
    return round(statistics.median(a / b for a, b in zip(over, under, strict=True)), 3)


def _rate(way: Way, tasks: Sequence[Task]) -> float:
    run = way(tasks)
    start = time.monotonic()
    run()
    return len(tasks) / (time.monotonic() - start)


def _stage(engine: Engine, annotator: Annotator, settings: AnnotateSettings) -> Way:
    """What ``pairset annotate`` does with pairs, shard by shard."""

    def run(tasks: Sequence[Task]) -> None:
        shards = batches(tasks, settings.pairs_per_shard)
        for shard in load_ahead(annotator, shards, settings.max_pixels):
            for _ in ask(engine, annotator, settings, shard):
                pass

    return lambda tasks: partial(run, tasks)


@contextmanager
def _in_process(annotator: Annotator, settings: AnnotateSettings) -> Iterator[dict[str, Way]]:
    from annotator.engines.vllm import VllmEngine, conversation, open_vllm

    def chat(engine: VllmEngine, sampling: Any) -> Way:
        def prepare(tasks: Sequence[Task]) -> Run:
            loaded = load_questions(tasks, settings.max_pixels)
            questions = [each for each in loaded if isinstance(each, Question)]
            asked = [conversation(annotator.prompt, each) for each in questions]
            return lambda: engine._model.chat(asked, sampling, use_tqdm=False)

        return prepare

    with open_vllm(plan_of(annotator, settings)) as engine:
        greedy = engine.greedy(annotator.prompt)
        silent = engine.greedy(annotator.prompt)
        silent.logprobs = None
        yield {
            "stage": _stage(engine, annotator, settings),
            "at_hand": chat(engine, greedy),
            "without_logprobs": _with_preparation(chat(engine, silent)),
        }


@contextmanager
def _through_a_server(annotator: Annotator, settings: AnnotateSettings) -> Iterator[dict[str, Way]]:
    from annotator.engines.server import open_server
    from annotator.engines.spawn import spawned_server

    with spawned_server(plan_of(annotator, settings)) as (url, token):
        os.environ["PAIRSET_API_KEY"] = token
        settings = settings.model_copy(update={"server": url, "spawn": False})

        def raw(tasks: Sequence[Task]) -> Run:
            bodies = [_body(annotator, settings, each) for each in tasks]
            return lambda: asyncio.run(_post(url, token, bodies, settings.concurrency))

        with open_server(plan_of(annotator, settings)) as engine:
            yield {"stage": _stage(engine, annotator, settings), "at_hand": raw}


def _body(annotator: Annotator, settings: AnnotateSettings, task: Task) -> bytes:
    """The same request, from the files as they lie on the disk."""
    files = [
        EncodedImage(Path(uri).read_bytes(), "image/jpeg", (0, 0))
        for uri in (task.source_uri, task.target_uri)
    ]
    limits = settings.max_tokens, settings.guided
    return encode_body(
        request_body(annotator.model.name, annotator.prompt, Question(*files), *limits)
    )


async def _post(url: str, token: str, bodies: Sequence[bytes], concurrency: int) -> None:
    """All of them, so many at once, and nothing but that."""
    import httpx

    free = asyncio.Semaphore(concurrency)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(
        headers=headers, limits=limits, timeout=300, trust_env=False
    ) as client:

        async def post(body: bytes) -> None:
            async with free:
                response = await client.post(f"{url}/chat/completions", content=body)
                response.raise_for_status().json()

        await asyncio.gather(*map(post, bodies))


if __name__ == "__main__":
    main()
