"""Settings of ``pairset report``."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pairset.settings import MOST_SEED, VerbSettings

Choice = Literal["random", "least-confident", "most-confident"]


class ReportSettings(VerbSettings):
    """Write a page with the pairs side by side and the funnel of gates."""

    verb: ClassVar[str] = "report"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REPORT_")

    output: str | None = None
    """Folder, or fsspec URL, the page is written to as index.html; SET/report if not given."""
    shown_pairs: Annotated[int, Field(ge=0, le=1_000_000)] = 200
    """Most kept pairs that are shown."""
    choose: Choice = "random"
    """Which pairs are shown where there are more."""
    shown_rejected: Annotated[int, Field(ge=0, le=100_000)] = 4
    """Rejected pairs that are shown for each reason."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of every random choice."""
    thumbnail_pixels: Annotated[int, Field(ge=64, le=2048)] = 448
    """Longer side of the images on the page."""
