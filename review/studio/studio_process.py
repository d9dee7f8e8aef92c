"""The server process: started without a way out of this machine, watched, stopped."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pairset.files.storage import write_whole
from pairset.running.child_server import (
    NotHealthyError,
    ServerCommand,
    running_server,
    wait_until_healthy,
)
from review.studio.environment import DATABASE_NAME, StudioEnvironment, quiet_environment
from review.studio.home import Secrets, StudioHome
from review.studio.studio_errors import StudioError, with_log_tail

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only where a person asks for it
_RUN_SCRIPT = Path(__file__).with_name("run_studio.py")
_STOP_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens, and how long we wait for its first answer."""

    host: str = LOOPBACK
    port: int | None = None
    """A free one if None."""
    start_timeout_seconds: float = 300

    @property
    def local_host(self) -> str:
        """By which name this machine reaches it."""
        return LOOPBACK if self.host == EVERYWHERE else self.host


@dataclass(frozen=True, slots=True)
class StudioProcess:
    """A server that answers."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def running_studio(
    environment: StudioEnvironment, home: StudioHome, secrets: Secrets, listening: Listening
) -> Iterator[StudioProcess]:
    """Start the server, give it once it answers, and stop it afterwards.

    Raises StudioError, with the end of the server's log, where it does not come up.
    """
    _put_database(environment, home)
    port = _bindable_port(listening)
    command = ServerCommand(
        _command(environment.python, listening.host, port),
        server_environment(home, secrets, listening.host),
        home.log,
        _STOP_TIMEOUT_SECONDS,
    )
    with running_server(command) as process:
        studio = StudioProcess(f"http://{listening.local_host}:{port}", process)
        try:
            wait_until_healthy(process, studio.url, listening.start_timeout_seconds)
        except NotHealthyError as error:
            raise with_log_tail(f"Label Studio {error}.", home.log, secrets.hidden) from error
        yield studio


def server_environment(home: StudioHome, secrets: Secrets, host: str = LOOPBACK) -> dict[str, str]:
    """Environment of the server: its first user, its folders, and no calls to the outside."""
    return quiet_environment() | {
        "SECRET_KEY": secrets.secret_key,
        "LABEL_STUDIO_BASE_DATA_DIR": str(home.data),
        "LABEL_STUDIO_USERNAME": secrets.email,
        "LABEL_STUDIO_PASSWORD": secrets.password,
        "LABEL_STUDIO_USER_TOKEN": secrets.token,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(home.document_root),
        "ALLOWED_HOSTS": ",".join(names_it_answers_to(host)),
    }


def names_it_answers_to(host: str) -> list[str]:
    """Names by which a browser may call the server.

    A page from elsewhere whose name is made to point at this machine is not among them. Where it
    listens for others, they may use this machine's names and addresses, and those in
    $LABEL_STUDIO_ALLOWED_HOSTS.
    """
    names = {LOOPBACK, "localhost", host} - {EVERYWHERE}
    if host == EVERYWHERE:
        own = socket.gethostname()
        names |= {own, f"{own.split('.')[0]}.local", socket.getfqdn()}
        with suppress(OSError):  # its own name is known to nobody
            names |= {str(found[4][0]) for found in socket.getaddrinfo(own, None)}
        given = os.environ.get("LABEL_STUDIO_ALLOWED_HOSTS", "")
        names |= {name.strip() for name in given.split(",") if name.strip()}
    return sorted(names)


def _put_database(environment: StudioEnvironment, home: StudioHome) -> None:
    """Start from a migrated database: applying its migrations takes minutes on a busy machine."""
    database = home.data / DATABASE_NAME
    if database.exists():
        return
    write_whole(str(database), environment.migrated_database.read_bytes())


def _command(python: Path, host: str, port: int) -> list[str]:
    start = [str(python), "-I", str(_RUN_SCRIPT), "start", "--no-browser"]
    return [*start, "--internal-host", host, "--port", str(port), "--log-level", "WARNING"]


def _bindable_port(listening: Listening) -> int:
    """The port asked for, or a free one. Label Studio itself would take the next one, silently."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listening.host, listening.port or 0))
        except OSError as error:
            raise StudioError(
                f"Cannot listen on {listening.host} port {listening.port}: {error.strerror}. "
                "Without --port a free one is taken."
            ) from error
        return int(probe.getsockname()[1])
