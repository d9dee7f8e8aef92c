"""What can go wrong for a whole run, and what the person should do next.

Bad input never raises past its row: it becomes a row with an error code. These errors are for
what stops a run: a wrong setting, a missing extra, a server that is down.
"""

from pairset.packages import package_of


class PairsetError(Exception):
    """A run cannot go on. ``str(error)`` says what, which id, and what to do."""

    exit_code = 1


class SettingsError(PairsetError):
    """A setting has a value that cannot work."""

    exit_code = 2


class StorageError(PairsetError, OSError):
    """A disk or an object store does not take what a run writes: full, closed, broken."""


class SetBusyError(PairsetError):
    """Another run writes what this one would write."""

    exit_code = 7


class EmptyCorpusError(PairsetError):
    """There is nothing to mine where the corpus should be."""

    exit_code = 2


class MissingStageError(PairsetError):
    """A verb needs rows that an earlier verb has not written yet."""

    exit_code = 2


class MissingExtraError(PairsetError):
    """A stage needs a package that is not installed."""

    exit_code = 3

    def __init__(self, package: str, extra: str | None) -> None:
        package = package_of(package)
        what = f"'pairset[{extra}]'" if extra else package
        super().__init__(
            f"{package} is not installed. Install it with: pip install {what} "
            "(pairset doctor lists what this machine can run)."
        )
        self._made_of = package, extra

    def __reduce__(self) -> tuple[type, tuple[str, str | None]]:
        """As workers send it home; by default an error is made again from its words alone."""
        return type(self), self._made_of


class BrokenPackageError(PairsetError):
    """A package is installed, and its import fails."""

    exit_code = 3

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(
            f"{package} is installed and cannot be imported: {reason}. "
            f"Install it anew with: pip install --force-reinstall {package}"
        )
        self._made_of = package, reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), self._made_of


class PlugInError(PairsetError):
    """What another package adds cannot be used, or the package that adds it is not there."""

    exit_code = 3


class OutOfMemoryError(PairsetError):
    """The memory of this machine is used up."""

    def __init__(self) -> None:
        super().__init__(
            "The memory of this machine is used up. Take fewer --workers or a smaller "
            "--batch-size where the verb has them, or a larger machine. The same command goes on "
            "where this one ended."
        )


class ModelUnavailableError(PairsetError):
    """A model or encoder cannot be loaded here."""

    exit_code = 3


class EngineDownError(PairsetError):
    """The inference server does not answer any more."""

    exit_code = 4


class UnseenPathError(PairsetError):
    """A worker on another machine does not see what the run reads or writes."""

    exit_code = 5


class WorkerDiedError(PairsetError):
    """A worker process ended without finishing its shard."""

    exit_code = 5
