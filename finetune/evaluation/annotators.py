"""Who is compared, what they are called, and whom they are tested against. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pairset.errors import SettingsError

BASE = "base"
"""What a person calls any model without an adapter."""
_PROMPT_CHARACTERS = 6


@dataclass(frozen=True, slots=True)
class Annotator:
    """A model with an adapter, or none, asked with one prompt."""

    model: str
    adapter: str | None
    prompt_id: str

    @property
    def short_name(self) -> str:
        return self.adapter or self.model

    def is_called(self, name: str) -> bool:
        """Whether a person may mean this one by the name."""
        return name == self.short_name or (name == BASE and self.adapter is None)


def in_order(annotators: Iterable[Annotator]) -> list[Annotator]:
    """Models first, then their adapters, by name."""
    return sorted(annotators, key=lambda each: (each.model, each.adapter or "", each.prompt_id))


def names_of(annotators: Sequence[Annotator]) -> dict[Annotator, str]:
    """What each is called; model and prompt are told where the short name is not enough."""
    short = Counter(each.short_name for each in annotators)
    told = {
        each: each.short_name
        if short[each.short_name] == 1
        else f"{each.short_name} on {each.model}"
        if each.adapter
        else each.model
        for each in annotators
    }
    often = Counter(told.values())
    return {
        each: name if often[name] == 1 else f"{name}, prompt {each.prompt_id[:_PROMPT_CHARACTERS]}"
        for each, name in told.items()
    }


def choose(annotators: Sequence[Annotator], wanted: Sequence[str]) -> list[Annotator]:
    """Those of these names, or all where none is given. Raises SettingsError for unknown ones."""
    unknown = [name for name in wanted if not any(each.is_called(name) for each in annotators)]
    if unknown:
        known = ", ".join(dict.fromkeys(each.short_name for each in annotators)) or "nobody"
        raise SettingsError(
            f"No annotation in this set is by {' or '.join(map(repr, unknown))}. Those that "
            f"annotated: {known}. Annotate with: pairset annotate SET --adapter NAME"
        )
    return [
        each for each in annotators if not wanted or any(each.is_called(name) for name in wanted)
    ]


def opponents(
    annotators: Sequence[Annotator], against: str | None
) -> list[tuple[Annotator, Annotator]]:
    """Whom to test against whom, the one that ought to be better first.

    Each adapter against its model without it, under the same prompt if there is such a run; or
    everyone against the one that is named. Raises SettingsError where several are called that.
    """
    if against is None:
        found = ((each, _bare(each, annotators)) for each in annotators if each.adapter)
        return [(each, bare) for each, bare in found if bare]
    named = choose(annotators, [against])
    if len(named) > 1:
        raise SettingsError(
            f"--against {against} could be any of {', '.join(names_of(named).values())}: "
            "leave all but one out with --adapters."
        )
    return [(each, named[0]) for each in annotators if each != named[0]]


def _bare(adapted: Annotator, annotators: Sequence[Annotator]) -> Annotator | None:
    bare = [each for each in annotators if each.adapter is None and each.model == adapted.model]
    same_prompt = [each for each in bare if each.prompt_id == adapted.prompt_id]
    return next(iter([*same_prompt, *bare]), None)
