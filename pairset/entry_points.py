"""What other installed packages add to ours through entry points."""

from pairset.errors import PlugInError


def added_by_others(group: str) -> list[tuple[str, object]]:
    """The objects of a group of entry points, each with the name of its package.

    Raises PlugInError, which names the package, where one cannot be loaded.
    """
    from importlib.metadata import entry_points

    found = []
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        package = entry.dist.name if entry.dist else entry.module
        try:
            found.append((package, entry.load()))
        except Exception as error:  # a module of others may raise anything
            reason = f"{type(error).__name__}: {error}"
            raise PlugInError(
                f"The package {package} adds {entry.name!r} to {group}, and {entry.value} cannot "
                f"be loaded: {reason}. Update that package, or uninstall it."
            ) from error
    return found
