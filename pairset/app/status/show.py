"""Print what there is to know about a set."""

from dataclasses import asdict

from pairset.app.status.counts import SetFigures, StageFigures, read_figures
from pairset.app.status.funnel import GateYield
from pairset.app.status.settings import StatusSettings
from pairset.rows.freshness import ANNOTATIONS, CONSENSUS, TRIAGE, complain_of_lags
from pairset.rows.tables import connect_tables
from pairset.store import open_set
from pairset.terminal.console import say_json, say_table

_RUNS_SHOWN = 5


def status(settings: StatusSettings) -> None:
    """Show how far the set has come, what failed, and what every gate let through."""
    pair_set = open_set(settings.set_url)
    complain_of_lags(pair_set, ANNOTATIONS, TRIAGE, CONSENSUS)
    with connect_tables(pair_set) as connection:
        figures = read_figures(pair_set, connection)
    if settings.json_output:
        say_json(asdict(figures))
    else:
        _say_figures(figures)


def _say_figures(figures: SetFigures) -> None:
    say_table(
        "Stages",
        ["stage", "rows", "failures", "shards"],
        [[s.stage, s.rows, s.failures, _shards_in_words(s)] for s in figures.stages],
    )
    if figures.failures:
        rows = [[f.stage, f.reason, f.count] for f in figures.failures]
        say_table("Failures by reason", ["stage", "reason", "rows"], rows)
    if figures.funnel:
        gates = [[_gate_in_words(g), g.count, f"{g.share:.1%}", g.left] for g in figures.funnel]
        candidates = sum(gate.count for gate in figures.funnel)
        title = f"Gates, {candidates} candidates"
        say_table(title, ["status", "pairs", "share", "left"], gates)
    if figures.edit_types:
        say_table("Edit types", ["edit type", "annotations"], list(figures.edit_types.items()))
    if figures.confidence_quantiles:
        names, values = zip(*figures.confidence_quantiles.items(), strict=True)
        say_table("Confidence", names, [values])
    if figures.triage:
        say_table("Triage", ["queue", "annotations"], list(figures.triage.items()))
    if figures.decisions:
        rows = [[d.reviewer, d.decision, d.count] for d in figures.decisions]
        say_table("Verdicts", ["reviewer", "decision", "verdicts"], rows)
    if figures.audit.queued:
        audit = figures.audit
        row = [audit.queued, audit.reviewed, audit.accepted]
        say_table("Audit of sure annotations", ["queued", "reviewed", "accepted"], [row])
    if figures.unchanged_audit.queued:
        audit = figures.unchanged_audit
        row = [audit.queued, audit.reviewed, audit.accepted]
        say_table('Audit of "no change"', ["queued", "reviewed", "accepted"], [row])
    if figures.runs:
        runs = [[run.name, run.started] for run in figures.runs[-_RUNS_SHOWN:]]
        say_table("Latest runs", ["run", "started"], runs)


def _gate_in_words(gate: GateYield) -> str:
    return f"{gate.status}, unseen" if gate.unseen else gate.status


def _shards_in_words(stage: StageFigures) -> str:
    if stage.shards_planned is None:
        return str(stage.shards_finished)
    return f"{stage.shards_finished} of {stage.shards_planned}"
