"""Rows are reused only where nothing that they depend on has changed.

A rule that changes without its stage's version would be such a case: the digests below notice it.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from clustering.gates.rules import ALIGNED, CHOSEN, COMPARED, PROPOSED, gates_of
from clustering.keys import VERSIONS, run_key
from clustering.settings import MineSettings
from pairset.records.pair import GATES
from pairset.stage_marks import settings_for, stage, stages_of

CLUSTERING = Path(__file__).parents[2] / "clustering"
WITHOUT_A_KEY = {"images"}
"""Shards of images are named by a plan that is never replaced."""
RULES = {
    "embeddings": (
        *("embed.py", "encoders/bilingual_clip.py", "encoders/device.py", "encoders/dinov2.py"),
        *("encoders/lite0.py", "encoders/open_clip.py", "encoders/pixels.py"),
        *("encoders/processors.py", "encoders/protocol.py", "encoders/towers.py"),
    ),
    "cells": ("cells.py",),
    "candidates": (
        *("candidates.py", "encoder_kinds.py", "gates/rules.py"),
        *("image_clusters/*.py", "neighbors/*.py"),
    ),
    "measures": ("pairs.py", "gates/*.py"),
    "pairs": ("selection.py", "gates/rules.py"),
}
"""By stage, the modules that decide what is in its rows."""
DIGESTS = {
    "embeddings": ("2", "37c3059f5962"),
    "cells": ("5", "80c7b4665118"),
    "candidates": ("5", "95284ef1bdc6"),
    "measures": ("6", "d84cd51757b6"),
    "pairs": ("5", "d21cfe1fc25f"),
}
"""By stage, its version and the digest of its rules at that version."""


def parts_of(node: Any) -> Iterator[str]:
    """A syntax tree as words, the same in every version of Python.

    Comments, docstrings and imports are left out: no row depends on them.
    """
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if value not in (None, []) and name not in ("ctx", "kind", "type_ignores"):
                yield name
                yield from parts_of(value)
    elif isinstance(node, list):
        for each in node:
            if not (isinstance(each, ast.Import | ast.ImportFrom) or is_text(each)):
                yield from parts_of(each)
        yield "end"
    else:
        yield repr(node)


def is_text(node: Any) -> bool:
    """Whether a statement is a text that stands alone, as docstrings do."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def digest_of(sources: list[str]) -> str:
    words = (word for source in sources for word in parts_of(ast.parse(source)))
    return hashlib.blake2b("\n".join(words).encode(), digest_size=6).hexdigest()


def rules_of(name: str) -> list[str]:
    paths = sorted({path for pattern in RULES[name] for path in CLUSTERING.glob(pattern)})
    return [path.read_text(encoding="utf-8") for path in paths]


@pytest.mark.parametrize("name", VERSIONS)
def test_rules_change_only_with_the_version_of_their_stage(name: str) -> None:
    found = VERSIONS[name], digest_of(rules_of(name))

    assert found == DIGESTS[name], (
        f"The rules of the stage {name} have changed. If any row may change, raise the version of "
        f"{name} in clustering/keys.py; then, or if no row changes, write {found} into DIGESTS."
    )


def test_every_rule_module_is_there() -> None:
    patterns = {pattern for patterns in RULES.values() for pattern in patterns}

    assert [pattern for pattern in patterns if not list(CLUSTERING.glob(pattern))] == []
    assert RULES.keys() == DIGESTS.keys() == VERSIONS.keys()


RULE = """
FLOOR = 0.5
def f(x):
    return x > FLOOR
"""
SAME_RULE = """
'''Why.'''
import math
FLOOR = 0.5  # measured
def f(x):
    'Doc.'
    return (x > FLOOR)
"""


def test_a_digest_sees_rules_and_neither_comments_nor_docstrings() -> None:
    assert digest_of([SAME_RULE]) == digest_of([RULE])
    assert digest_of([RULE.replace("0.5", "0.6")]) != digest_of([RULE])
    assert digest_of([RULE.replace(">", ">=")]) != digest_of([RULE])


def marked_with(name: str) -> set[str]:
    fields = MineSettings.model_fields.items()
    return {field for field, info in fields if name in (stages_of(info) or ())}


@pytest.mark.parametrize("name", MineSettings.model_fields)
def test_every_setting_says_which_rows_it_matters_to(name: str) -> None:
    stages = stages_of(MineSettings.model_fields[name])

    assert stages is not None, f"Mark {name} with stage(…), or with NO_ROWS."
    assert set(stages) <= VERSIONS.keys() | WITHOUT_A_KEY


def test_what_gates_go_by_is_in_the_key_of_the_rows_that_they_decide() -> None:
    def settings_of(*rules: Any) -> set[str]:
        return {name for rule in rules for name in rule.settings}

    assert settings_of(*PROPOSED) <= marked_with("candidates")
    assert settings_of(*ALIGNED, *COMPARED) == marked_with("measures")
    assert settings_of(*CHOSEN) <= marked_with("pairs")


def test_every_gate_is_in_the_key_of_the_stage_whose_rows_it_decides() -> None:
    named = [gate for name in VERSIONS for gate in gates_of(name)]

    assert named == [f"gate={gate.status}" for gate in GATES]


class WithForgotten(MineSettings):
    forgotten: int = 1
    of_cells: Annotated[int, stage("cells")] = 1


@pytest.mark.parametrize("name", VERSIONS)
def test_a_setting_without_a_mark_changes_every_key(name: str) -> None:
    one, other = (
        WithForgotten(set_url="set", corpus=["photos"], forgotten=value) for value in (1, 2)
    )

    assert run_key(name, (), settings_for(one, name)) != run_key(
        name, (), settings_for(other, name)
    )


def test_a_setting_changes_the_keys_of_the_stages_that_it_is_marked_for_alone() -> None:
    one, other = (
        WithForgotten(set_url="set", corpus=["photos"], of_cells=value) for value in (1, 2)
    )
    changed = [name for name in VERSIONS if settings_for(one, name) != settings_for(other, name)]

    assert changed == ["cells"]


def test_a_raised_version_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_key("cells", (), {})
    monkeypatch.setattr("clustering.keys.VERSIONS", dict(VERSIONS) | {"cells": "raised"})

    assert run_key("cells", (), {}) != before
