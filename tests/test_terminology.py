"""README's terms are those of the docs, and words that were given up are in no help text."""

import importlib
import re
from pathlib import Path

import pytest

from pairset.app.command.parser import build_parser, flags_of
from pairset.app.verbs import VERBS, Verb
from pairset.settings import Settings

ROOT = Path(__file__).parent.parent
TERMS = {
    *("corpus", "set", "pair", "image cluster", "scene", "split", "gate", "candidate"),
    *("instruction", "annotation", "annotator", "confidence", "calibration", "certificate"),
    *("verdict", "example", "adapter", "probe", "starter model", "offline encoder", "shard"),
}
GIVEN_UP_WORDS = ("promise", "hdbscan cluster", "tinyvlm", "lesson", "storey", "reader")
GIVEN_UP_FLAGS = {
    *("--accumulate", "--readers", "--page-size", "--listen", "--cards", "--judge"),
    *("--pairs", "--rejected", "--json-output"),
}


def defined_terms() -> dict[str, str]:
    """By term, its line in README."""
    section = re.search(
        r"^## Terminology\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S
    )
    assert section
    return dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", section[1], re.M))


def settings_of(verb: Verb) -> type[Settings]:
    module, name = verb.settings.split(":")
    settings: type[Settings] = getattr(importlib.import_module(module), name)
    return settings


def test_each_term_is_defined_in_one_sentence() -> None:
    terms = defined_terms()

    assert set(terms) == TERMS
    assert [words for words in terms.values() if not words.endswith(".") or ". " in words] == []


@pytest.mark.parametrize("term", sorted(TERMS))
def test_each_term_is_used_in_the_docs(term: str) -> None:
    pages = [page.read_text(encoding="utf-8") for page in ROOT.glob("docs/*.md")]

    used = re.compile(r"\b" + term.replace(" ", r"\s") + r"s?\b", re.I)
    assert any(used.search(page) for page in pages)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_uses_no_word_that_was_given_up(verb: Verb) -> None:
    said = " ".join(build_parser(settings_of(verb)).format_help().split()).lower()

    assert [word for word in GIVEN_UP_WORDS if re.search(rf"\b{word}s?\b", said)] == []
    assert GIVEN_UP_FLAGS & set(flags_of(settings_of(verb)).values()) == set()


def test_samples_are_replies_and_nothing_else() -> None:
    with_samples = [
        verb.name for verb in VERBS if "--samples" in flags_of(settings_of(verb)).values()
    ]
    assert with_samples == ["probe", "train"]
