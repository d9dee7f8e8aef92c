"""The verb ``pairset evaluate``: what annotators are worth on pairs that nobody trained on."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from itertools import chain

from finetune.evaluation.contest import Contest, hold_contest
from finetune.evaluation.evaluation_page import write_page
from finetune.evaluation.judge import Judge, JudgeAgreement, agreement_with_reviewers, judge_rows
from finetune.evaluation.scores import figures_of
from finetune.evaluation.terminal import say_figures
from finetune.examples.make import make_examples, stages_behind_examples
from finetune.examples.split import SplitRule
from finetune.settings import EvaluateSettings
from pairset.errors import MissingExtraError, SettingsError
from pairset.locking.locks import writing
from pairset.records import Evaluation, Example, table_of
from pairset.records.ids import content_id
from pairset.rows.freshness import complain_of_lags
from pairset.store import PairSet, open_set
from pairset.terminal.console import say, say_json

_PACKAGES = {
    "sacrebleu": "sacrebleu",
    "rouge_score": "rouge-score",
    "pycocoevalcap": "pycocoevalcap",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}


def evaluate(settings: EvaluateSettings) -> None:
    """Measure, keep the rows in the set, write the page, and print the figures.

    Raises MissingStageError where there is nothing to compare on, SettingsError for annotators
    that the set does not know, MissingExtraError without the packages that measure.
    """
    _check_packages()
    judge = _judge_of(settings)
    pair_set = open_set(settings.set_url)
    with writing(pair_set, settings.verb):
        _evaluate(pair_set, settings, judge)


def _evaluate(pair_set: PairSet, settings: EvaluateSettings, judge: Judge | None) -> None:
    rule = SplitRule(settings.held_out_share, settings.split_seed)
    examples = make_examples(pair_set, rule, settings.include_auto)
    complain_of_lags(pair_set, *stages_behind_examples(settings.include_auto))
    pair_set.save_run("evaluate", settings.model_dump(mode="json"))
    contest = hold_contest(pair_set, examples, settings.adapters)
    contest, agreement = _judged(judge, contest, examples, settings.judge_pairs)
    figures = figures_of(
        contest, settings.against, agreement, settings.bootstrap_draws, settings.seed
    )
    save_evaluations(pair_set, list(chain.from_iterable(contest.rows.values())))
    page = write_page(pair_set, figures, contest, examples, settings)
    if settings.json_output:
        say_json(asdict(figures))
    else:
        say_figures(figures)
        say(page)


def save_evaluations(pair_set: PairSet, rows: Sequence[Evaluation]) -> str:
    """Keep them as the set's table ``evaluations``; returns its key, a hash of all they say."""
    key = content_id("evaluations", *map(repr, rows))
    stage = pair_set.stage("evaluations", key)
    if not stage.is_finished("00000"):
        stage.write("00000", table_of(Evaluation, rows))
    pair_set.publish("evaluations", key)
    return key


def _check_packages() -> None:
    for module, package in _PACKAGES.items():
        if find_spec(module) is None:
            raise MissingExtraError(package, "train")


def _judge_of(settings: EvaluateSettings) -> Judge | None:
    if settings.judge_server is None and settings.judge_model is None:
        return None
    if settings.judge_server is None or settings.judge_model is None:
        raise SettingsError("A judge needs both --judge-server URL and --judge-model NAME.")
    return Judge(settings.judge_server, settings.judge_model)


def _judged(
    judge: Judge | None, contest: Contest, examples: Sequence[Example], most: int
) -> tuple[Contest, JudgeAgreement | None]:
    if judge is None:
        return contest, None
    agreement = agreement_with_reviewers(judge, examples, most)
    judged = iter(judge_rows(judge, list(chain.from_iterable(contest.rows.values()))))
    rows = {each: [next(judged) for _ in rows] for each, rows in contest.rows.items()}
    return replace(contest, rows=rows), agreement
