"""Something that can run here or cannot, and what it lacks."""

from dataclasses import dataclass

from pairset.app.doctor.extras import installed_version
from pairset.app.doctor.imports import imports_of
from pairset.app.verbs import Verb
from pairset.packages import extra_for


@dataclass(frozen=True, slots=True)
class Ability:
    """A verb, engine or encoder, and whether it can run here."""

    kind: str
    name: str
    runs: bool
    detail: str
    """What it runs on, or what to install."""


def ability_of_verb(verb: Verb) -> Ability:
    """Whether a verb finds what its modules import; its engines and encoders are judged apart."""
    imported = imports_of(verb.function.split(":")[0])
    missing = [name for name in sorted(imported.always) if not installed_version(name)]
    later = [name for name in sorted(imported.sometimes) if not installed_version(name)]
    if missing:
        return Ability("verb", verb.name, False, f"needs {_to_install(missing, verb)}")
    detail = f"in part: some of it needs {_to_install(later, verb)}" if later else "all it imports"
    return Ability("verb", verb.name, True, detail)


def _to_install(packages: list[str], verb: Verb) -> str:
    """The packages by the extras that bring them."""
    by_extra: dict[str, list[str]] = {}
    for name in packages:
        extra = extra_for(name, verb.name)
        by_extra.setdefault(f"'pairset[{extra}]'" if extra else name, []).append(name)
    return "; ".join(f"{', '.join(names)}: pip install {to}" for to, names in by_extra.items())
