"""What was planted in the demo's corpus, file by file: the truth to hold results against."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pairset.files.storage import write_whole

_REVERSED_TYPE = {"add": "remove", "remove": "add"}


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

    def reversed(self) -> "PlantedPair":
        """The same two files the other way round: what was added is removed."""
        return PlantedPair(
            source=self.target,
            target=self.source,
            kind=self.kind,
            edit_type=_REVERSED_TYPE.get(self.edit_type, self.edit_type),
            instruction_en=self.inverse_en,
            instruction_zh=self.inverse_zh,
            inverse_en=self.instruction_en,
            inverse_zh=self.instruction_zh,
        )


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
        write_whole(str(path), json.dumps(asdict(self), ensure_ascii=False, indent=1).encode())


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
