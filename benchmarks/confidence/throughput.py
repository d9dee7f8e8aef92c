"""The annotate stage beside what it is built on, on the same kind of pairs, in turns.

    python -m benchmarks.confidence.throughput SET [--rounds 3] [--pairs 256]

In this process: the stage, which opens pictures, asks, checks and writes, against `llm.chat`.
Through a server started here: the stage against an asynchronous client that only posts and reads.
Both are measured twice, opening the pictures themselves as a plain script would, and with all that
they send at hand before the clock starts. Each part of the pairs is asked once, so that no cache
knows it. The last line is one JSON object; shares are of pairs per second, medians over rounds.
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
from typing import Any

from PIL.Image import Image

from annotator.asking import ask, load_ahead, plan_of
from annotator.batches import batches
from annotator.engines import Engine, Question
from annotator.engines.chat_api import request_body
from annotator.identity import Annotator
from annotator.pictures import load_questions
from annotator.prompt import build_messages
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.tasks import Task
from pairset.records.pair import PairStatus
from pairset.store import PairSet, create_set, open_set

_COLUMNS = ["pair_id", "source_uri", "target_uri", "status"]

_WARM = 32
"""Pairs that each way is warmed up with."""

Run = Callable[[], None]
Way = Callable[[Sequence[Task]], Run]
"""Makes what it sends ready, and gives what remains to be done."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", help="a set with enough kept pairs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=256, help="asked about in each turn")
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
            *(row[name] for name in ("pair_id", "source_uri", "target_uri")),
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


def _shares(name: str, ways: tuple[Way, Way], turns: "_Turns", rounds: int) -> dict[str, float]:
    """Medians of stage over raw, and of raw pairs per second; first a turn of each to warm up."""
    stage, prepare = ways

    def plain(tasks: Sequence[Task]) -> Run:
        return lambda: prepare(tasks)()

    measured = {"stage": stage, "plain": plain, "at_hand": prepare}
    for way in measured.values():
        way(turns.take(_WARM))()
    found = defaultdict(list)
    for number in range(rounds):
        names = list(measured)[:: 1 if number % 2 else -1]
        rates = {each: _rate(measured[each], turns.take()) for each in names}
        for each in ("plain", "at_hand"):
            found[each].append(rates["stage"] / rates[each])
        found["rate"].append(rates["plain"])
    middle = {each: round(statistics.median(values), 3) for each, values in found.items()}
    return {
        f"stage_over_{name}": middle["plain"],
        f"stage_over_{name}_at_hand": middle["at_hand"],
        f"{name}_pairs_per_second": middle["rate"],
    }


def _rate(way: Way, tasks: Sequence[Task]) -> float:
    run = way(tasks)
    start = time.monotonic()
    run()
    return len(tasks) / (time.monotonic() - start)


def _stage(engine: Engine, annotator: Annotator, settings: AnnotateSettings) -> Way:
    """What ``pairset annotate`` does with pairs, shard by shard."""

    def run(tasks: Sequence[Task]) -> None:
        shards = batches(tasks, settings.pairs_per_shard)
        for shard in load_ahead(shards, settings.max_pixels):
            for _ in ask(engine, annotator, settings, shard):
                pass

    return lambda tasks: partial(run, tasks)


@contextmanager
def _in_process(annotator: Annotator, settings: AnnotateSettings) -> Iterator[tuple[Way, Way]]:
    from annotator.engines.vllm import open_vllm

    with open_vllm(plan_of(annotator, settings)) as engine:
        llm, sampling = engine._model, engine._sampling(annotator.prompt)

        def raw(tasks: Sequence[Task]) -> Run:
            asked = [
                build_messages(annotator.prompt, each.source, each.target, _pillow_part)
                for each in _questions(tasks, settings)
            ]
            return lambda: llm.chat(asked, sampling, use_tqdm=False)

        yield _stage(engine, annotator, settings), raw


@contextmanager
def _through_a_server(
    annotator: Annotator, settings: AnnotateSettings
) -> Iterator[tuple[Way, Way]]:
    from annotator.engines.server import open_server
    from annotator.engines.spawn import spawned_server

    with spawned_server(plan_of(annotator, settings)) as (url, token):
        os.environ["PAIRSET_API_KEY"] = token
        settings = settings.model_copy(update={"server": url, "spawn": False})

        def raw(tasks: Sequence[Task]) -> Run:
            bodies = [
                request_body(
                    annotator.model.name,
                    annotator.prompt,
                    question,
                    settings.max_tokens,
                    settings.guided,
                )
                for question in _questions(tasks, settings)
            ]
            return lambda: asyncio.run(_post(url, token, bodies, settings.concurrency))

        with open_server(plan_of(annotator, settings)) as engine:
            yield _stage(engine, annotator, settings), raw


async def _post(url: str, token: str, bodies: Sequence[dict[str, Any]], concurrency: int) -> None:
    """All of them, so many at once, and nothing but that."""
    import httpx

    free = asyncio.Semaphore(concurrency)
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(
        headers=headers, limits=limits, timeout=300, trust_env=False
    ) as client:

        async def post(body: dict[str, Any]) -> None:
            async with free:
                response = await client.post(f"{url}/chat/completions", json=body)
                response.raise_for_status().json()

        await asyncio.gather(*map(post, bodies))


def _questions(tasks: Sequence[Task], settings: AnnotateSettings) -> list[Question]:
    loaded = load_questions(tasks, settings.max_pixels)
    return [question for question in loaded if isinstance(question, Question)]


def _pillow_part(image: Image) -> dict[str, Any]:
    return {"type": "image_pil", "image_pil": image}


if __name__ == "__main__":
    main()
