"""What CONTRIBUTING.md shows: its blocks of code, and trees in which its diffs are applied."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("annotator", "clustering", "finetune", "pairset", "review")


def blocks(title: str, language: str) -> list[str]:
    """The blocks of one language in the section of that title."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def entry_points(title: str, group: str) -> dict[str, str]:
    """What the section's pyproject.toml adds to a group: targets by name."""
    (described,) = blocks(title, "toml")
    added: dict[str, str] = tomllib.loads(described)["project"]["entry-points"][group]
    return added


def copied_tree(folder: Path, *changed: str) -> Path:
    """This repository's packages in a folder: those named are copies, the others links."""
    folder.mkdir()
    for package in PACKAGES:
        if package in changed:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, folder / package, ignore=ignored)
        else:
            (folder / package).symlink_to(ROOT / package)
    return folder


def apply_diff(tree: Path, diff: str) -> int:
    """Apply a diff whose hunks are found by their lines alone. Returns how many lines it adds."""
    head, *hunks = re.split(r"^@@.*\n", diff, flags=re.MULTILINE)
    path = tree / head.removeprefix("--- ").strip()
    text = path.read_text(encoding="utf-8")
    added = 0
    for hunk in hunks:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if not line.startswith("+"))
        after = "".join(line[1:] or "\n" for line in lines)
        assert not any(line.startswith("-") for line in lines), "the guide only adds lines"
        assert text.count(before) == 1, f"{path.name} holds these lines once:\n{before}"
        text = text.replace(before, after)
        added += sum(line.startswith("+") for line in lines)
    path.write_text(text, encoding="utf-8")
    return added


def python(tree: Path, *words: str, packages: Path | None = None) -> subprocess.CompletedProcess:
    """Python in a tree, with packages of others where they are given."""
    paths = os.pathsep.join(map(str, [tree, *([packages] if packages else [])]))
    changed = {"PYTHONPATH": paths, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env=os.environ | changed,
        capture_output=True,
        text=True,
    )
