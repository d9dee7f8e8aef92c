"""A package of somebody else, as pip would have installed it: a module and its entry point."""

from pathlib import Path


def install(folder: Path, module: str, code: str, target: str) -> Path:
    """Put ``module`` with that code into a folder of packages, with ``target`` as its source."""
    folder.mkdir(exist_ok=True)
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[pairset.sources]\nadded = {target}\n")
    return folder
