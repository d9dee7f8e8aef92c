"""Sets that are joined by their members (union-find). Pure."""


def root(parents: dict[str, str], member: str) -> str:
    """The member that stands for the set of another, which is a set of its own if it is new.

    To join two sets make the root of one the parent of the other's. Paths are halved on the way
    (Tarjan & van Leeuwen 1984).
    """
    parents.setdefault(member, member)
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member
