"""How sure the model was of the instruction it wrote, read from its own tokens.

Confidence (version 1) is the probability of the English instruction's tokens under the model:
``exp(sum of their log-probabilities)``. Under constrained decoding the log-probabilities come
after the grammar's mask, so the JSON scaffold scores 0 and says nothing: only the tokens of the
instruction's value count.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token as an engine reports it."""

    text: str
    """May hold U+FFFD or nothing where the token is a part of a character."""
    logprob: float
    """Natural logarithm of the probability it was chosen with."""


@dataclass(frozen=True, slots=True)
class ValueEvidence:
    """The tokens that wrote the value of one key."""

    tokens: list[str]
    """What each token wrote of the value; joined, they are the value as it stands in the reply."""
    logprobs: list[float]

    @property
    def probability(self) -> float:
        """Probability of the whole value, 0 to 1."""
        return math.exp(min(0.0, sum(self.logprobs)))


def value_evidence(
    tokens: Sequence[TokenLogprob], reply: str, key: str, json_start: int = 0
) -> ValueEvidence | None:
    """Find the tokens that wrote the text value of ``key`` in a JSON reply.

    The JSON begins at ``json_start``, after thoughts which may name the key too.

    A token that straddles a border of the value (``"Make`` or ``red",``) counts whole, since a
    part of it decided on the value's characters; its stored text is clipped to the value. A token
    that only closes the value (``","instruction_zh":"``) is scaffold and does not count. Where
    several tokens make up one character, the last of them carries its text.

    Returns None where the key is missing, or the tokens are not those of the reply as far as the
    value goes.
    """
    place = value_span(reply, key, json_start)
    spans = _token_spans(tokens, reply, place[1]) if place else None
    if place is None or spans is None:
        return None
    start, end = place
    evidence = ValueEvidence([], [])
    for token, (left, write_from, right) in zip(tokens, spans, strict=True):
        if left < end and right > start:
            evidence.tokens.append(reply[max(write_from, start) : min(right, end)])
            evidence.logprobs.append(token.logprob)
    return evidence if evidence.tokens else None


def tail_of(tokens: Sequence[TokenLogprob], reply: str) -> Sequence[TokenLogprob]:
    """The tokens of a reply that ends a longer text; empty where they do not end with it."""
    for start in range(len(tokens) - 1, -1, -1):
        text = tokens[start].text
        if text and reply.startswith(text):
            tail = tokens[start:]
            if _token_spans(tail, reply, len(reply.rstrip())) is not None:
                return tail
    return ()


def value_span(reply: str, key: str, json_start: int = 0) -> tuple[int, int] | None:
    """Where the text value of a key begins and ends in a JSON reply, without its quotes.

    The key's quotes are unescaped, which they never are inside a text, so only a key matches.
    """
    written = re.compile(rf'"{re.escape(key)}"\s*:\s*"((?:[^"\\]|\\.)*)"')
    found = written.search(reply, json_start)
    return (found.start(1), found.end(1)) if found else None


_REPLACEMENT = "\ufffd"

_Span = tuple[int, int, int]
"""Start and end of what a token had a part in, and in between from where on the text is its own."""


def _token_spans(tokens: Sequence[TokenLogprob], reply: str, end: int) -> list[_Span] | None:
    """Lay the tokens along the reply.

    A token whose text is no whole character waits for the next one that can be found: what lies
    between belongs to all that waited, and where nothing does they are parts of the character
    that comes out. Special tokens at the end (end of turn) find no place and span nothing.
    Returns None where the tokens stop before ``end``.
    """
    spans: list[_Span] = []
    waiting, position = 0, 0
    for token in tokens:
        found = _find(token.text, reply, position, waiting)
        if found is None:
            waiting += 1
            continue
        spans += _shared(position, found, waiting) or [(position, found + 1, found + 1)] * waiting
        position = found + len(token.text)
        spans.append((found, found, position))
        waiting = 0
    if end - position > waiting:
        return None
    return spans + (_shared(position, len(reply), waiting) or [(position,) * 3] * waiting)


def _find(text: str, reply: str, position: int, waiting: int) -> int | None:
    """Where a token's text begins; after waiting tokens a few characters may lie between."""
    if not text or _REPLACEMENT in text:
        return None
    if not waiting:
        return position if reply.startswith(text, position) else None
    found = reply.find(text, position, position + waiting + len(text))
    return found if found >= 0 else None


def _shared(start: int, end: int, tokens: int) -> list[_Span]:
    """Spans of tokens that wrote a piece of the reply together; none where it is empty."""
    if not tokens or start == end:
        return []
    return [(start, end, end)] * (tokens - 1) + [(start, start, end)]
