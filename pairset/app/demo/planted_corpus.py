"""Build the demo's corpus: shuffled files, among them planted edits, copies and broken files.

Each scene gives one family: a picture, one local edit of it and two edits of the whole image.
"""

import io
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps

from finetune.planted.further_edits import GENTLE_EDITS, NEW_EDITS, plant_further
from finetune.planted.plant import EDITS, PlantedEdit, plant
from finetune.planted.whole_image import WHOLE_EDITS, Operation
from pairset.app.demo.broken import BROKEN_FILES
from pairset.app.demo.photo_squares import SCENE_SIDE, SCENES, UNRELATED, Picture, photograph
from pairset.app.demo.truth import PlantedPair, Truth
from pairset.decoding import opened
from pairset.files.storage import write_whole

WHOLE_EDITS_PER_SCENE = 2
GENTLE_EDITS_PER_SCENE = 4
ALBUMS = ("2019/alps", "2019/garage", "2020", "2021/spring/phone", "2021/spring/camera", "misc")
"""Folders the files are strewn over."""


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One file to be written: its role ties it to the truth, its name does not."""

    role: str
    suffix: str
    content: bytes


@dataclass
class _Draft:
    """The corpus while it is being drawn up; roles stand for names until all are shuffled."""

    files: list[CorpusFile] = field(default_factory=list)
    edits: list[tuple[str, str, PlantedEdit]] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    mirrored: dict[str, str] = field(default_factory=dict)
    unrelated: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    def add(self, role: str, image: Image.Image, suffix: str = ".jpg", quality: int = 95) -> str:
        self.files.append(CorpusFile(role, suffix, encode(image, suffix, quality)))
        return role


def encode(image: Image.Image, suffix: str, quality: int = 95) -> bytes:
    """Bytes of an image in the format that a file suffix names."""
    buffer = io.BytesIO()
    formats = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP"}
    image.save(buffer, formats[suffix], quality=quality)
    return buffer.getvalue()


def build_corpus(
    folder: Path, seed: int, scenes: Sequence[Picture] = SCENES, further: bool = False
) -> Truth:
    """Write the corpus into ``folder`` and return what was planted.

    ``further`` plants edits in each scene that the starter was never taught, beside the others.
    The same seed gives the same bytes.
    """
    rng = random.Random(seed)
    draft = _Draft()
    local_kinds = [kind for kind in EDITS if kind not in WHOLE_EDITS and kind != "none"]
    local_turns, whole_turns = _turns(rng, local_kinds), _turns(rng, list(WHOLE_EDITS))
    gentle_turns = _turns(rng, GENTLE_EDITS)
    for number, scene in enumerate(scenes):
        picture = _add_family(draft, rng, scene, (local_turns, whole_turns))
        if further:
            _add_further(draft, rng, (scene.name, picture), gentle_turns)
        _add_copies(draft, rng, number, scene.name, picture)
    _add_unrelated(draft)
    _add_broken(draft)
    return _truth(draft, _write(draft.files, folder, rng), seed)


def _turns(rng: random.Random, kinds: Sequence[str]) -> Iterator[str]:
    """Every kind in turn, each round in a new order."""
    while True:
        yield from rng.sample(kinds, len(kinds))


def _add_family(
    draft: _Draft, rng: random.Random, scene: Picture, turns: tuple[Iterator[str], Iterator[str]]
) -> Image.Image:
    local = _plant(rng, scene.image(), turns[0])
    picture = local.source
    draft.add(scene.name, picture)
    draft.add(f"{scene.name}-local", local.target)
    draft.edits.append((scene.name, f"{scene.name}-local", local))
    used: set[Operation] = set()
    for number in range(WHOLE_EDITS_PER_SCENE):
        # Blur and "sharpen" are one operation read in two directions: twice the same file.
        fresh = (kind for kind in turns[1] if WHOLE_EDITS[kind].operation not in used)
        edit = _plant(rng, picture, fresh)
        used.add(WHOLE_EDITS[edit.kind].operation)
        role = f"{scene.name}-whole-{number}"
        backwards = WHOLE_EDITS[edit.kind].backwards
        draft.add(role, edit.source if backwards else edit.target)
        ends = (role, scene.name) if backwards else (scene.name, role)
        draft.edits.append((*ends, edit))
    return picture


def _add_further(
    draft: _Draft, rng: random.Random, original: tuple[str, Image.Image], gentle: Iterator[str]
) -> None:
    """Further edits of a picture, which is given with its role."""
    name, picture = original
    for kind in (*itertools.islice(gentle, GENTLE_EDITS_PER_SCENE), *NEW_EDITS):
        edit = plant_further(rng, picture, kind)
        if edit:
            role = draft.add(f"{name}-{kind}", edit.target)
            draft.edits.append((name, role, edit))


def _plant(rng: random.Random, image: Image.Image, kinds: Iterator[str]) -> PlantedEdit:
    """Plant the next kind that shows on this image; a round through all kinds always has one."""
    attempts = (plant(rng, image, kind) for kind in itertools.islice(kinds, 4 * len(EDITS)))
    return next(edit for edit in attempts if edit is not None)


def _add_copies(
    draft: _Draft, rng: random.Random, number: int, original: str, picture: Image.Image
) -> None:
    if number % 2 == 0:
        exact = next(file for file in draft.files if file.role == original)
        draft.files.append(CorpusFile(f"{original}-exact", exact.suffix, exact.content))
        draft.copies[f"{original}-exact"] = original
    if number % 2 == 1:
        suffix = rng.choice((".jpg", ".webp"))
        role = draft.add(f"{original}-encoded", picture, suffix, rng.randint(60, 85))
        draft.copies[role] = original
    if number % 3 == 0:
        side = rng.randint(SCENE_SIDE // 2, SCENE_SIDE - 40)
        small = picture.resize((side, side), Image.Resampling.LANCZOS)
        draft.copies[draft.add(f"{original}-resized", small)] = original
    if number % 3 == 1:
        draft.mirrored[draft.add(f"{original}-mirrored", ImageOps.mirror(picture))] = original


def _add_unrelated(draft: _Draft) -> None:
    for package, file in UNRELATED:
        with opened(photograph(package, file).read_bytes()) as photo:
            draft.unrelated.append(draft.add(f"unrelated-{Path(file).stem}", photo.convert("RGB")))


def _add_broken(draft: _Draft) -> None:
    good = draft.files[0].content
    for number, broken in enumerate(BROKEN_FILES):
        role = f"broken-{number}"
        draft.files.append(CorpusFile(role, broken.suffix, broken.content(good)))
        draft.broken[role] = broken.code


def _write(files: Sequence[CorpusFile], folder: Path, rng: random.Random) -> dict[str, str]:
    """Write the files under shuffled names; returns the name of each role."""
    names: dict[str, str] = {}
    for number, file in enumerate(rng.sample(files, len(files)), start=1):
        name = f"{rng.choice(ALBUMS)}/IMG_{number:04d}{file.suffix}"
        write_whole(str(folder / name), file.content)
        names[file.role] = name
    return names


def _truth(draft: _Draft, names: dict[str, str], seed: int) -> Truth:
    return Truth(
        seed=seed,
        pairs=tuple(
            PlantedPair(
                source=names[source],
                target=names[target],
                kind=edit.kind,
                edit_type=edit.edit_type,
                instruction_en=edit.instruction.en,
                instruction_zh=edit.instruction.zh,
                inverse_en=edit.inverse.en,
                inverse_zh=edit.inverse.zh,
            )
            for source, target, edit in draft.edits
        ),
        copies={names[copy]: names[original] for copy, original in draft.copies.items()},
        mirrored={names[copy]: names[original] for copy, original in draft.mirrored.items()},
        unrelated=tuple(names[role] for role in draft.unrelated),
        broken={names[role]: code for role, code in draft.broken.items()},
    )
