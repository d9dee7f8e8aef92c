"""Local edits: one sticker comes, goes, moves or changes, everything else stays."""

from dataclasses import replace

from finetune.planted.edit_words import (
    PLACES,
    PLAIN_CAPTION,
    SHAPES,
    STICKER_COLOURS,
    Bilingual,
    add_sentence,
    move_sentence,
    recolor_sentence,
    remove_sentence,
    replace_sentence,
)
from finetune.planted.planted_edit import Canvas, PlantedEdit
from finetune.planted.stickers import Sticker, paste_stickers


def _caption(sticker: Sticker | None) -> str:
    return f"A photo with a {sticker.name.en}." if sticker else PLAIN_CAPTION


def _local(
    canvas: Canvas,
    kind: str,
    stickers: tuple[Sticker | None, Sticker | None],
    sentences: tuple[Bilingual, Bilingual],
) -> PlantedEdit:
    """Paste the bystanders plus one sticker (or none) on either side."""
    before, after = stickers
    others = canvas.bystanders
    source_stickers = (*others, before) if before else others
    target_stickers = (*others, after) if after else others
    return PlantedEdit(
        kind=kind,
        edit_type=kind,
        source=paste_stickers(canvas.photo, source_stickers),
        target=paste_stickers(canvas.photo, target_stickers),
        instruction=sentences[0],
        inverse=sentences[1],
        source_caption=_caption(before),
        target_caption=_caption(after),
        preserved="Everything else.",
        source_stickers=source_stickers,
        target_stickers=target_stickers,
    )


def add_sticker(canvas: Canvas) -> PlantedEdit:
    """Plant a sticker on the target."""
    sticker = canvas.actors[0]
    name, place = sticker.name, PLACES[sticker.cell]
    sentences = add_sentence(name, place), remove_sentence(name, place)
    return _local(canvas, "add", (None, sticker), sentences)


def remove_sticker(canvas: Canvas) -> PlantedEdit:
    """Plant a sticker on the source."""
    sticker = canvas.actors[0]
    name, place = sticker.name, PLACES[sticker.cell]
    sentences = remove_sentence(name, place), add_sentence(name, place)
    return _local(canvas, "remove", (sticker, None), sentences)


def move_sticker(canvas: Canvas) -> PlantedEdit:
    """Plant a sticker in one place of the source and another of the target."""
    before, free = canvas.actors
    after = replace(before, cell=free.cell)
    sentences = (
        move_sentence(before.name, PLACES[after.cell]),
        move_sentence(before.name, PLACES[before.cell]),
    )
    return _local(canvas, "move", (before, after), sentences)


def recolor_sticker(canvas: Canvas) -> PlantedEdit:
    """Plant a sticker that changes its colour."""
    before = canvas.actors[0]
    paints = [colour for colour in STICKER_COLOURS if colour != before.colour]
    after = replace(before, colour=canvas.rng.choice(paints))
    sentences = (
        recolor_sentence(before.name, after.colour),
        recolor_sentence(after.name, before.colour),
    )
    return _local(canvas, "recolor", (before, after), sentences)


def replace_sticker(canvas: Canvas) -> PlantedEdit:
    """Plant a sticker that changes its shape."""
    before = canvas.actors[0]
    after = replace(before, shape=canvas.rng.choice([s for s in SHAPES if s != before.shape]))
    sentences = (
        replace_sentence(before.name, after.shape),
        replace_sentence(after.name, before.shape),
    )
    return _local(canvas, "replace", (before, after), sentences)
