"""How much memory is free for this process: the machine's, or what a container leaves of it."""

import resource
from pathlib import Path

from pairset.errors import ModelUnavailableError

_MACHINE = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def free_memory_bytes() -> int | None:
    """What may still be taken; None where the system does not tell."""
    found = [_of_machine(), *_of_container()]
    known = [free for free in found if free is not None]
    return min(known, default=None)


def require_address_space(least_bytes: int, what: str) -> None:
    """Check a limit of the shell (``ulimit -v``) before libraries that hang or die under it.

    Raises ModelUnavailableError.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < least_bytes:
        raise ModelUnavailableError(
            f"{what} takes {least_bytes / (1 << 30):.0f} GB of addresses or more, and this "
            f"process may have {limit / (1 << 30):.1f} GB. Raise the limit: ulimit -v unlimited"
        )


def _of_machine() -> int | None:
    try:
        lines = _MACHINE.read_text(encoding="ascii", errors="replace").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(kilobytes) << 10
    except (OSError, StopIteration, IndexError, ValueError):
        return None


def _of_container() -> list[int]:
    """Limits of control groups, old and new, less what is in use. What can be reclaimed counts as
    used: too little is said rather than too much.
    """
    try:
        lines = _OWN_GROUP.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, kinds, path = line.split(":", 2) if line.count(":") > 1 else ("", "-", "")
        for folder in _folders(kinds, path):
            for limit, used in (
                ("memory.max", "memory.current"),
                ("memory.limit_in_bytes", "memory.usage_in_bytes"),
            ):
                found += _left(folder / limit, folder / used)
    return found


def _folders(kinds: str, path: str) -> list[Path]:
    if kinds == "":
        return [_GROUPS / path.lstrip("/"), _GROUPS]
    if "memory" in kinds.split(","):
        return [_GROUPS / "memory" / path.lstrip("/"), _GROUPS / "memory"]
    return []


def _left(limit: Path, used: Path) -> list[int]:
    try:
        return [max(0, int(limit.read_text()) - int(used.read_text()))]
    except (OSError, ValueError):  # none, or "max"
        return []
