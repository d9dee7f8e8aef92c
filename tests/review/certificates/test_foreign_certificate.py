"""A certificate that somebody wrote is held against the verdicts of its set."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pairset.records import Verdict, rows_of, table_of
from pairset.store import PairSet
from tests.review.offline.annotated_set import make_annotated_set
from tests.review.offline.test_certified_triage import PAIRS, add_pairs, certify, counts, triage

Lie = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def certified_once(tmp_path_factory: pytest.TempPathFactory) -> PairSet:
    pair_set = make_annotated_set(tmp_path_factory.mktemp("certified"), PAIRS)
    certify(pair_set)
    assert counts(pair_set)["accepted above_threshold"]
    return pair_set


@pytest.fixture
def certified(certified_once: PairSet, tmp_path: Path) -> PairSet:
    shutil.copytree(certified_once.root, tmp_path / "set")
    return PairSet(str(tmp_path / "set"))


def kept_file(pair_set: PairSet, name: str = "certificate.json") -> Path:
    current = pair_set.current("triage")
    assert current is not None
    return Path(current.path, name)


def last_test(certificate: dict[str, Any]) -> dict[str, Any]:
    level = certificate["sequence"]["level"]
    passed = [test for test in certificate["sequence"]["tests"] if test["p_value"] <= level]
    last: dict[str, Any] = passed[-1]
    return last


def lower_threshold(certificate: dict[str, Any]) -> None:
    last_test(certificate)["threshold"] = 0.0


def threshold_below_zero(certificate: dict[str, Any]) -> None:
    last_test(certificate)["threshold"] = -1.0


def fewer_errors(certificate: dict[str, Any]) -> None:
    last_test(certificate)["verdicts"] += 50


def smaller_p_value(certificate: dict[str, Any]) -> None:
    last_test(certificate)["p_value"] = 1e-12


def another_level(certificate: dict[str, Any]) -> None:
    certificate["sequence"]["level"] = 0.5


def no_tests(certificate: dict[str, Any]) -> None:
    certificate["sequence"] = None


def ids_of_no_verdict(certificate: dict[str, Any]) -> None:
    names = certificate["tested_on"]
    certificate["tested_on"] = [f"{number:032x}" for number in range(len(names))]


def one_id_many_times(certificate: dict[str, Any]) -> None:
    names = certificate["tested_on"]
    certificate["tested_on"] = [names[0]] * len(names)


LIES = [
    *(lower_threshold, threshold_below_zero, fewer_errors, smaller_p_value, another_level),
    *(no_tests, ids_of_no_verdict, one_id_many_times),
]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_what_follows_from_its_verdicts_stands(certified: PairSet, seed: str) -> None:
    before = counts(certified)["accepted above_threshold"]
    assert triage(certified, "--seed", seed) == 0
    add_pairs(certified, lambda pair: pair)
    assert triage(certified) == 0
    assert counts(certified)["accepted above_threshold"] > before


def test_nothing_is_accepted_under_any_lie(
    certified: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept_file(certified)
    honest, pointer = path.read_text(), Path(certified.root, "triage", "CURRENT")
    key = pointer.read_text()
    for lie in LIES:
        document = json.loads(honest)
        lie(document)
        path.write_text(json.dumps(document))
        pointer.write_text(key)

        assert triage(certified) == 1, lie
        assert "does not follow from its verdicts" in capsys.readouterr().err
        assert counts(certified) == {"review does_not_follow": PAIRS}, lie
    assert triage(certified) == 1  # and it is said until there are other verdicts


def test_verdicts_that_were_revised_take_their_certificate_with_them(certified: PairSet) -> None:
    stage = certified.stage("verdicts", "reviews")
    for shard in stage.shards():
        verdicts = list(rows_of(Verdict, stage.read(shard)))
        stage.write(shard, table_of(Verdict, [without_praise(verdict) for verdict in verdicts]))

    assert triage(certified) == 1
    assert counts(certified) == {"review does_not_follow": PAIRS}


def without_praise(verdict: Verdict) -> Verdict:
    return replace(verdict, decision="reject")


@pytest.mark.parametrize("content", [b"{", b'{"certificate": 1}', b"[" * 100_000])
@pytest.mark.parametrize("name", ["certificate.json", "calibration.json", "gate.json"])
def test_a_file_of_the_certificate_that_is_junk_is_named(
    tmp_path: Path, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = make_annotated_set(tmp_path, 30)
    triage(pair_set)
    path = kept_file(pair_set, name)
    if name == "gate.json":
        certificate = json.loads(kept_file(pair_set).read_text())
        kept_file(pair_set).write_text(json.dumps(certificate | {"floor": 0.5}))
    path.write_bytes(content)

    assert triage(pair_set) == 1

    said = capsys.readouterr().err
    assert str(path) in said
    assert "not foreseen" not in said


def strange_number(models: list[dict[str, Any]]) -> None:
    models[0]["scales"]["shoe_size"] = {"mean": 0.0, "deviation": 1.0}


def no_deviation(models: list[dict[str, Any]]) -> None:
    for model in models:
        model["scales"] |= {"confidence": {"mean": 0.0, "deviation": 0.0}}


def endless_intercept(models: list[dict[str, Any]]) -> None:
    models[1]["intercept"] = float("nan")


def one_model_only(models: list[dict[str, Any]]) -> None:
    del models[1:]


@pytest.mark.parametrize("lie", [strange_number, no_deviation, endless_intercept, one_model_only])
def test_a_calibration_that_cannot_be_applied_is_named(
    tmp_path: Path,
    lie: Callable[[list[dict[str, Any]]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    pair_set = make_annotated_set(tmp_path, 30)
    triage(pair_set)
    path = kept_file(pair_set, "calibration.json")
    models = json.loads(path.read_text())
    lie(models)
    path.write_text(json.dumps(models))

    assert triage(pair_set) == 1
    assert str(path) in capsys.readouterr().err
