"""The verb ``pairset probe``: annotations → more questions → evidence beyond the reply itself."""

from annotator.chunks import batches
from annotator.engines import EnginePlan, open_engine
from annotator.probing.asking import probe_targets
from annotator.probing.targets import PendingProbes, drawing_seed, pending_probes
from annotator.probing.witness import Witness, find_witness
from annotator.prompting.reply import OF_THE_SERVER
from annotator.settings import ProbeSettings
from pairset.locking.locks import writing
from pairset.outcome import failures_of
from pairset.rows.annotations import annotations_to_follow
from pairset.rows.freshness import ANNOTATIONS, complain_of_lags
from pairset.running.progress import progress
from pairset.running.shards import Counts
from pairset.store import Stage, open_set
from pairset.terminal.console import say


def probe(settings: ProbeSettings) -> None:
    """Ask every question about the annotations that readers follow that is not answered yet.

    Each shard is there whole or not at all; the same command goes on where another one ended.
    Raises MissingStageError where nothing is annotated; NothingAnsweredError or EngineDownError,
    after all is written, where every question failed.
    """
    pair_set = open_set(settings.set_url)
    annotations = annotations_to_follow(pair_set)
    complain_of_lags(pair_set, ANNOTATIONS)
    witness = find_witness(pair_set, annotations, settings)
    with writing(pair_set, settings.verb, witness.key):
        pending = pending_probes(pair_set, witness)
        pair_set.save_run(f"probe-{witness.key}", witness.settings.model_dump(mode="json"))
        say(_opening_words(witness, pending))
        counts = _ask(witness, pending) if pending.targets else Counts()
    _close(pair_set.stage("probes", witness.key), pending, counts)


def _ask(witness: Witness, pending: PendingProbes) -> Counts:
    """Shard by shard, with one engine."""
    annotator, settings = witness.annotator, witness.settings
    seed = drawing_seed(pending, settings.seed)
    plan = EnginePlan(settings, annotator.model, annotator.adapter, seed)
    counts = Counts()
    with open_engine(annotator.engine, plan) as engine:
        rows = (
            count
            for shard in batches(pending.targets, settings.pairs_per_shard)
            for count in probe_targets(engine, witness, shard)
        )
        for count in progress(rows, "probe", total=pending.questions, unit="question"):
            counts += count
    return counts


def _opening_words(witness: Witness, pending: PendingProbes) -> str:
    annotator = witness.annotator
    adapter = f" with adapter {annotator.adapter.name}" if annotator.adapter else ""
    who = "who wrote them" if witness.is_author else "who did not write them"
    return (
        f"{pending.questions} questions about {len(pending.targets)} of {pending.annotations} "
        f"annotations to {annotator.model.name}{adapter}, {who}, through {annotator.engine}."
    )


def _close(stage: Stage, pending: PendingProbes, counts: Counts) -> None:
    """Say how it ended, and why what was asked now failed."""
    failed = counts.failures + pending.failed
    words = f"{counts.rows - counts.failures} questions answered, {failed} without an answer."
    if not failed:
        say(words)
        return
    asked = {each.probe_id for target in pending.targets for each in target.wanted}
    failures = failures_of(stage, "probe_id", asked)
    reasons = f" Reasons: {failures.in_words}." if failures.counts else ""
    say(f"{words}{reasons} Ask those again with --retry-failed.")
    if counts.failures == counts.rows > 0:
        raise failures.as_error(f"None of the {counts.rows} questions was answered", OF_THE_SERVER)
