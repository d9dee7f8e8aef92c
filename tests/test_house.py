"""The house itself: rooms that one looks over, no loops between them, one name for one thing."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.test_floors import OURS, ROOT, imports_of

MODULES_IN_A_ROOM = 15
LINES_OF_A_FILE = 268
LINES_OF_A_FUNCTION = 45
PARAMETERS = 6
SHARED_NAMES = {
    "__init__": "what every folder has",
    "__main__": "what `python -m` runs",
    "errors": "what can go wrong in a package",
    "probe": "the row, and the verb that writes it",
    "protocol": "what an engine, an encoder or a source is",
    "registry": "a table of names and what they load",
    "settings": "the settings of a package's verbs",
    "triage": "the row, and the verb that writes it",
}
"""Names that several modules may have, since they mean the same in each place."""


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def room_of(path: Path) -> str:
    """The folder of a module; a module that lies flat in a package is a room of its own."""
    inside = path.relative_to(ROOT)
    return inside.as_posix() if len(inside.parts) == 2 else inside.parent.as_posix()


def file_of(name: str) -> Path | None:
    """The module that a dotted name lies in, if it is one of a room."""
    while name:
        path = ROOT.joinpath(*name.split("."))
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
        if path.is_dir() and "." in name:
            return path / "__init__.py"
        name = name.rpartition(".")[0]
    return None


def rooms_and_what_they_import() -> dict[str, set[str]]:
    arrows: dict[str, set[str]] = defaultdict(set)
    for path in modules(*OURS):
        for name in imports_of(path):
            target = file_of(name)
            if target is not None and room_of(target) != room_of(path):
                arrows[room_of(path)].add(room_of(target))
    return arrows


def loop_in(arrows: Mapping[str, set[str]]) -> list[str]:
    """The rooms of loops: rooms that import nothing, or that nothing imports, are taken away."""
    left = {room: set(targets) for room, targets in arrows.items()}
    while left:
        wanted = {target for targets in left.values() for target in targets}
        free = {room for room, targets in left.items() if not targets & left.keys()}
        free |= left.keys() - wanted
        if not free:
            return sorted(left)
        left = {room: targets for room, targets in left.items() if room not in free}
    return []


def test_no_room_imports_a_room_that_imports_it() -> None:
    assert loop_in(rooms_and_what_they_import()) == []


def test_a_loop_would_be_seen() -> None:
    assert loop_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]
    assert loop_in({"a": {"b", "c"}, "b": {"c"}}) == []


@pytest.mark.parametrize("folder", [*sorted(OURS), "tests", "benchmarks"])
def test_no_room_has_more_modules_than_one_looks_over(folder: str) -> None:
    rooms: dict[Path, int] = defaultdict(int)
    for path in modules(folder):
        rooms[path.parent.relative_to(ROOT)] += 1

    assert {room: count for room, count in rooms.items() if count > MODULES_IN_A_ROOM} == {}


def test_the_tree_of_the_docs_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = page.split("## Rooms")[1].split("\n## ")[0]
    rooms = {path.parent.name for path in modules(*OURS)}

    assert sorted(room for room in rooms if f" {room}/" not in tree) == []


def test_a_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules(*OURS):
        if path.stem not in SHARED_NAMES:
            places[path.stem].append(path.relative_to(ROOT).as_posix())

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("package", sorted(OURS))
def test_files_and_functions_stay_short(package: str) -> None:
    long = []
    for path in modules(package):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LINES_OF_A_FILE:
            long.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                count = len([each for each in given if each.arg not in ("self", "cls")])
                if lines > LINES_OF_A_FUNCTION or count > PARAMETERS:
                    long.append(f"{path.relative_to(ROOT)}: {node.name}, {lines} lines, {count}")

    assert long == []
