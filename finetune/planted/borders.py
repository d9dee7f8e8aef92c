"""Frames: a plain border that comes or goes."""

from dataclasses import replace

from PIL import Image

from finetune.planted.edit_words import (
    FRAME_COLOURS,
    PLAIN_CAPTION,
    add_frame_sentence,
    remove_frame_sentence,
)
from finetune.planted.planted_edit import Canvas, PlantedEdit, mean_change

MIN_CHANGE = 9.0
"""Grey levels, mean over the image; a frame covers about a fifth of it."""


def add_frame(canvas: Canvas) -> PlantedEdit | None:
    """Plant a frame on the target, or nothing where its colour would not stand out."""
    colour = canvas.rng.choice(FRAME_COLOURS)
    side = canvas.photo.width
    width = round(side * canvas.rng.uniform(0.045, 0.075))
    source = canvas.scene()
    target = Image.new("RGB", source.size, colour.rgb)
    target.paste(source.crop((width, width, side - width, side - width)), (width, width))
    if mean_change(source, target) < MIN_CHANGE:
        return None
    return PlantedEdit(
        kind="add_frame",
        edit_type="frame",
        source=source,
        target=target,
        instruction=add_frame_sentence(colour),
        inverse=remove_frame_sentence(colour),
        source_caption=PLAIN_CAPTION,
        target_caption=f"A photo with a {colour.name.en} frame.",
        preserved="Everything else.",
        source_stickers=canvas.bystanders,
        target_stickers=canvas.bystanders,
    )


def remove_frame(canvas: Canvas) -> PlantedEdit | None:
    """Plant a frame on the source."""
    framed = add_frame(canvas)
    if framed is None:
        return None
    return replace(
        framed,
        kind="remove_frame",
        source=framed.target,
        target=framed.source,
        instruction=framed.inverse,
        inverse=framed.instruction,
        source_caption=framed.target_caption,
        target_caption=framed.source_caption,
    )
