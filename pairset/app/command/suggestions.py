"""What was probably meant by a word that is none of those that could stand there."""

from collections.abc import Iterable, Sequence


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A question to put behind an error, with a space before it; empty where nothing is near."""
    from difflib import get_close_matches  # where all is well it is not needed

    nearest = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" Did you mean {nearest[0]}?" if nearest else ""


def choose_among(choices: Sequence[str], word: str) -> str:
    """What to choose instead of a word, for the middle of a sentence; the nearest is named."""
    question = did_you_mean(word, choices).strip().rstrip("?")
    nearest = f" ({question[0].lower()}{question[1:]}?)" if question else ""
    return f"choose {' or '.join([', '.join(choices[:-1]), choices[-1]])}{nearest}"
