"""The verb ``pairset review pull``: what reviewers did since the last time, each thing once."""

from collections import Counter
from typing import NoReturn

from pairset.errors import SetBusyError
from pairset.locking.locks import writing
from pairset.records.verdict import Decision
from pairset.store import open_set
from pairset.terminal.console import complain, say
from review.exchange.fetch import Fetched, fetch_verdicts
from review.exchange.webhook import Wait, waiting
from review.label_studio.errors import (
    StudioAnswerError,
    StudioNotRunningError,
    StudioUnreachableError,
)
from review.reach import open_project
from review.settings import PullSettings

_SKIPS_SHOWN = 10
_PASSING = (StudioUnreachableError, StudioAnswerError, StudioNotRunningError, SetBusyError)
"""What may be over at the next pull."""


def pull(settings: PullSettings) -> None:
    """Bring new, edited, skipped and deleted verdicts into the set; go on doing so with --watch."""
    if not settings.watch:
        pull_once(settings)
        return
    with waiting(settings.webhook_port) as wait:
        _watch(settings, wait)


def _watch(settings: PullSettings, wait: Wait) -> NoReturn:
    """Pull until Ctrl-C, also while the server is away."""
    quiet = False
    while True:
        try:
            pull_once(settings, quiet)
        except _PASSING as error:
            if isinstance(error, StudioNotRunningError) and not quiet:
                raise  # it was never there; later it is one that is started again
            complain(f"{error} Trying again in {settings.interval_seconds:g} s.")
        quiet = True
        wait.seconds(settings.interval_seconds)


def pull_once(settings: PullSettings, quiet: bool = False) -> Fetched:
    """One pull; ``quiet`` says nothing where there is nothing new."""
    pair_set = open_set(settings.set_url)
    with writing(pair_set, settings.verb), open_project(pair_set, settings) as (project, _):
        fetched = fetch_verdicts(pair_set, project, settings)
    if fetched.decisions or fetched.withdrawn or not quiet:
        say(_in_words(fetched))
    _complain_of(fetched)
    return fetched


def _in_words(fetched: Fetched) -> str:
    if not fetched.decisions and not fetched.withdrawn:
        return f"Nothing new. The set holds {fetched.counting} verdicts by reviewers."
    counts = Counter(fetched.decisions)
    listed = ", ".join(f"{count} {decision}" for decision, count in counts.most_common())
    parts = [f"{counts.total()} new or edited ({listed})"] if counts else []
    if fetched.withdrawn:
        parts.append(f"{fetched.withdrawn} withdrawn")
    return f"{', '.join(parts)}. The set holds {fetched.counting} verdicts by reviewers."


def _complain_of(fetched: Fetched) -> None:
    if fetched.skipped:
        listed = "\n".join(f"  {each}" for each in fetched.skipped[:_SKIPS_SHOWN])
        more = len(fetched.skipped) - _SKIPS_SHOWN
        complain(
            f"{len(fetched.skipped)} submissions were passed over, as no labelling page of ours "
            f"makes such:\n{listed}" + (f"\n  and {more} more" if more > 0 else "")
        )
    undecided = fetched.decisions.count(Decision.UNDECIDED)
    if undecided and not fetched.missing_controls:
        complain(
            f"{undecided} submissions say neither accept nor fix nor reject. They are kept as they "
            "are (raw_result) and count as undecided; see whether somebody edited the choices of "
            "the labelling page under Settings, Labeling Interface."
        )
    if fetched.tasks_deleted:
        complain(
            f"{fetched.tasks_deleted} tasks with verdicts were deleted in Label Studio. Their "
            "verdicts stay in the set; pairset review push puts the tasks back."
        )
    if fetched.missing_controls:
        complain(
            f"The labelling page was edited: it has no {', '.join(fetched.missing_controls)} any "
            "more. What was submitted is kept as it is (raw_result); put the page back under "
            "Settings, Labeling Interface."
        )
