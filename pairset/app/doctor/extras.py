"""What the extras of this package ask for, and what is installed: from package metadata alone.

Nothing is imported to find out, so the answer takes milliseconds and cannot crash.
"""

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement

BASE = "base"
"""What is required without any extra."""


@dataclass(frozen=True, slots=True)
class PackageState:
    """One requirement, and the version that is installed."""

    name: str
    wanted: str
    """Version specifier; empty where any will do."""
    installed: str | None

    @property
    def satisfied(self) -> bool:
        return self.installed is not None and self._fits(self.installed)

    def _fits(self, version: str) -> bool:
        return Requirement(f"{self.name}{self.wanted}").specifier.contains(
            version, prereleases=True
        )


def installed_version(package: str) -> str | None:
    """Version of an installed package, None where there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def extras_of(distribution: str) -> dict[str, list[PackageState]]:
    """By extra, what the installed distribution asks for; ``base`` comes first."""
    lines = importlib.metadata.requires(distribution) or []
    provided = importlib.metadata.metadata(distribution).get_all("Provides-Extra") or []
    return {extra: states_of(lines, extra) for extra in [BASE, *(str(name) for name in provided)]}


def states_of(requirement_lines: Iterable[str], extra: str) -> list[PackageState]:
    """What one extra asks for on this machine, beyond what is required without it."""
    environment = {"extra": "" if extra == BASE else extra}
    states = []
    for line in requirement_lines:
        requirement = Requirement(line)
        marker = requirement.marker
        belongs_to_extra = "extra ==" in str(marker)
        if belongs_to_extra == (extra == BASE) or (marker and not marker.evaluate(environment)):
            continue
        specifier, name = str(requirement.specifier), requirement.name
        states.append(PackageState(name, specifier, installed_version(name)))
    return states
