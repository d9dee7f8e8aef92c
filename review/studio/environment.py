"""Label Studio in a virtual environment of its own, made once for each version.

    CACHE/label-studio-<version>/
      venv/                the environment; complete where INSTALLED stands beside it
      migrated.sqlite3     an empty database with every migration applied
      install.log, migrate.log

CACHE is ``$PAIRSET_CACHE``, or ``pairset`` in the user's cache folder. Its pins (Django, openai,
redis) would not fit beside ours, so nothing of it is installed into our own environment.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pairset.files.storage import private
from pairset.locking.locks import waiting_lock
from pairset.terminal.console import complain
from review.studio.studio_errors import StudioError, with_log_tail

LABEL_STUDIO_VERSION = "1.23.2"
CACHE_VARIABLE = "PAIRSET_CACHE"
DATABASE_NAME = "label_studio.sqlite3"

_QUIET = {
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "DEBUG": "false",
}
"""What keeps Label Studio from calling its makers."""


_NEEDED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SSRF_PROTECTION_ENABLED"),
    }
)
_NEEDED_TO_INSTALL = (
    *("PIP_", "HTTP", "http", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"),
    *("SSL_CERT", "REQUESTS_CA", "CURL_CA", "XDG_"),
)
"""Where packages come from, and the way there; the server itself stays on this machine."""


@dataclass(frozen=True, slots=True)
class StudioEnvironment:
    """An installed Label Studio."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def migrated_database(self) -> Path:
        """An empty database with every migration applied, which a new server starts from."""
        return self.folder / "migrated.sqlite3"


def cache_folder() -> Path:
    """Where what can be made again is kept between runs."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    user_cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(user_cache) if user_cache else Path.home() / ".cache") / "pairset"


def find_or_create_environment(cache: Path | None = None) -> StudioEnvironment:
    """The pinned Label Studio, installed at the first call; later calls only look.

    Raises StudioError with the end of the log where the installation fails.
    """
    folder = (cache or cache_folder()) / f"label-studio-{LABEL_STUDIO_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    environment = StudioEnvironment(folder)
    with waiting_lock(folder / "lock"):
        if not (folder / "INSTALLED").exists():
            complain(f"Installing Label Studio {LABEL_STUDIO_VERSION} into {folder}, once …")
            _install(environment)
        if not environment.migrated_database.exists():
            complain("Preparing its empty database, once …")
            _migrate(environment)
    return environment


def quiet_environment(also: tuple[str, ...] = ()) -> dict[str, str]:
    """What Label Studio needs of our environment, with every call home switched off.

    Keys and tokens of ours are no business of its. ``also`` holds beginnings of further names.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _NEEDED or name.startswith(("LC_", *also))
    }
    return inherited | _QUIET


def _install(environment: StudioEnvironment) -> None:
    venv = environment.folder / "venv"
    shutil.rmtree(venv, ignore_errors=True)  # half an environment of an interrupted run
    requirement = f"label-studio=={LABEL_STUDIO_VERSION}"
    pip = [str(environment.python), "-m", "pip", "install", "--no-input", requirement]
    log = environment.folder / "install.log"
    _run([sys.executable, "-m", "venv", str(venv)], log, "Making a virtual environment failed.")
    _run(pip, log, f"Installing {requirement} failed.")
    (environment.folder / "INSTALLED").touch()


def _migrate(environment: StudioEnvironment) -> None:
    """Build the empty database: any command of Label Studio migrates first, `version` no more."""
    with tempfile.TemporaryDirectory(dir=environment.folder, prefix="migrating-") as data:
        command = [environment.python, "-I", "-m", "label_studio.server", "version"]
        arguments = [*map(str, command), "--data-dir", data]
        log = environment.folder / "migrate.log"
        _run(arguments, log, "Preparing the database failed.")
        database = Path(data, DATABASE_NAME)
        if not database.exists():
            raise StudioError(f"Label Studio left no database in {data}; see {log}.")
        os.replace(database, environment.migrated_database)


def _run(command: list[str], log: Path, failure: str) -> None:
    with open(log, "wb", opener=private) as output:
        done = subprocess.run(
            command,
            env=quiet_environment(_NEEDED_TO_INSTALL),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise with_log_tail(failure, log)
