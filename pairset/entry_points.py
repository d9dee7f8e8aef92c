"""What other installed packages add to ours through entry points: found and loaded here alone."""

from dataclasses import dataclass

from pairset.errors import PlugInError

SOURCES_GROUP = "pairset.sources"
ENGINES_GROUP = "pairset.engines"
ENCODERS_GROUP = "pairset.encoders"
GROUPS = (SOURCES_GROUP, ENGINES_GROUP, ENCODERS_GROUP)
"""The groups of entry points under which other packages add to ours."""


@dataclass(frozen=True, slots=True)
class Addition:
    """One entry point of another package."""

    name: str
    group: str
    package: str
    """The distribution, as pip names it."""
    target: str
    """``module:object``."""

    def load(self) -> object:
        """Import the object. Raises PlugInError where that fails."""
        from importlib.metadata import EntryPoint

        try:
            return EntryPoint(self.name, self.target, self.group).load()
        except Exception as error:  # a module of others may raise anything
            reason = f"{type(error).__name__}: {error}"
            raise self.unusable(f"cannot be loaded: {reason}") from error

    def unusable(self, why: str) -> PlugInError:
        """The error to raise where the object is no good. why: what follows its name."""
        return PlugInError(
            f"The package {self.package} adds {self.name!r} to {self.group}, and {self.target} "
            f"{why}. Update that package, or uninstall it."
        )


def additions(group: str) -> list[Addition]:
    """What a group holds, by name and target. Nothing is imported."""
    from importlib.metadata import entry_points

    found = (
        Addition(entry.name, group, entry.dist.name if entry.dist else entry.value, entry.value)
        for entry in entry_points(group=group)
    )
    return sorted(found, key=lambda addition: (addition.name, addition.target))


def added_names(group: str) -> list[str]:
    """The names of a group, each once. Nothing is imported."""
    return sorted({addition.name for addition in additions(group)})


def find_addition(group: str, name: str) -> Addition | None:
    """The one of that name, not imported yet; None where there is none.

    Raises PlugInError where two packages add it.
    """
    found = [addition for addition in additions(group) if addition.name == name]
    if len(found) > 1:
        packages = " and ".join(sorted(addition.package for addition in found))
        raise PlugInError(
            f"The packages {packages} both add {name!r} to {group}. Uninstall one of them."
        )
    return found[0] if found else None
