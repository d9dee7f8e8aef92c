"""The command: ``pairset VERB``. A verb's own modules are imported only when it is called."""

import sys
from collections.abc import Sequence

from pairset import __version__
from pairset.app.command.suggestions import did_you_mean
from pairset.app.verbs import VERBS, find_verb, verbs_under
from pairset.terminal.console import complain, lost_output, say
from pairset.terminal.streams import open_missing_streams


def help_text() -> str:
    """What ``pairset --help`` prints."""
    width = max(len(verb.name) for verb in VERBS)
    return "\n".join(
        [
            "usage: pairset VERB …",
            "",
            "Turn a corpus of photos into pairs with editing instructions.",
            "",
            *(f"  {verb.name:<{width}}  {verb.summary}" for verb in VERBS),
            "",
            "pairset VERB --help explains each; pairset --version prints the version.",
        ]
    )


def _help_under(word: str) -> str:
    """What ``pairset review --help`` prints."""
    verbs = verbs_under(word)
    width = max(len(verb.name) for verb in verbs)
    lines = (f"  {verb.name:<{width}}  {verb.summary}" for verb in verbs)
    return "\n".join([f"usage: pairset {word} VERB …", "", *lines])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code (0: good; docs/architecture.md lists the others)."""
    open_missing_streams()
    return _main(list(sys.argv[1:] if arguments is None else arguments)) or _code_of_output()


def _main(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        say(help_text())
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        say(f"pairset {__version__}")
        return 0
    verb, rest = find_verb(words)
    if verb is not None:
        from pairset.app.run import run_verb  # what it needs, help does without

        return run_verb(verb, rest)
    if verbs_under(words[0]):
        return _half_a_verb(words)
    names = [each.name for each in VERBS]
    second = next((name for name in names if name.endswith(f" {words[0]}")), None)
    question = did_you_mean(second or words[0], names) or did_you_mean(" ".join(words[:2]), names)
    complain(f"pairset: there is no verb {words[0]!r}.{question} pairset --help lists them.")
    return 2


def _code_of_output() -> int:
    """1 where what was said could not be written; a reader that has gone is no fault."""
    lost = lost_output()
    if lost:
        complain(f"pairset: what it says could not be written: {lost}")
    return int(lost is not None)


def _half_a_verb(words: Sequence[str]) -> int:
    """``pairset review``, or ``pairset review`` with a word that it does not know."""
    if len(words) == 1 or words[1:] in (["-h"], ["--help"]):
        (say if len(words) > 1 else complain)(_help_under(words[0]))
        return 0 if len(words) > 1 else 2
    seconds = [verb.name.split(" ")[1] for verb in verbs_under(words[0])]
    question = did_you_mean(words[1], seconds)
    complain(
        f"pairset {words[0]}: there is no verb {words[1]!r}.{question} "
        f"It is one of {', '.join(seconds)}."
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
