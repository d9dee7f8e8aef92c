"""A package that is not there, or broken: a sentence, the extra that brings it, and exit code 3."""

import ast
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clustering.encoder_kinds import KINDS
from pairset.app.doctor.ability import ability_of_verb
from pairset.app.doctor.imports import imports_of
from pairset.app.verbs import VERBS, Verb, find_verb
from pairset.errors import MissingExtraError
from pairset.packages import extra_for, package_of
from pairset.store import PairSet

ROOT = Path(__file__).parents[3]
HIDE = """
import sys
hidden, broken, *words = sys.argv[1:]
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name.split(".")[0] == broken:
            raise ImportError("libGL.so.1: cannot open shared object file", name=name)
sys.meta_path.insert(0, Hidden())
from pairset.app.cli import main
sys.exit(main(words))
"""
RECORD = """
import builtins, sys
from pathlib import Path
ours = ("annotator", "clustering", "finetune", "pairset", "review")
seen, plain = set(), builtins.__import__
def noting(name, globals=None, locals=None, fromlist=(), level=0):
    file = str((globals or {}).get("__file__", ""))
    if level == 0 and file.endswith(".py"):
        if (globals or {}).get("__name__", "").split(".")[0] in ours:
            seen.add(name.split(".")[0])
    return plain(name, globals, locals, fromlist, level)
builtins.__import__ = noting
from pairset.app.cli import main
code = main(sys.argv[1:])
builtins.__import__ = plain
print("imported", sorted(seen - set(ours) - set(sys.stdlib_module_names)))
sys.exit(code)
"""


def python(*words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)


@pytest.mark.parametrize(
    ("module", "words", "said"),
    [
        ("cv2", "mine NEW PHOTOS --encoder lite0", "opencv-python-headless"),
        ("torch", "mine NEW PHOTOS --encoder lite0", "pairset[mine]"),
        ("httpx", "annotate SET --server http://127.0.0.1:9", "pairset[transformers]"),
        ("tenacity", "annotate SET --server http://127.0.0.1:9", "pairset[transformers]"),
        ("tenacity", "review push SET", "pairset[review]"),
        ("xgrammar", "annotate SET --model starter --engine transformers", "xgrammar"),
        ("label_studio_sdk", "review push SET", "pairset[review]"),
        ("rouge_score", "evaluate SET", "pairset[train]"),
        ("peft", "merge SET starter-wider MERGED", "pairset[train]"),
        ("jinja2", "report SET", "pip install jinja2"),
        ("duckdb", "status SET", "pip install duckdb"),
        ("rich", "status SET", "pip install rich"),
        ("pydantic", "sql SET 'SELECT 1'", "pip install pydantic"),
        ("tqdm", "report SET", "pip install tqdm"),
        ("packaging", "doctor", "pip install packaging"),
    ],
)
def test_a_missing_package_is_named_with_what_brings_it(
    module: str, words: str, said: str, annotated_set: PairSet, tmp_path: Path
) -> None:
    places = {"SET": annotated_set.url, "NEW": str(tmp_path / "new")}
    places |= {"PHOTOS": str(tmp_path / "photos"), "MERGED": str(tmp_path / "merged")}
    filled = [places.get(word, word) for word in words.replace("'SELECT 1'", "SELECT_1").split()]

    run = python("-c", HIDE, module, "-", *(word.replace("_1", " 1") for word in filled))

    assert run.returncode == 3, run.stderr
    assert f"{package_of(module)} is not installed" in run.stderr
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_broken_package_is_named_with_its_reason(annotated_set: PairSet) -> None:
    run = python("-c", HIDE, "-", "duckdb", "status", annotated_set.url)

    assert run.returncode == 3
    assert "duckdb is installed and cannot be imported: libGL.so.1" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_extra_is_chosen_by_the_verb_that_needs_it() -> None:
    assert extra_for("torch", "mine") == "mine"
    assert extra_for("torch.nn", "train") == "train"
    assert extra_for("httpx", "review push") == "review"
    assert extra_for("duckdb", "mine") is None
    assert "pairset[mine]" in str(MissingExtraError("faiss", "mine"))


def loaded(*words: str) -> set[str]:
    """The packages that our modules imported in a run of their own."""
    run = python("-c", RECORD, *words)
    assert run.returncode == 0, run.stderr
    last = run.stdout.splitlines()[-1]
    return {package_of(module) for module in ast.literal_eval(last.removeprefix("imported "))}


def declared() -> set[str]:
    """Packages that an extra of ours brings."""
    lines = importlib.metadata.requires("pairset") or []
    return {line.split(";")[0].strip(" <>=.0123456789,") for line in lines if "extra ==" in line}


@pytest.mark.parametrize(
    "words",
    [
        ["triage", "SET"],
        ["report", "SET"],
        ["status", "SET"],
        ["sql", "SET", "SELECT 1"],
        ["adapters", "SET"],
        ["mine", "NEW", "PHOTOS", "--encoder", "lite0", "--workers", "1"],
    ],
    ids=lambda words: words[0],
)
def test_doctor_knows_all_that_a_verb_imports(
    words: list[str], annotated_set: PairSet, tmp_path: Path
) -> None:
    places = {"SET": annotated_set.url, "NEW": str(tmp_path / "n"), "PHOTOS": f"{tmp_path}/photos"}
    verb, _ = find_verb(words)
    assert verb
    known = imports_of(verb.function.split(":")[0])
    judged_apart = {name for kind in KINDS for group in kind.packages for name in group}

    really = loaded(*(places.get(word, word) for word in words)) & declared()

    assert really <= known.always | known.sometimes | judged_apart


def test_doctor_finds_imports_within_functions() -> None:
    known = imports_of("pairset.app.status.show")

    assert "pydantic" in known.always
    assert {"duckdb", "rich"} <= known.sometimes
    assert not known.always & known.sometimes


def test_doctor_says_of_a_verb_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def version_of(package: str) -> str | None:
        return None if package in ("opencv-python-headless", "hdbscan") else "1"

    monkeypatch.setattr("pairset.app.doctor.ability.installed_version", version_of)
    by_name = {verb.name: ability_of_verb(verb) for verb in VERBS}

    assert not by_name["mine"].runs
    assert "opencv-python-headless: pip install 'pairset[mine]'" in by_name["mine"].detail
    assert by_name["status"].runs
    assert ability_of_verb(
        Verb("d", "", "", "clustering.image_clusters.density:f")
    ).detail.startswith("in part")
