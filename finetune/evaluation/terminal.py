"""The figures as tables on the terminal."""

from collections.abc import Sequence

from finetune.evaluation.judge import JudgeAgreement
from finetune.evaluation.scores import AnnotatorFigures, EvaluationFigures, Match
from finetune.measures.intervals import Estimate
from finetune.measures.texts import LANGUAGES
from pairset.terminal.console import say, say_table

_LANGUAGE_NAMES = {"en": "English", "zh": "Chinese"}
_MEASURE_NAMES = {
    "exact_en": "exact en",
    "exact_zh": "exact zh",
    "edit_type_right": "edit type",
    "is_changed_right": "change seen",
}


def say_figures(figures: EvaluationFigures) -> None:
    """Print all that fits a terminal; the page and --json hold the rest."""
    if figures.judge:
        _say_judge(figures.judge, figures.references.judges.the)
    say(
        f"{figures.pairs} held-out pairs of {figures.scenes} scenes; intervals hold 95 % and come "
        f"from drawing scenes {figures.bootstrap_draws} times."
    )
    say(f"Measured on {figures.references.in_words}.")
    if figures.known_scenes:
        say(
            f"Left out: {figures.known_pairs} pairs of {figures.known_scenes} held-out scenes "
            "that one of the adapters was trained on."
        )
    if figures.left_out:
        say(f"Not compared, as they annotated none of these pairs: {', '.join(figures.left_out)}.")
    for note in figures.notes:
        say(note)
    _say_annotators(figures.annotators)
    _say_texts(figures.annotators)
    _say_calibration(figures.annotators)
    _say_slices(figures.annotators, "by_edit_type", "By edit type")
    _say_slices(figures.annotators, "by_error_type", _found_wrong(figures))
    if figures.matches:
        _say_matches(figures.matches)


def _found_wrong(figures: EvaluationFigures) -> str:
    return f"By what {figures.references.judges.the} found wrong"


def _say_judge(judge: JudgeAgreement, reviewers: str) -> None:
    same = f"{judge.judged_same_of_those} of {judge.left_as_they_were}"
    different = f"{judge.judged_different_of_those} of {judge.corrected}"
    say_table(
        f"The judge {judge.model} against {reviewers.rstrip(',')}, {judge.pairs} pairs",
        ["Cohen's kappa", "same where accepted", "different where corrected", "no answer"],
        [[judge.kappa, same, different, judge.unanswered]],
    )


def _say_annotators(annotators: Sequence[AnnotatorFigures]) -> None:
    judged = any(each.judged_same for each in annotators)
    say_table(
        "Right, in per cent",
        ["annotator", *_MEASURE_NAMES.values(), *(["or the same"] if judged else []), "failed"],
        [
            [
                each.name,
                *(percent(each.means[measure]) for measure in _MEASURE_NAMES),
                *([percent(each.judged_same)] if judged else []),
                each.failed,
            ]
            for each in annotators
        ],
    )


def _say_texts(annotators: Sequence[AnnotatorFigures]) -> None:
    rows = [
        [
            each.name,
            _LANGUAGE_NAMES[language],
            _number(each.means[f"chrf_{language}"], 0),
            _rounded(each.corpus[language].bleu, 1),
            _number(each.means[f"rouge_l_{language}"], 2),
            _rounded(each.corpus[language].cider, 2),
        ]
        for each in annotators
        for language in LANGUAGES
    ]
    say_table("Words", ["annotator", "language", "chrF", "BLEU-4", "ROUGE-L", "CIDEr-D"], rows)


def _say_calibration(annotators: Sequence[AnnotatorFigures]) -> None:
    rows = [
        [
            each.name,
            each.calibration.rows,
            each.calibration.calibration_error,
            each.calibration.brier,
            _number(each.calibration.auroc, 2),
            each.calibration.area_under_risk,
        ]
        for each in annotators
    ]
    header = ["annotator", "replies", "ECE", "Brier", "AUROC", "area under risk"]
    say_table("Confidence that the English is exact", header, rows)


def _say_slices(annotators: Sequence[AnnotatorFigures], field: str, title: str) -> None:
    """One row for each slice, one column of exact English for each annotator."""
    first = getattr(annotators[0], field)
    shares = [
        [percent(part.means["exact_en"]) for part in getattr(each, field)] for each in annotators
    ]
    say_table(
        f"{title}: English exact, in per cent",
        ["", "pairs", "scenes", *(each.name for each in annotators)],
        [
            [part.name, part.pairs, part.scenes, *cells]
            for part, *cells in zip(first, *shares, strict=True)
        ],
    )


def _say_matches(matches: Sequence[Match]) -> None:
    rows = [
        [
            match.name,
            match.against,
            _MEASURE_NAMES[measure],
            points(found.difference),
            found.gained,
            found.lost,
            p_value(found.p_value),
        ]
        for match in matches
        for measure, found in match.measures.items()
    ]
    header = ["annotator", "against", "measure", "points", "gained", "lost", "p"]
    say_table("Pair by pair, in percentage points, with exact McNemar p", header, rows)


def percent(estimate: Estimate | None) -> str:
    """A share in per cent with its interval: ``84 [71–93]``."""
    if estimate is None:
        return "–"
    value = f"{100 * estimate.value:.0f}"
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{100 * estimate.low:.0f}–{100 * estimate.high:.0f}]"


def points(estimate: Estimate | None) -> str:
    """A difference of shares in percentage points, with its interval."""
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{100 * estimate.value:+.0f}"
    return f"{100 * estimate.value:+.0f} [{100 * estimate.low:+.0f},{100 * estimate.high:+.0f}]"


def p_value(value: float | None) -> str:
    """Three digits, and never a plain zero."""
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _number(estimate: Estimate | None, digits: int) -> str:
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}f}"
    interval = f"[{estimate.low:.{digits}f}–{estimate.high:.{digits}f}]"
    return f"{estimate.value:.{digits}f} {interval}"


def _rounded(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
