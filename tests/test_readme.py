"""What people are told to type works: every command of README and CONTRIBUTING is checked."""

import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from pairset.app.verbs import find_verb
from pairset.settings import parse_settings

ROOT = Path(__file__).parent.parent
PAGES = sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))
DOCUMENTS = ("README.md", "CONTRIBUTING.md", *PAGES)


def commands(document: str) -> list[str]:
    """The lines of the document's shell blocks, comments and prompts taken off."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(), re.M | re.S)
    joined = (block.replace("\\\n", " ") for block in blocks)
    lines = (line.strip().removeprefix("$ ") for block in joined for line in block.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


COMMANDS = [(document, line) for document in DOCUMENTS for line in commands(document)]


def test_the_readme_has_commands() -> None:
    assert len(commands("README.md")) >= 10


@pytest.mark.parametrize(("document", "line"), COMMANDS)
def test_a_documented_command_is_one_we_know(document: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    assert words, line
    program = Path(words[0]).name
    known = {
        "pip",
        "make",
        "pairset",
        "pre-commit",
        "python",
        "export",
        "./install.sh",
        "accelerate",
        "ray",
    }
    assert program in {Path(name).name for name in known}, f"{document}: {line}"


@pytest.mark.parametrize("line", [line for _, line in COMMANDS if "pairset " in line])
def test_a_documented_pairset_command_parses(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "accelerate":
        words = words[words.index("-m") + 1 :]
    if Path(words[0]).name != "pairset":
        pytest.skip("pairset is named, not called")
    verb, rest = find_verb(words[1:])
    assert verb, line
    module, name = verb.settings.split(":")
    parse_settings(getattr(import_module(module), name), rest)


@pytest.mark.parametrize("line", [line for _, line in COMMANDS if line.startswith("make ")])
def test_a_documented_make_target_exists(line: str) -> None:
    target = shlex.split(line, comments=True)[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("line", [line for _, line in COMMANDS if line.startswith("pip install")])
def test_a_documented_extra_exists(line: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert "[" in line
    for named in re.findall(r"(?:pairset|\.)\[([^\]]+)\]", line):
        assert set(named.split(",")) <= extras.keys()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    for link in links:
        assert ((ROOT / document).parent / link).exists(), f"{document} → {link}"
