"""Many questions at once, without one bad pair spoiling the batch it is in."""

from collections.abc import Callable, Sequence
from typing import TypeVar

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
