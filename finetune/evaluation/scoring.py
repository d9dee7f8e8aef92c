"""From an annotation and the example it is held against to a row."""

from finetune.examples.make import fields_of
from finetune.measures.texts import chrf, is_exact, rouge_l
from pairset.records import Annotation, Evaluation, Example


def score(annotation: Annotation, example: Example) -> Evaluation:
    """Hold an annotation against the words that reviewers stand by; the example must teach.

    A failed reply is the empty text, and wrong in everything.
    """
    expected = fields_of(example.reply or "")
    failed = not annotation.succeeded
    said_en, said_zh = annotation.instruction_en or "", annotation.instruction_zh or ""
    en, zh = expected["instruction_en"], expected["instruction_zh"]
    return Evaluation(
        annotation_id=annotation.annotation_id,
        example_id=example.example_id,
        pair_id=example.pair_id,
        model=annotation.model,
        adapter=annotation.adapter,
        prompt_id=annotation.prompt_id,
        scene=example.scene,
        edit_type=expected["edit_type"],
        is_changed=expected["is_changed"],
        instruction_en=en,
        instruction_zh=zh,
        said_edit_type=annotation.edit_type,
        said_is_changed=annotation.is_changed,
        said_instruction_en=annotation.instruction_en,
        said_instruction_zh=annotation.instruction_zh,
        failed=failed,
        exact_en=not failed and is_exact(said_en, en),
        exact_zh=not failed and is_exact(said_zh, zh),
        edit_type_right=not failed and annotation.edit_type == expected["edit_type"],
        is_changed_right=not failed and annotation.is_changed == expected["is_changed"],
        chrf_en=0.0 if failed else chrf(said_en, en, "en"),
        chrf_zh=0.0 if failed else chrf(said_zh, zh, "zh"),
        rouge_l_en=0.0 if failed else rouge_l(said_en, en),
        rouge_l_zh=0.0 if failed else rouge_l(said_zh, zh),
        confidence=None if failed else annotation.confidence,
        error_types=list(example.error_types),
        reviewer=example.reviewer,
    )
