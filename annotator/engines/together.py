"""Many questions at once, without one bad pair spoiling the batch it is in."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from annotator.engines.protocol import Draws
from annotator.prompting.reply import ReplyError, ReplyErrorCode

_EXCERPT_CHARACTERS = 300

Q = TypeVar("Q")
A = TypeVar("A")


def ask_together(
    ask: Callable[[Sequence[Q]], Sequence[A]], questions: Sequence[Q]
) -> list[A | ReplyError]:
    """Answers in the order of the questions, asked all at once.

    An in-process engine refuses a whole batch with ValueError for one pair it cannot take (a
    picture far too wide, a prompt over the context). Then each is asked alone, and the pair at
    fault gets the reason as its answer.
    """
    try:
        return [*ask(questions)]
    except ValueError as error:
        if len(questions) == 1:
            return [ReplyError(ReplyErrorCode.REQUEST_REJECTED, str(error)[:_EXCERPT_CHARACTERS])]
    return [answer for question in questions for answer in ask_together(ask, [question])]


def draws_alike(draws: Sequence[Draws]) -> list[list[int]]:
    """Numbers of the draws that one batch may hold: of one temperature and one text to stop at.

    Each number comes as often as its draw wants replies.
    """
    alike: defaultdict[tuple[float, str], list[int]] = defaultdict(list)
    for number, each in enumerate(draws):
        alike[each.temperature, each.stop] += [number] * each.count
    return [*alike.values()]
