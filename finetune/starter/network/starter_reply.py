"""What the starter is asked and how it answers: one prompt, one JSON object with fixed keys."""

from annotator.prompting.prompt import load_prompt
from annotator.prompting.reply import reply_text
from finetune.planted.plant import PlantedEdit

BRIEF_PROMPT = load_prompt("brief").words
"""The starter knows this prompt and no other."""


def planted_reply(edit: PlantedEdit) -> str:
    """Return the reply a perfect annotator would give.

    The instruction stands first: a type decided before it would hide the uncertainty that the
    confidence reads from the log-probabilities of the instruction.
    """
    fields: dict[str, str | bool] = {
        "instruction_en": edit.instruction.en,
        "instruction_zh": edit.instruction.zh,
        "inverse_en": edit.inverse.en,
        "inverse_zh": edit.inverse.zh,
        "edit_type": edit.edit_type,
        "is_changed": edit.is_changed,
        "source_caption": edit.source_caption,
        "target_caption": edit.target_caption,
        "preserved": edit.preserved,
    }
    return reply_text(fields)
