"""What a model said when it was asked again about an annotation."""

from dataclasses import dataclass
from enum import StrEnum

from pairset.records.ids import content_id
from pairset.records.table import Float32, Int32, Record


class ProbeKind(StrEnum):
    """What was asked."""

    CRITIC = "critic"
    """Whether the instruction is true, complete and not reversed."""
    SAMPLE = "sample"
    """The question of the annotation, answered at random instead of greedily."""
    AS_IT_IS = "as_it_is"
    """How likely the instruction is to a model that did not write it."""
    SWAPPED = "swapped"
    """How likely the instruction is with the two images exchanged."""
    SOURCE_TWICE = "source_twice"
    """How likely it is where the target is the source again."""
    BLANK_TARGET = "blank_target"
    """How likely it is where the target is a grey area."""
    DIRECTION = "direction"
    """Whether the images change as their captions do; asked of an encoder with a text tower."""


@dataclass(frozen=True, slots=True)
class Probe(Record):
    """One question about one annotation, and what came of it."""

    probe_id: str
    """Hash of the run of probes, the annotation, the kind and the number."""
    annotation_id: str
    pair_id: str
    kind: str
    """One of ``ProbeKind``."""
    number: Int32
    """Of the sample, from 0; 0 for all other kinds."""
    attempt: Int32
    """1, and one more for each --retry-failed; the latest attempt counts."""
    model: str
    """Who was asked, like the next two; the annotation's own model or another."""
    adapter: str | None
    prompt_id: str
    """Of the words it was asked with."""
    engine: str
    p_yes: float | None = None
    """What a critic says: the probability of yes where nothing but yes and no can be said."""
    direction: float | None = None
    """CLIP directional similarity (Gal et al. 2021): cosine between target less source of the
    images' vectors and of the captions', -1 to 1."""
    logprobs: list[Float32] | None = None
    """Natural-log probability of each token of the English instruction: of a sample its own, else
    the annotation's. Not tempered; the grammar's mask applies to samples alone."""
    instruction_en: str | None = None
    """What a sample says."""
    edit_type: str | None = None
    raw_reply: str | None = None
    """A sample as it came; it is cut where the captions would begin."""
    error_code: str | None = None
    """Why there is no answer; None where there is one."""
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.error_code is None


def probe_id_of(key: str, annotation_id: str, kind: str, number: int) -> str:
    """Name of a probe; ``key`` is the folder of its run."""
    return content_id("probe", key, annotation_id, kind, str(number))
