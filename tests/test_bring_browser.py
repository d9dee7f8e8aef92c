"""``make test`` brings its browser: playwright's own, else the system's, else it says so."""

import shutil
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "bring_browser.sh"
NEEDED = ("bash", "timeout", "id", "env", "sh")

PYTHON = """\
#!/bin/sh
# Stands for Python: whether playwright has its browser, and whether it can download one.
case "$1" in
    -c) exit {has_browser} ;;
    -m) echo download >> {folder}/asked; exit {downloads} ;;
esac
"""
APT = """\
#!/bin/sh
echo "apt-get $1" >> {folder}/asked
exit {installs}
"""


def brought(folder: Path, *can: str) -> str:
    """What the script says on a machine that can so much; ``asked`` is what it tried."""
    fails = {word: int(word not in can) for word in ("has_browser", "downloads", "installs")}
    programs = {
        "python": PYTHON.format(folder=folder, **fails),
        "apt-get": APT.format(folder=folder, **fails),
        "sudo": '#!/bin/sh\nshift\nexec "$@"\n',
    }
    for name, program in programs.items():
        (folder / name).write_text(program)
        (folder / name).chmod(0o755)
    for name in NEEDED:
        (folder / name).symlink_to(f"/usr/bin/{name}")
    run = subprocess.run(
        ["/usr/bin/bash", str(SCRIPT), "python"],
        env={"PATH": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout + run.stderr


def asked(folder: Path) -> list[str]:
    path = folder / "asked"
    return path.read_text().splitlines() if path.exists() else []


def test_a_browser_that_is_here_is_enough(tmp_path: Path) -> None:
    assert brought(tmp_path, "has_browser") == ""
    assert asked(tmp_path) == []


def test_playwright_s_own_comes_first(tmp_path: Path) -> None:
    assert "cannot" not in brought(tmp_path, "downloads")
    assert asked(tmp_path) == ["download"]


def test_the_system_s_package_comes_second(tmp_path: Path) -> None:
    said = brought(tmp_path, "installs")
    assert asked(tmp_path) == ["download", "apt-get update", "apt-get install"]
    assert "not tested" not in said


def test_where_neither_is_to_be_had_one_line_says_what_is_not_tested(tmp_path: Path) -> None:
    said = brought(tmp_path)
    assert said.splitlines()[-1].endswith("pages are not tested")


def test_without_a_browser_the_last_line_says_how_many_tests_did_not_run(tmp_path: Path) -> None:
    shutil.copy(SCRIPT.parent / "conftest.py", tmp_path)
    (tmp_path / "test_page.py").write_text("def test_a_page(page): page.goto('about:blank')")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "1 tests of pages did not run" in run.stdout
