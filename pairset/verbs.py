"""The table of verbs, in the order a datum meets them. Nothing here is imported before its use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One subcommand: where its settings and its function live."""

    name: str
    summary: str
    settings: str
    """``module:Class`` of its settings model."""
    function: str
    """``module:function`` taking those settings."""


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
        "status",
        "counts, failures by reason, and the yield of every gate",
        "pairset.status.settings:StatusSettings",
        "pairset.status.show:status",
    ),
    Verb(
        "report",
        "a page with the pairs side by side and the funnel of gates",
        "pairset.report.settings:ReportSettings",
        "pairset.report.page:report",
    ),
    Verb(
        "sql",
        "query the set's tables through DuckDB",
        "pairset.sql.settings:SqlSettings",
        "pairset.sql.query:sql",
    ),
    Verb(
        "demo",
        "build a small corpus with planted edits, mine and annotate it, and measure the result",
        "pairset.demo.settings:DemoSettings",
        "pairset.demo.run:demo",
    ),
    Verb(
        "doctor",
        "what is installed, what can run here, and what to install for the rest",
        "pairset.doctor.settings:DoctorSettings",
        "pairset.doctor.diagnosis:doctor",
    ),
)
