"""How to reach a Label Studio: one of ours that runs, or somebody else's."""

from dataclasses import asdict, dataclass, field

from pairset.locking.locks import is_held
from pairset.store import PairSet
from review.studio.home import StudioHome, home_of, read_private, write_private


@dataclass(frozen=True, slots=True)
class StudioConnection:
    """A Label Studio project, and the token that opens it."""

    url: str
    """Without a slash at its end."""
    token: str = field(repr=False)
    project_id: int
    process_id: int | None = None
    """Of our own server, while it runs."""

    @property
    def project_url(self) -> str:
        return f"{self.url}/projects/{self.project_id}"

    def labelling_url(self, view_id: int) -> str:
        """The one link to click: the next pair to review, in the order of a view."""
        return f"{self.project_url}/data?tab={view_id}&labeling=1"


def find_connection(pair_set: PairSet) -> StudioConnection | None:
    """The set's own Label Studio if ``pairset review serve`` runs now, else None."""
    home = home_of(pair_set)
    if not is_held(home.lock) or not home.running.exists():
        return None
    return read_private(StudioConnection, home.running)


def save_connection(home: StudioHome, connection: StudioConnection) -> None:
    """Let the other verbs find the server that runs."""
    write_private(home.running, asdict(connection))


def forget_connection(home: StudioHome) -> None:
    """The server has ended."""
    home.running.unlink(missing_ok=True)
