"""Which stages' rows a setting matters to: what the keys of their runs are made of."""

from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Shapes:
    """Marks a field of a settings model: ``cell_size: Annotated[int, stage("cells")]``."""

    stages: tuple[str, ...]


NO_ROWS = Shapes(())
"""Marks a field that no row depends on."""


def stage(*names: str) -> Shapes:
    """The mark of a field that the rows of these stages depend on, and of all that follow them."""
    return Shapes(names)


def stages_of(field: FieldInfo) -> tuple[str, ...] | None:
    """The stages that a field is marked with; None where it has no mark."""
    return next((mark.stages for mark in field.metadata if isinstance(mark, Shapes)), None)


def settings_for(settings: BaseModel, name: str) -> dict[str, object]:
    """The settings that go into the key of one stage.

    Left out is only what is marked for other stages or for none: a field without a mark changes
    every key, so that rows are made again and never taken for those of other settings.
    """
    fields = type(settings).model_fields
    marks = {field: stages_of(info) for field, info in fields.items()}
    mattering = {field for field, stages in marks.items() if stages is None or name in stages}
    return settings.model_dump(include=mattering)
