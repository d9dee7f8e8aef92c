"""The file of a training curve: one JSON object a line, the last of which may be torn."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

from pairset.files.storage import write_whole
from pairset.terminal.console import complain

CURVE = "curve.jsonl"


class Point(TypedDict):
    """What was logged at one step."""

    step: int
    loss: float
    learning_rate: NotRequired[float | None]


def read_points(path: Path) -> list[Point]:
    """What was logged, in order; lines that power loss or a full disk cut off are left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    points = [point for line in lines if (point := _point(line)) is not None]
    if len(points) < len(lines):
        complain(f"{path}: {len(lines) - len(points)} damaged lines of the curve are left out.")
    return points


def append_point(path: Path, point: Mapping[str, object]) -> None:
    """Add one line. Raises OSError."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(point) + "\n")


def cut_curve(folder: Path, checkpoint: Path | None) -> None:
    """Forget the points after the checkpoint that training goes on from, and torn ones."""
    curve = folder / CURVE
    if not curve.exists():
        return
    reached = int(checkpoint.name.split("-")[-1]) if checkpoint else 0
    kept = [point for point in read_points(curve) if point["step"] <= reached]
    write_whole(str(curve), "".join(f"{json.dumps(point)}\n" for point in kept).encode())


def _point(line: str) -> Point | None:
    try:
        point = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_sound = isinstance(point, dict) and type(point.get("step")) is int
    return point if is_sound and isinstance(point.get("loss"), int | float) else None
