"""What was planted in the demo's corpus, file by file: the truth to hold results against."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PlantedPair:
    """Two files of the corpus and the words that lead from the first to the second."""

    source: str
    """File name inside the corpus."""
    target: str
    kind: str
    edit_type: str
    instruction_en: str
    instruction_zh: str
    inverse_en: str
    inverse_zh: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known about a demo corpus."""

    seed: int
    pairs: tuple[PlantedPair, ...]
    copies: dict[str, str]
    """Exact, re-encoded and resized copies: file → the file it shows."""
    mirrored: dict[str, str]
    """Mirrored copies: file → the file it shows."""
    unrelated: tuple[str, ...]
    broken: dict[str, str]
    """File → the error code that its row should get."""

    @property
    def files(self) -> frozenset[str]:
        """Every file of the corpus."""
        paired = {name for pair in self.pairs for name in (pair.source, pair.target)}
        return frozenset(paired | {*self.copies, *self.mirrored, *self.unrelated, *self.broken})

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def load_truth(path: Path) -> Truth:
    """Read a truth file back."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Truth(
        seed=document["seed"],
        pairs=tuple(PlantedPair(**pair) for pair in document["pairs"]),
        copies=document["copies"],
        mirrored=document["mirrored"],
        unrelated=tuple(document["unrelated"]),
        broken=document["broken"],
    )
