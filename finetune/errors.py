"""What stops a training run, and what the person should do next."""

from pairset.errors import PairsetError


class OutOfMemoryError(PairsetError):
    """The batch does not fit into memory."""

    exit_code = 6


class DivergedError(PairsetError):
    """The loss is no number any more."""

    exit_code = 6


class NothingToLearnError(PairsetError):
    """No reviewed pair is left to train on."""

    exit_code = 2
