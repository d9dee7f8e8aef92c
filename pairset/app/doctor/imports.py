"""What a verb imports, read off the source: nothing is imported to find out."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pairset.packages import package_of

_OURS = frozenset({"annotator", "clustering", "finetune", "pairset", "review"})
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Imported:
    """Packages by when they are imported, without those of the standard library."""

    always: frozenset[str]
    """With the verb's modules: without one of them it cannot begin."""
    sometimes: frozenset[str]
    """Within functions: for some settings, or late."""


def imports_of(module: str) -> Imported:
    """What a module of ours imports, and all that it leads to."""
    always = _reached(module, late=False)
    return Imported(always, _reached(module, late=True) - always)


def _reached(module: str, late: bool) -> frozenset[str]:
    waiting, seen, packages = [module], {module}, set()
    while waiting:
        for name, is_late in _imports(waiting.pop()):
            top = name.split(".", 1)[0]
            if is_late and not late:
                continue
            if top not in _OURS:
                packages.add(package_of(top))
            elif name not in seen and _file(name):
                seen.add(name)
                waiting.append(name)
    return frozenset(packages)


@cache
def _imports(module: str) -> tuple[tuple[str, bool], ...]:
    """The modules that a file names in imports, and whether in a function."""
    path = _file(module)
    if path is None:
        return ()
    return tuple(_named(ast.parse(path.read_text(encoding="utf-8")), is_late=False))


def _named(node: ast.AST, is_late: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.Import):
            names = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom) and child.module:
            parts = [f"{child.module}.{alias.name}" for alias in child.names]
            names = [child.module, *(part for part in parts if part.split(".")[0] in _OURS)]
        else:
            inside = isinstance(child, ast.FunctionDef | ast.Lambda)
            yield from _named(child, is_late or inside)
            continue
        outside = (name for name in names if name.split(".")[0] not in sys.stdlib_module_names)
        yield from ((name, is_late) for name in outside)


def _file(module: str) -> Path | None:
    path = _ROOT.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in candidates if each.is_file()), None)
