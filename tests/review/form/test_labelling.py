"""The page and what is laid on it, without a server."""

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
from label_studio_sdk.converter.brush import decode_rle, mask2rle

from pairset.formats.masks import encode_mask
from pairset.records import Annotation, Pair
from pairset.records.edit_types import EditType
from review.form import names, words
from review.form.brush import brush_rle, painted
from review.form.config import build_label_config
from review.form.prediction import ShownTarget, prediction_results
from review.form.task import Wording, candidates_in, info_line, task_data

if TYPE_CHECKING:
    from label_studio_sdk.label_interface import LabelInterface
    from numpy.typing import NDArray

PAIR = Pair(
    pair_id="p",
    reverse_pair_id="q",
    source_id="s",
    target_id="t",
    source_uri="s.png",
    target_uri="t.png",
    cluster=None,
    similarity=0.9,
    change_fraction=0.0625,
    change_components=1,
    change_box=[100, 50, 200, 100],
    change_mask_size=[4, 4],
    change_mask=encode_mask(np.eye(4, dtype=bool)),
)
ANNOTATION = Annotation(
    annotation_id="a",
    pair_id="p",
    model="drawer",
    adapter=None,
    prompt_id="p1",
    engine="vllm",
    attempt=1,
    instruction_en="Add a disc.",
    instruction_zh="加一个圆盘。",
    edit_type="add",
    confidence=0.25,
)
TARGET = ShownTarget(source_size=(400, 200), shown_size=(40, 20))


def regions_of(pair: Pair = PAIR, annotation: Annotation = ANNOTATION) -> dict[str, dict]:
    return {r["from_name"]: r for r in prediction_results(pair, annotation, TARGET)}


def test_every_control_that_verdicts_need_is_on_the_page() -> None:
    page = ElementTree.fromstring(build_label_config(["add"]))
    on_page = {element.get("name") for element in page.iter() if element.get("name")}
    controls = {name: value for name, value in vars(names).items() if isinstance(value, str)}
    needed = {
        value for name, value in controls.items() if name.isupper() and not name.endswith("_LABEL")
    }

    assert needed <= on_page


def test_every_edit_type_can_be_chosen() -> None:
    page = ElementTree.fromstring(build_label_config([edit_type.value for edit_type in EditType]))
    choices = page.findall(f".//Choices[@name='{names.EDIT_TYPE}']/Choice")

    assert [choice.get("alias") for choice in choices] == [str(value) for value in EditType]


def test_no_two_choices_share_a_hotkey() -> None:
    page = ElementTree.fromstring(build_label_config(["add"]))
    hotkeys = [element.get("hotkey") for element in page.iter() if element.get("hotkey")]

    assert len(hotkeys) == len(set(hotkeys)) >= 3 + len(words.REJECT_REASONS)


def test_no_task_has_a_key_that_label_studio_would_take_for_the_whole_task() -> None:
    assert "source" not in task_data(PAIR, ANNOTATION, ("/s", "/t"))


def test_candidates_start_with_the_instruction_and_hold_each_text_once() -> None:
    others = [Wording("Draw a disc.", None), Wording("Add a disc.", "添一个圆盘。")]
    data = task_data(PAIR, ANNOTATION, ("/s", "/t"), others)

    assert data["candidates"] == [{"value": "Add a disc."}, {"value": "Draw a disc."}]
    assert candidates_in(data) == {"Add a disc.": "加一个圆盘。", "Draw a disc.": None}


def test_numbers_that_were_never_measured_are_left_out() -> None:
    assert info_line(replace(PAIR, similarity=None), replace(ANNOTATION, confidence=None)) == (
        "changed 6% · regions 1 · drawer"
    )


def test_texts_and_edit_type_are_prefilled() -> None:
    regions = regions_of()

    assert regions["instruction_en"]["value"] == {"text": ["Add a disc."]}
    assert regions["edit_type"]["value"] == {"choices": ["add"]}
    assert "inverse_en" not in regions


def test_the_change_box_is_in_percent_of_the_target() -> None:
    value = regions_of()["region"]["value"]

    assert [value[key] for key in ("x", "y", "width", "height")] == pytest.approx([25, 25, 25, 25])


def test_the_change_box_follows_the_alignment_and_ends_at_the_border() -> None:
    moved = replace(PAIR, alignment=[1, 0, 0.6, 0, 1, 0])

    value = regions_of(moved)["region"]["value"]

    assert value["x"] == pytest.approx(85)
    assert value["x"] + value["width"] == pytest.approx(100)


def test_a_box_that_lies_outside_the_target_is_left_out() -> None:
    assert "region" not in regions_of(replace(PAIR, alignment=[1, 0, 2, 0, 1, 0]))


def test_the_mask_is_a_line_round_what_changed_and_covers_nothing_of_it() -> None:
    region = regions_of()["mask"]
    shown = painted(region["value"]["rle"]).reshape(20, 40)

    assert (region["original_width"], region["original_height"]) == (40, 20)
    assert not shown[:4, :9].any()
    assert shown[0, 10:12].all()
    assert not shown[:3, 13:].any()


def test_a_mask_of_most_of_the_image_is_left_out() -> None:
    everywhere = replace(PAIR, change_mask=encode_mask(np.ones((4, 4), dtype=bool)))

    assert "mask" not in regions_of(everywhere)


SHAPES = pytest.mark.parametrize("shape", [(1, 1), (3, 5), (300, 400)])


def speckled(shape: tuple[int, int]) -> "NDArray[np.bool_]":
    return np.random.default_rng(7).random(shape) > 0.9


@SHAPES
def test_a_mask_we_pack_is_the_same_to_label_studios_own_decoder(shape: tuple[int, int]) -> None:
    mask = speckled(shape)
    alpha = decode_rle(brush_rle(mask))[3::4]

    assert np.array_equal(alpha.reshape(shape) > 0, mask)


@SHAPES
def test_a_mask_packed_by_label_studios_own_encoder_can_be_read(shape: tuple[int, int]) -> None:
    mask = speckled(shape)
    packed = mask2rle(mask.astype(np.uint8) * 255)

    assert np.array_equal(painted(packed).reshape(shape), mask)


def test_label_studio_takes_the_page_and_every_prefilled_region(page: "LabelInterface") -> None:
    prediction = {"result": list(regions_of().values()), "score": 0.5, "model_version": "drawer"}

    page.validate()
    assert page.validate_prediction(prediction, return_errors=True) == []


def test_label_studio_takes_no_region_of_a_control_that_the_page_has_not(
    page: "LabelInterface",
) -> None:
    region = regions_of()["edit_type"] | {"from_name": "mood"}

    assert page.validate_prediction({"result": [region]}, return_errors=True)


@pytest.fixture
def page() -> "LabelInterface":
    """The page as label-studio-sdk understands it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its older half speaks pydantic 1
        from label_studio_sdk.label_interface import LabelInterface
    return LabelInterface(build_label_config([edit_type.value for edit_type in EditType]))
