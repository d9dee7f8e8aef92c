"""How a run of questions ended: why some failed, and an error where all of them did."""

from collections import Counter
from collections.abc import Collection, Set
from dataclasses import dataclass

from pairset.errors import EngineDownError, PairsetError
from pairset.store import Stage

_CODES_SHOWN = 4


class NothingAnsweredError(PairsetError):
    """Every question failed, each for a reason that is in its row."""


@dataclass(frozen=True, slots=True)
class Failures:
    """What failed of some questions: how often for each code, and a reason of the commonest."""

    counts: Counter[str]
    example: str

    @property
    def in_words(self) -> str:
        """Codes and how often each, the commonest first."""
        return ", ".join(f"{count} {code}" for code, count in self.counts.most_common(_CODES_SHOWN))

    def as_error(self, what: str, of_the_server: Set[str] = frozenset()) -> PairsetError:
        """The error of a run of which nothing came; of a server that is down where all codes are
        its fault.
        """
        words = (
            f"{what}: {self.in_words}, such as: {self.example}. Mend that, then ask again with "
            "--retry-failed."
        )
        is_down = self.counts.keys() <= of_the_server
        return EngineDownError(words) if is_down else NothingAnsweredError(words)


def failures_of(stage: Stage, id_column: str, ids: Collection[str]) -> Failures:
    """Why the latest attempts at some questions failed, as their rows say."""
    latest: dict[str, tuple[int, str | None, str | None]] = {}
    for table in stage.tables([id_column, "attempt", "error_code", "error"]):
        for name, attempt, code, error in zip(*table.to_pydict().values(), strict=True):
            if name in ids and attempt > latest.get(name, (0, None, None))[0]:
                latest[name] = attempt, code, error
    failed = [(code, error or "") for _, code, error in latest.values() if code]
    counts = Counter(code for code, _ in failed)
    commonest = counts.most_common(1)[0][0] if counts else ""
    return Failures(counts, next((error for code, error in failed if code == commonest), ""))
