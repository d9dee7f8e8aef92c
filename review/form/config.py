"""The labelling page as the XML Label Studio builds it from.

Its style takes the toolbars out of the flow: beside an image they narrow its frame after Label
Studio has measured it, and the image's right edge is cut off.
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from string import Template
from xml.etree import ElementTree

from pairset.records.verdict import Decision
from review.form import names, words

IMAGE_HEIGHT = "calc(100vh - 460px)"
"""Leaves room for the instruction above the images and the verdict below them, on one screen."""


def build_label_config(edit_types: Sequence[str]) -> str:
    """The page, offering these edit types.

    Control names and choices are those of ``review.form.names`` and ``words``.
    """
    template = files("review.form").joinpath("page.xml").read_text(encoding="utf-8")
    page = Template(template).substitute(
        image_height=IMAGE_HEIGHT,
        guidance_en=words.GUIDANCE[0],
        guidance_zh=words.GUIDANCE[1],
        box_label=names.BOX_LABEL,
        mask_label=names.MASK_LABEL,
        verdicts=_choices(words.VERDICTS),
        fix=Decision.FIX,
        reject=Decision.REJECT,
        reject_reasons=_choices(words.REJECT_REASONS),
        error_types=_choices(words.ERROR_TYPES),
        edit_types=_choices(words.Words(value, value, "") for value in edit_types),
    )
    ElementTree.fromstring(page)  # noqa: S314 - our own words; a slip fails here, not on the server
    return page


def _choices(options: Iterable[words.Words]) -> str:
    return "\n".join(map(_choice, options))


def _choice(option: words.Words) -> str:
    attributes = {"value": option.shown.strip(), "alias": option.value}
    if option.hotkey:
        attributes["hotkey"] = option.hotkey
    return ElementTree.tostring(ElementTree.Element("Choice", attributes), encoding="unicode")
