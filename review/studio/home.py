"""The folder a set's own Label Studio lives in, and the secrets it is started with.

    SET/review/studio/     for a set on this machine, else in the cache, by the set's URL
      data/                the SQLite database: projects, tasks, everybody's work
      files/pairs/         copies of the images under review, the only files it can serve
      secrets.json         keys and the first user's login; readable by its owner only
      running.json         URL and token while it runs; readable by its owner only
      server.log

Of all this, only ``files/pairs`` can ever be asked for over HTTP.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from pairset.files.documents import parse_document, read_bounded
from pairset.files.storage import storage_errors, write_whole
from pairset.records.ids import content_id
from pairset.store import PairSet
from review.studio.environment import cache_folder
from review.studio.studio_errors import StudioError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StudioHome:
    """Folder of one set's Label Studio."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def document_root(self) -> Path:
        """What Label Studio may serve from; storages must lie in folders strictly inside."""
        return self.folder / "files"

    @property
    def images(self) -> Path:
        return self.document_root / "pairs"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def running(self) -> Path:
        return self.folder / "running.json"

    @property
    def lock(self) -> Path:
        """Held while a server runs."""
        return self.folder / "lock"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets.json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the owner of a set may read. Their values never show in a representation."""

    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    token: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    """Of the REST API, 40 hexadecimal digits as Label Studio wants them."""
    email: str = "reviewer@pairset.local"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def hidden(self) -> tuple[str, ...]:
        """What must never show in a log or a message."""
        return self.secret_key, self.token, self.password


def home_of(pair_set: PairSet) -> StudioHome:
    """Where the Label Studio of a set lives; its folders are there afterwards."""
    if pair_set.is_local:
        folder = Path(pair_set.root, "review", "studio")
    else:
        folder = cache_folder() / "studio" / content_id("studio", pair_set.url)
    home = StudioHome(folder.absolute())
    for path in (home.images, home.data, folder, folder.parent):
        if path.is_symlink():
            raise StudioError(
                f"{path} is a link, and Label Studio writes there. Put a folder there."
            )
    with storage_errors(str(folder)):
        for path in (home.data, home.images):
            path.mkdir(parents=True, exist_ok=True)
        for path in (folder.parent, folder):
            path.chmod(0o700)
    return home


def read_or_make_secrets(home: StudioHome) -> Secrets:
    """The secrets of this home, drawn at the first call."""
    if home.secrets.exists():
        return read_private(Secrets, home.secrets)
    drawn = Secrets()
    write_private(home.secrets, asdict(drawn))
    return drawn


def write_private(path: Path, content: dict[str, object]) -> None:
    """Write JSON that only its owner can read, whole or not at all. Raises StorageError."""
    write_whole(str(path), json.dumps(content, indent=2).encode(), mode=0o600)


def read_private(kind: type[T], path: Path) -> T:
    """Read JSON written by ``write_private``. Raises StudioError where it is damaged."""
    try:
        return parse_document(kind, read_bounded(path))
    except ValueError as error:
        raise StudioError(f"{path} is damaged ({error}). Restore it from a backup.") from error
