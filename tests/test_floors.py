"""Who may import whom: the table of docs/architecture.md, kept true."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"annotator", "clustering", "finetune", "pairset", "review"}
ROOF = ("app/", "__main__.py")
MAY_IMPORT = {
    "pairset": ("pairset",),
    "clustering": ("clustering", "pairset"),
    "annotator": ("annotator", "pairset"),
    "review": ("review", "pairset"),
    "finetune": (
        "finetune",
        "pairset",
        "annotator.weights",
        # The judge asks an OpenAI-compatible endpoint, with the annotator's own retries and tokens.
        "annotator.engines.chat_api",
        "annotator.engines.http",
        "annotator.pictures",
        "annotator.prompting",
    ),
}


def imports_of(path: Path) -> Iterator[str]:
    """Every module of ours that a file names in an import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in OURS)


def is_allowed(name: str, floors: tuple[str, ...]) -> bool:
    return any(name == floor or name.startswith(f"{floor}.") for floor in floors)


def files_read_by(path: Path) -> Iterator[str]:
    """Packages of ours whose files a module reads as resources, by name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            first = node.args[0] if node.args else None
            if name in {"files", "PackageLoader"} and isinstance(first, ast.Constant):
                yield str(first.value)


def forbidden_imports(package: str) -> list[str]:
    folder = ROOT / package
    found = []
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder).as_posix()
        if package == "pairset" and inside.startswith(ROOF):
            continue
        for name in (*imports_of(path), *files_read_by(path)):
            if not is_allowed(name, MAY_IMPORT[package]):
                found.append(f"{package}/{inside} reads {name}")
    return found


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_from_its_own_floor_and_those_below(package: str) -> None:
    assert forbidden_imports(package) == []


def test_every_package_of_ours_has_its_floor() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert folders - {"tests", "benchmarks"} == set(MAY_IMPORT) == OURS


def test_a_file_read_from_another_package_counts(tmp_path: Path) -> None:
    file = tmp_path / "reader.py"
    file.write_text("from importlib.resources import files\ntext = files('finetune') / 'weights'\n")

    assert list(files_read_by(file)) == ["finetune"]


def test_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    file = tmp_path / "late.py"
    file.write_text("def f():\n    from annotator import engines\n    import review.triage\n")

    assert list(imports_of(file)) == ["annotator.engines", "review.triage"]
