"""Pages say whose word a figure rests on, and count nobody as a reviewer who is none."""

import pytest

from pairset.rows.voices import Voice, is_judged, judges_of, voice_of


@pytest.mark.parametrize(
    ("reviewer", "voice"),
    [
        ("ann@example.org", Voice.PEOPLE),
        ("user 7", Voice.PEOPLE),
        ("simulated", Voice.SIMULATED),
        ("auto", Voice.AUTO),
        ("mining", Voice.MINING),
    ],
)
def test_a_reviewer_is_a_person_or_says_what_it_is(reviewer: str, voice: Voice) -> None:
    assert voice_of(reviewer) is voice
    assert is_judged(reviewer) is (voice in (Voice.PEOPLE, Voice.SIMULATED))


@pytest.mark.parametrize(
    ("reviewers", "who"),
    [
        ([], "nobody"),
        (["auto", "mining"], "nobody"),
        (["ann@a.b"], "1 person"),
        (["ann@a.b", "ann@a.b", "bob@a.b", "auto"], "2 people"),
        (["simulated"], "a simulated reviewer"),
        (["simulated", "ann@a.b"], "1 person and a simulated reviewer"),
    ],
)
def test_only_people_are_counted_as_people(reviewers: list[str], who: str) -> None:
    assert judges_of(reviewers).who == who


def test_a_simulated_reviewer_is_never_called_a_reviewer_alone() -> None:
    for reviewers in (["simulated"], ["simulated", "ann@a.b"]):
        judges = judges_of(reviewers)
        assert "simulated" in judges.the
        assert "simulated" in judges.whose
