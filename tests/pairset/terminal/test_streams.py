"""Output that nobody reads does not stop work, and is never written into a file of the set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WORK = """
import sys
from pathlib import Path
from pairset.app import cli
from pairset.terminal import console
from pairset.running import progress
from pairset.terminal.streams import open_missing_streams

def work():
    open_missing_streams()
    kept = open(sys.argv[1], "wb", buffering=0)
    for number in progress.progress(range(2000), "work", 2000, "row"):
        console.say("said " * 20)
        console.complain("complained " * 20)
    console.say_table("Table", ["name", "rows"], [["x" * 50, 1]] * 2000)
    kept.write(b"whole")
    return cli._code_of_output()
sys.exit(work())
"""


def run(tmp_path: Path, shell: str) -> tuple[int, str, bytes]:
    """Do the work with its output as the shell says; its code, what is on file, and its errors."""
    file = tmp_path / "file"
    command = ["bash", "-c", f'{{ "$0" -c "$1" "$2"; echo "code $?" >&3; }} 3>"$3" {shell}']
    done = subprocess.run(
        [*command, sys.executable, WORK, str(file), str(tmp_path / "code")],
        capture_output=True,
        text=True,
        check=False,
    )
    code = int((tmp_path / "code").read_text().split()[1])
    return code, done.stderr, file.read_bytes()


@pytest.mark.parametrize(
    "shell", ["| head -1", "2>&1 | head -1", ">&-", "2>&-", ">&- 2>&- <&-", "| true"]
)
def test_work_goes_on_where_nobody_reads(tmp_path: Path, shell: str) -> None:
    code, errors, file = run(tmp_path, shell)
    assert (code, file) == (0, b"whole")
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors


def test_a_full_disk_under_standard_output_is_told_and_work_goes_on(tmp_path: Path) -> None:
    code, errors, file = run(tmp_path, ">/dev/full")
    assert (code, file) == (1, b"whole")
    assert "could not be written: [Errno 28] No space left" in errors
    assert "Traceback" not in errors


def test_the_command_whose_reader_has_gone_ends_well(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "pairset", "--help"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
