"""Every engine for real: the starter, an adapter that it learnt, and exemplars: the same answers.

A vLLM server process, vLLM in a process of its own, and transformers (with PEFT), all in float32,
all started the way a person starts them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from annotator.engines import EnginePlan
from annotator.engines.vllm_options import MissingVllmError, require_vllm
from annotator.pictures import bounded
from annotator.prompting.prompt import load_prompt
from annotator.settings import AnnotateSettings
from annotator.weights.lora_adapters import load_adapter
from annotator.weights.models import load_model
from pairset.app.cli import main
from pairset.images import open_image
from pairset.models.adapter_cards import adapter_folder
from pairset.records import Pair, rows_of
from pairset.rows.annotations import latest_annotations
from pairset.rows.tables import connect_tables, stream_rows
from pairset.store import PairSet
from tests.annotator.shown_set import make_ready
from tests.annotator.small_set import make_set
from tests.finetune.evaluation.reviewed_set import make_reviewed_set

PAIRS = 6
RUN_TIMEOUT_SECONDS = 1200
SETTINGS = ("--dtype", "float32", "--max-tokens", "200")
EXEMPLARS = 2

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:peft"),
    pytest.mark.filterwarnings("ignore::FutureWarning:torch"),
]

Rows = dict[str, dict[str, Any]]
"""Annotations by pair id."""


@dataclass(frozen=True)
class Server:
    """The vLLM server that serves the starter and the adapter."""

    url: str
    token: str


@pytest.fixture(scope="module", autouse=True)
def _vllm() -> None:
    try:
        require_vllm()
    except MissingVllmError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the starter learnt from reviewed pairs, by the command."""
    reviewed = make_reviewed_set(tmp_path_factory.mktemp("reviewed"), pairs=24)
    words = ("--model", "starter", "--name", "mended", "--learning-rate", "1e-3")
    assert main(["train", reviewed.url, *words]) == 0
    return adapter_folder(reviewed, "mended")


@pytest.fixture(scope="module")
def server(adapter: Path) -> Iterator[Server]:
    from annotator.engines.spawn import spawned_server

    settings = AnnotateSettings(set_url="unused", spawn=True, dtype="float32", exemplars=EXEMPLARS)
    plan = EnginePlan(settings, load_model("starter"), load_adapter(str(adapter)))
    with spawned_server(plan) as (url, token):
        yield Server(url, token)


Annotate = Callable[..., Rows]


@pytest.fixture(scope="module")
def annotate(tmp_path_factory: pytest.TempPathFactory) -> Annotate:
    """Annotates the same pairs in a new set with given words on the command line.

    In a process of its own unless told: what vLLM does to its process is not undone.
    """

    def annotate(*words: str, here: bool = False, exit_code: int = 0, **environment: str) -> Rows:
        pair_set = make_set(tmp_path_factory.mktemp("set"), PAIRS)
        make_ready(pair_set)
        arguments = ["annotate", pair_set.url, "--model", "starter", *SETTINGS, *words]
        if here:
            assert main(arguments) == 0
        else:
            done = subprocess.run(
                [sys.executable, "-m", "pairset", *arguments],
                check=False,
                env=os.environ | environment,
                timeout=RUN_TIMEOUT_SECONDS,
            )
            assert done.returncode == exit_code
        return {row["pair_id"]: row for row in latest_annotations(pair_set).to_pylist()}

    return annotate


@pytest.fixture(scope="module")
def plain(annotate: Annotate, server: Server) -> dict[str, Rows]:
    """What each engine says without an adapter."""
    return {
        "transformers": annotate("--engine", "transformers", here=True),
        "vllm": annotate("--engine", "vllm"),
        "server": annotate("--server", server.url, PAIRSET_API_KEY=server.token),
    }


@pytest.fixture(scope="module")
def adapted(annotate: Annotate, server: Server, adapter: Path) -> dict[str, Rows]:
    """What each engine says with the adapter."""
    folder = ("--adapter", str(adapter))
    served = ("--server", server.url, "--adapter", adapter.name)
    return {
        "transformers": annotate("--engine", "transformers", *folder, here=True),
        "vllm": annotate("--engine", "vllm", *folder),
        "server": annotate(*served, PAIRSET_API_KEY=server.token),
    }


@pytest.fixture(scope="module")
def shown(annotate: Annotate, server: Server) -> dict[str, Rows]:
    """What each engine says with exemplars."""
    words = ("--exemplars", str(EXEMPLARS))
    return {
        "transformers": annotate("--engine", "transformers", *words, here=True),
        "vllm": annotate("--engine", "vllm", *words),
        "server": annotate("--server", server.url, *words, PAIRSET_API_KEY=server.token),
    }


def check_agreement(first: Rows, second: Rows) -> None:
    assert set(first) == set(second)
    assert len(first) == PAIRS
    for pair_id, row in first.items():
        other = second[pair_id]
        for column in ("raw_reply", "instruction_en", "instruction_zh", "error_code"):
            assert row[column] == other[column]
        for column in ("tokens_en", "tokens_zh", "finish_reason", "prompt_tokens"):
            assert row[column] == other[column]
        for column in ("logprobs_en", "logprobs_zh"):
            assert row[column] == pytest.approx(other[column], abs=1e-3)


@pytest.mark.parametrize("other", ["vllm", "server"])
def test_engines_give_the_same_answers(plain: dict[str, Rows], other: str) -> None:
    check_agreement(plain["transformers"], plain[other])
    assert {row["engine"] for row in plain[other].values()} == {other}


@pytest.mark.parametrize("other", ["vllm", "server"])
def test_engines_give_the_same_answers_with_an_adapter(
    adapted: dict[str, Rows], other: str
) -> None:
    check_agreement(adapted["transformers"], adapted[other])


@pytest.mark.parametrize("other", ["vllm", "server"])
def test_engines_give_the_same_answers_with_exemplars(shown: dict[str, Rows], other: str) -> None:
    check_agreement(shown["transformers"], shown[other])


def test_exemplars_are_in_the_prompt_that_every_engine_read(
    plain: dict[str, Rows], shown: dict[str, Rows]
) -> None:
    for engine, rows in shown.items():
        for row in rows.values():
            assert len(row["exemplars"]) == EXEMPLARS
            assert row["exemplars"] == shown["transformers"][row["pair_id"]]["exemplars"]
            assert row["prompt_tokens"] > 2 * plain[engine][row["pair_id"]]["prompt_tokens"]


@pytest.mark.parametrize("engine", ["transformers", "vllm", "server"])
def test_the_adapter_changes_what_is_said(
    plain: dict[str, Rows], adapted: dict[str, Rows], engine: str
) -> None:
    without = {pair_id: row["logprobs_en"] for pair_id, row in plain[engine].items()}
    with_it = {pair_id: row["logprobs_en"] for pair_id, row in adapted[engine].items()}
    assert any(with_it[pair] != pytest.approx(without[pair], abs=1e-2) for pair in without)
    assert {row["adapter"] for row in adapted[engine].values()} == {"mended"}


@pytest.mark.parametrize("engine", ["transformers", "vllm", "server"])
def test_every_engine_asks_with_as_many_tokens_as_training_reads(
    adapted: dict[str, Rows], engine: str, adapter: Path, tmp_path: Path
) -> None:
    from finetune.lora.adapted_model import load_learner
    from finetune.lora.conversations import ChatEncoder
    from finetune.settings import TrainSettings

    settings = TrainSettings(set_url="unused")
    learner = load_learner(load_model("starter"), settings, adapter)
    chat_encoder = ChatEncoder(learner.processor, load_prompt("brief"), learner.end_of_turn)
    pairs = rows_of(Pair, make_set(tmp_path, PAIRS).stage("pairs", "drawn").read("00000"))
    images = {
        pair.pair_id: [
            bounded(open_image(uri), settings.max_pixels)
            for uri in (pair.source_uri, pair.target_uri)
        ]
        for pair in pairs
        if pair.pair_id in adapted[engine]
    }
    assert {pair_id: row["prompt_tokens"] for pair_id, row in adapted[engine].items()} == {
        pair_id: chat_encoder.prompt_inputs(*both)["input_ids"].shape[1]
        for pair_id, both in images.items()
    }


def test_a_prompt_over_the_context_is_a_row_and_stops_no_run(annotate: Annotate) -> None:
    rows = annotate("--engine", "vllm", "--prompt", "full", exit_code=1)  # as all of them fail
    assert {row["error_code"] for row in rows.values()} == {"request_rejected"}
    assert len(rows) == PAIRS


def test_the_starter_writes_instructions_with_their_evidence(plain: dict[str, Rows]) -> None:
    for row in plain["vllm"].values():
        assert row["error_code"] is None
        assert 0 < row["confidence"] <= 1
        assert "".join(row["tokens_en"]) == row["instruction_en"]
        assert "".join(row["tokens_zh"]) == row["instruction_zh"]


PROBE = ("--evidence", "critic", "--evidence", "contrasts", "--evidence", "samples")


@pytest.fixture(scope="module")
def probed(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Rows, dict[str, dict[tuple[str, str], dict[str, Any]]]]:
    """Annotations by transformers, and what each engine says of them, by annotation and kind."""
    pair_set = make_set(tmp_path_factory.mktemp("set"), PAIRS)
    words = ("--model", "starter", "--engine", "transformers", *SETTINGS)
    assert main(["annotate", pair_set.url, *words]) == 0
    others = {
        engine: PairSet(str(shutil.copytree(pair_set.url, f"{pair_set.url}-{engine}")))
        for engine in ("vllm", "server")
    }
    assert main(["probe", pair_set.url, *PROBE]) == 0
    served = ("--server", server.url, "--prompt", "brief")
    for engine, flags in (("vllm", ("--engine", "vllm")), ("server", served)):
        subprocess.run(
            [sys.executable, "-m", "pairset", "probe", others[engine].url, *PROBE, *flags],
            check=True,
            env=os.environ | {"PAIRSET_API_KEY": server.token},
            timeout=RUN_TIMEOUT_SECONDS,
        )
    rows = {row["annotation_id"]: row for row in latest_annotations(pair_set).to_pylist()}
    return rows, {
        engine: probes_of(each) for engine, each in (("transformers", pair_set), *others.items())
    }


def probes_of(pair_set: PairSet) -> dict[tuple[str, str], dict[str, Any]]:
    with connect_tables(pair_set) as tables:
        return {
            (row["annotation_id"], row["kind"]): row for row in stream_rows(tables, "FROM probes")
        }


@pytest.mark.parametrize("other", ["vllm", "server"])
def test_engines_say_the_same_when_asked_again(probed: Any, other: str) -> None:
    _, said = probed
    kinds = {"critic", "swapped", "source_twice", "blank_target", "sample"}
    assert {kind for _, kind in said["transformers"]} == kinds
    for place, row in said["transformers"].items():
        again = said[other][place]
        assert (row["error_code"], again["error_code"]) == (None, None)
        assert (row["engine"], again["engine"]) == ("transformers", other)
        if row["kind"] == "critic":
            assert row["p_yes"] == pytest.approx(again["p_yes"], abs=1e-3)
        elif row["kind"] != "sample":
            assert row["logprobs"] == pytest.approx(again["logprobs"], abs=1e-3)


def test_a_reply_that_is_scored_has_the_log_probabilities_it_was_written_with(probed: Any) -> None:
    rows, said = probed
    scored = {name: row for (name, kind), row in said["server"].items() if kind == "as_it_is"}

    assert set(scored) == set(rows)
    for name, row in scored.items():
        assert row["logprobs"] == pytest.approx(rows[name]["logprobs_en"], abs=1e-3)


def test_samples_are_replies_of_the_model(probed: Any) -> None:
    rows, said = probed
    for engine in said:
        drawn = {name: row for (name, kind), row in said[engine].items() if kind == "sample"}
        assert set(drawn) == set(rows)
        same = [row["edit_type"] == rows[name]["edit_type"] for name, row in drawn.items()]
        assert sum(same) >= PAIRS - 2, "the starter is sure of these edits"
