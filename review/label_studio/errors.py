"""What can go wrong between us and a Label Studio, and what the person should do next."""

from pairset.errors import PairsetError, SettingsError


class StudioUnreachableError(PairsetError):
    """Nothing answers at the address, or not in time, or only with server errors."""

    exit_code = 4


class TokenRefusedError(PairsetError):
    """The server does not know the token, or it has expired."""

    exit_code = 2


class ProjectGoneError(PairsetError):
    """The project is not on the server any more."""

    exit_code = 2


class LabelConfigError(PairsetError):
    """The labelling page was edited, and what we send or expect is not on it."""

    exit_code = 2


class RequestRejectedError(PairsetError):
    """The server understood a request and said no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_not_found(self) -> bool:
        return self.status == 404


class StudioNotRunningError(SettingsError):
    """No Label Studio runs for the set, and no other is named."""


class StudioAnswerError(PairsetError):
    """Something answers that is no Label Studio, or one that we do not know."""

    exit_code = 4


class UncertainWriteError(Exception):
    """A write failed in a way that leaves open whether the server did it.

    Never sent again blindly: whoever catches this looks at what is there first.
    """
