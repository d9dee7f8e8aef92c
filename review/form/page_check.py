"""Whether the labelling page still has what we send and expect."""

from review.form import names
from review.label_studio.errors import LabelConfigError
from review.label_studio.project import ProjectState

NEEDED_CONTROLS = frozenset({*names.TEXT_CONTROLS, names.EDIT_TYPE, names.VERDICT})
"""Without these a page can show no annotation, or take no verdict."""


def check_page(state: ProjectState) -> None:
    """Raise LabelConfigError where somebody took a control off the page that we need."""
    missing = sorted(NEEDED_CONTROLS - state.controls)
    if missing:
        raise LabelConfigError(
            f"The labelling page of the project was edited: it has no {', '.join(missing)} any "
            "more. Put it back under Settings, Labeling Interface (pairset review serve SET does "
            "so for its own project), then repeat the same command. Nothing was pushed, and "
            "verdicts that were submitted are safe."
        )
