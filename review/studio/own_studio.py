"""Our own Label Studio for one set, with its project ready; it stops with us."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from pairset.locking.locks import exclusive_lock
from pairset.store import PairSet
from review.form.config import build_label_config
from review.label_studio.client import StudioClient
from review.studio.bootstrap import Overlap, ensure_local_images, ensure_overlap, ensure_project
from review.studio.connection import StudioConnection, forget_connection, save_connection
from review.studio.environment import find_or_create_environment
from review.studio.home import StudioHome, home_of, read_or_make_secrets
from review.studio.studio_errors import StudioError, with_log_tail
from review.studio.studio_process import Listening, StudioProcess, running_studio

PROJECT_TITLE = "Pair review"


@dataclass(frozen=True, slots=True)
class StudioOptions:
    """How a server of our own is started."""

    listening: Listening = field(default_factory=Listening)
    overlap: Overlap = field(default_factory=Overlap)


class StudioServer(AbstractContextManager[StudioConnection]):
    """A Label Studio for one set, with user, token, project and page ready.

    Entering starts it and gives the connection; leaving stops it. It also stops when this process
    dies without a word. Raises StudioError where it cannot start.
    """

    def __init__(
        self, pair_set: PairSet, edit_types: Sequence[str], options: StudioOptions | None = None
    ) -> None:
        self.pair_set = pair_set
        self.edit_types = edit_types
        self.options = options or StudioOptions()
        self._open = ExitStack()
        self._studio: StudioProcess | None = None

    def __enter__(self) -> StudioConnection:
        environment = find_or_create_environment()
        home = home_of(self.pair_set)
        with ExitStack() as starting:
            self._lock(starting, home)
            secrets = read_or_make_secrets(home)
            listening = self.options.listening
            running = running_studio(environment, home, secrets, listening)
            self._studio = starting.enter_context(running)
            project_id = self._prepare_project(self._studio.url, home, secrets.token)
            connection = StudioConnection(
                self._studio.url, secrets.token, project_id, self._studio.process.pid
            )
            save_connection(home, connection)
            starting.callback(forget_connection, home)
            self._open = starting.pop_all()
        return connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def wait(self) -> None:
        """Block for as long as it runs. Raises StudioError when it ends by itself."""
        if self._studio is None:
            return
        exit_code = self._studio.process.wait()
        home = home_of(self.pair_set)
        message = f"Label Studio ended by itself with exit code {exit_code}."
        raise with_log_tail(message, home.log, read_or_make_secrets(home).hidden)

    def _prepare_project(self, url: str, home: StudioHome, token: str) -> int:
        page = build_label_config(self.edit_types)
        with StudioClient(url, token) as client:
            project_id = ensure_project(client, PROJECT_TITLE, page)
            ensure_local_images(client, project_id, home.images)
            ensure_overlap(client, project_id, self.options.overlap)
        return project_id

    def _lock(self, starting: ExitStack, home: StudioHome) -> None:
        """Two servers would write to one database."""
        try:
            starting.enter_context(exclusive_lock(home.lock))
        except BlockingIOError as error:
            raise StudioError(
                f"A Label Studio for {self.pair_set.url} runs already. Use it, or stop it with "
                "Ctrl-C where it was started."
            ) from error
