"""A package of somebody else, as pip leaves it: modules, and what they add by entry points."""

from pathlib import Path


def install(
    folder: Path, package: str, group: str, added: dict[str, str], modules: dict[str, str]
) -> Path:
    """Put a package into a folder of the module path.

    added: by name, the ``module:object`` of each entry point of the group. modules: code by name.
    """
    about = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    lines = [f"{name} = {target}" for name, target in added.items()]
    (about / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return folder
