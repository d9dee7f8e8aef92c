"""The table of verbs, in the order a datum meets them. Nothing here is imported before its use."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One subcommand: where its settings and its function live."""

    name: str
    """One word, or two: ``review push``."""
    summary: str
    settings: str
    """``module:Class`` of its settings model."""
    function: str
    """``module:function`` taking those settings."""
    answers: bool = False
    """What it prints is what was asked for: ``--quiet`` leaves it."""
    reads_only: bool = False
    """It leaves nothing in the set, no log either."""


VERBS = (
    Verb(
        "mine",
        "find related pairs in a corpus of images",
        "clustering.settings:MineSettings",
        "clustering.mine:mine",
    ),
    Verb(
        "annotate",
        "write an editing instruction for each kept pair",
        "annotator.settings:AnnotateSettings",
        "annotator.annotate:annotate",
    ),
    Verb(
        "probe",
        "ask a model again about annotations: more evidence",
        "annotator.settings:ProbeSettings",
        "annotator.probe:probe",
    ),
    Verb(
        "direction",
        "compare image changes with caption changes: more evidence",
        "clustering.settings:DirectionSettings",
        "clustering.direction:direction",
    ),
    Verb(
        "triage",
        "accept sure annotations, queue doubtful ones for people",
        "review.settings:TriageSettings",
        "review.triage:triage",
    ),
    Verb(
        "review serve",
        "start Label Studio for a set and print the link to it",
        "review.settings:ServeSettings",
        "review.serve:serve",
        answers=True,
    ),
    Verb(
        "review push",
        "send the queued pairs to Label Studio",
        "review.settings:PushSettings",
        "review.push:push",
    ),
    Verb(
        "review pull",
        "fetch the reviewers' verdicts",
        "review.settings:PullSettings",
        "review.pull:pull",
    ),
    Verb(
        "review agreement",
        "show how far reviewers agree, and what needs another look",
        "review.settings:AgreementSettings",
        "review.agreement:agreement",
        answers=True,
    ),
    Verb(
        "train",
        "fine-tune a model on the reviewed pairs: a LoRA adapter",
        "finetune.settings:TrainSettings",
        "finetune.train:train",
    ),
    Verb(
        "evaluate",
        "measure annotators on reviewed pairs that nobody trained on",
        "finetune.settings:EvaluateSettings",
        "finetune.evaluate:evaluate",
        answers=True,
    ),
    Verb(
        "adapters",
        "list the adapters that were trained in a set",
        "finetune.settings:AdaptersSettings",
        "finetune.adapters:adapters",
        answers=True,
        reads_only=True,
    ),
    Verb(
        "merge",
        "merge an adapter and its base into one plain checkpoint",
        "finetune.settings:MergeSettings",
        "finetune.merge:merge",
    ),
    Verb(
        "status",
        "show counts, failures by reason, and the yield of each gate",
        "pairset.app.status.settings:StatusSettings",
        "pairset.app.status.show:status",
        answers=True,
        reads_only=True,
    ),
    Verb(
        "report",
        "write a page with the pairs and the funnel of gates",
        "pairset.app.report.settings:ReportSettings",
        "pairset.app.report.report:report",
    ),
    Verb(
        "sql",
        "query the set's tables through DuckDB",
        "pairset.app.sql.settings:SqlSettings",
        "pairset.app.sql.query:sql",
        answers=True,
        reads_only=True,
    ),
    Verb(
        "demo",
        "run mining and annotation on a small planted corpus",
        "pairset.app.demo.settings:DemoSettings",
        "pairset.app.demo.stages:demo",
    ),
    Verb(
        "doctor",
        "show what is installed, what runs here, what to install",
        "pairset.app.doctor.settings:DoctorSettings",
        "pairset.app.doctor.diagnosis:doctor",
        answers=True,
        reads_only=True,
    ),
    Verb(
        "completion",
        "print the script that completes pairset in a shell",
        "pairset.app.completion.settings:CompletionSettings",
        "pairset.app.completion.scripts:completion",
        answers=True,
        reads_only=True,
    ),
)


def find_verb(words: Sequence[str]) -> tuple[Verb | None, Sequence[str]]:
    """The verb that a command line begins with, and the words after it."""
    for length in (2, 1):
        name = " ".join(words[:length])
        found = next((verb for verb in VERBS if verb.name == name), None)
        if found:
            return found, words[length:]
    return None, words


def verbs_under(word: str) -> list[Verb]:
    """The verbs of two words that begin with this one."""
    return [verb for verb in VERBS if verb.name.startswith(f"{word} ")]
