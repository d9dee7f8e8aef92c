"""Whose word something rests on: people's, the simulated reviewer's, triage's or mining's."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from pairset.records.example import MINING
from pairset.records.verdict import AUTO, SIMULATED


class Voice(StrEnum):
    """Who stands by some words."""

    PEOPLE = "people"
    SIMULATED = "simulated"
    """A program that knows what was planted, where no person is there."""
    AUTO = "auto"
    """Nobody: a model's own words, which triage accepted unseen."""
    MINING = "mining"
    """Nobody: mining measured that nothing changed."""


def voice_of(reviewer: str) -> Voice:
    """The voice of a verdict or an example, by its reviewer."""
    others = {SIMULATED: Voice.SIMULATED, AUTO: Voice.AUTO, MINING: Voice.MINING}
    return others.get(reviewer, Voice.PEOPLE)


def is_judged(reviewer: str) -> bool:
    """Whether somebody looked, be it the simulated reviewer."""
    return voice_of(reviewer) in (Voice.PEOPLE, Voice.SIMULATED)


@dataclass(frozen=True, slots=True)
class Judges:
    """Those who judged, as words of a page."""

    who: str
    """After a number of pairs "judged by": 2 people, a simulated reviewer, …"""
    the: str
    """As the subject of a sentence: the reviewers, the simulated reviewer."""
    whose: str
    """Before what is theirs."""
    is_one: bool
    """Whether a verb after ``the`` is singular."""


def judges_of(reviewers: Collection[str]) -> Judges:
    """How to speak of these reviewers; triage and mining are none."""
    people = len({each for each in reviewers if voice_of(each) is Voice.PEOPLE})
    is_simulated = any(voice_of(each) is Voice.SIMULATED for each in reviewers)
    counted = "1 person" if people == 1 else f"{people} people"
    if not is_simulated:
        return Judges(counted if people else "nobody", "the reviewers", "the reviewers’", False)
    if not people:
        simulated = "the simulated reviewer"
        return Judges("a simulated reviewer", simulated, f"{simulated}’s", True)
    return Judges(
        f"{counted} and a simulated reviewer",
        "the reviewers, one of them simulated,",
        "the reviewers’ (one of them simulated)",
        False,
    )
