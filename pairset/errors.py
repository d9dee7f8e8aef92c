"""What can go wrong for a whole run, and what the person should do next.

Bad input never raises past its row: it becomes a row with an error code. These errors are for
what stops a run: a wrong setting, a missing extra, a server that is down.
"""


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

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed. Install it with: pip install 'pairset[{extra}]' "
            "(pairset doctor lists what this machine can run)."
        )
        self._made_of = package, extra

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """As workers send it home; by default an error is made again from its words alone."""
        return type(self), self._made_of


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
