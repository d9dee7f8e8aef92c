"""What is still to be asked again: annotations less the questions that were answered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from annotator.probing.witness import Witness
from annotator.settings import ProbeSettings
from annotator.tasks import PLACES, Task, placed_tasks
from pairset.records.ids import content_id
from pairset.records.probe import ProbeKind, probe_id_of
from pairset.rows.probes import latest_probes
from pairset.rows.tables import connect_tables, stream_rows
from pairset.store import PairSet

_CONTRASTS = (ProbeKind.SWAPPED, ProbeKind.SOURCE_TWICE, ProbeKind.BLANK_TARGET)
_OF_THE_TASK = ("annotation_id", *PLACES)
_ANNOTATED = """
    SELECT annotation_id, pair_id, source_uri, target_uri, source_id, target_id,
        raw_reply, instruction_en, completion_tokens
    FROM annotations JOIN (FROM pairs WHERE status = 'kept') USING (pair_id)
    WHERE annotations.error_code IS NULL AND is_changed IS DISTINCT FROM false
        AND coalesce(confidence, 0) BETWEEN {least} AND {most}
    ORDER BY annotation_id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One question that is to be asked about an annotation."""

    kind: ProbeKind
    number: int
    probe_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Target:
    """An annotation, and what is to be asked about it."""

    task: Task
    reply: str
    """As the annotator wrote it."""
    instruction_en: str
    reply_tokens: int | None
    """How many the reply had."""
    wanted: tuple[Wanted, ...]

    def wanting(self, *kinds: ProbeKind) -> list[Wanted]:
        return [each for each in self.wanted if each.kind in kinds]


@dataclass(frozen=True, slots=True)
class PendingProbes:
    """What a witness has left to say."""

    targets: list[Target]
    annotations: int
    """About which it is asked at all."""
    failed: int
    """Questions whose latest answer failed and that are not asked again."""

    @property
    def questions(self) -> int:
        return sum(len(target.wanted) for target in self.targets)


def pending_probes(pair_set: PairSet, witness: Witness) -> PendingProbes:
    """Every question without an answer, by annotation, in a fixed order.

    Asked about are annotations of kept pairs with an instruction and a change. With
    ``retry_failed`` questions whose latest answer failed are asked once more.
    """
    settings = witness.settings
    answered = latest_probes(pair_set.stage("probes", witness.key))
    targets, annotations, failed = [], 0, 0
    for row in _annotated(pair_set, settings):
        annotations += 1
        wanted = []
        for kind, number in _questions(witness):
            probe_id = _probe_id(witness, row["annotation_id"], kind, number)
            attempt, has_failed = answered.get(probe_id, (0, False))
            if not attempt or (has_failed and settings.retry_failed):
                wanted.append(Wanted(kind, number, probe_id, attempt + 1))
            elif has_failed:
                failed += 1
        if wanted:
            task = Task(**{name: row[name] for name in _OF_THE_TASK})
            reply, instruction = row["raw_reply"], row["instruction_en"]
            target = Target(task, reply, instruction, row["completion_tokens"], tuple(wanted))
            targets.append(target)
    targets = targets[: settings.limit]
    tasks = placed_tasks(pair_set, [target.task for target in targets])
    placed = [replace(target, task=task) for target, task in zip(targets, tasks, strict=True)]
    return PendingProbes(placed, annotations, failed)


def drawing_seed(pending: PendingProbes, seed: int) -> int:
    """Seed of replies at random: another one for those that come after others, 31 bits."""
    wanted = (each.probe_id for target in pending.targets for each in target.wanted)
    return int(content_id("draws", str(seed), *wanted)[:8], 16) >> 1


def _questions(witness: Witness) -> list[tuple[ProbeKind, int]]:
    """Kind and number of everything that is asked about each annotation."""
    evidence = witness.settings.evidence
    asked: list[tuple[ProbeKind, int]] = []
    if "samples" in evidence:
        asked += [(ProbeKind.SAMPLE, number) for number in range(witness.settings.samples)]
    if "critic" in evidence:
        asked.append((ProbeKind.CRITIC, 0))
    if "contrasts" in evidence:
        # The annotator's own log-probabilities are in the annotation already.
        straight = () if witness.is_author else (ProbeKind.AS_IT_IS,)
        asked += [(kind, 0) for kind in (*straight, *_CONTRASTS)]
    return asked


def _probe_id(witness: Witness, annotation_id: str, kind: ProbeKind, number: int) -> str:
    """Samples at another temperature are others; nothing else is drawn."""
    drawn = f" at {witness.settings.temperature}" if kind is ProbeKind.SAMPLE else ""
    return probe_id_of(witness.key, annotation_id, f"{kind}{drawn}", number)


def _annotated(pair_set: PairSet, settings: ProbeSettings) -> Iterator[dict[str, Any]]:
    bounds = {"least": settings.least_confidence, "most": settings.most_confidence}
    with connect_tables(pair_set) as tables:
        yield from stream_rows(tables, _ANNOTATED.format(**bounds))
