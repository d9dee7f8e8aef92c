"""Settings of ``pairset report``."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pairset.app.command.fields import Metavar
from pairset.settings import MOST_SEED, VerbSettings

Choice = Literal["random", "least-confident", "most-confident"]


class ReportSettings(VerbSettings):
    """Write a page with the pairs side by side and the funnel of gates."""

    verb: ClassVar[str] = "report"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REPORT_")

    output: Annotated[str | None, Metavar("FOLDER")] = None
    """Folder or fsspec URL. The page becomes index.html in this folder. Default: SET/report."""
    shown_pairs: Annotated[int, Field(ge=0, le=1_000_000)] = 200
    """Largest number of kept pairs on the page."""
    choose: Choice = "random"
    """Which kept pairs the page shows, where the set has more than --shown-pairs."""
    shown_rejected: Annotated[int, Field(ge=0, le=100_000)] = 4
    """Number of rejected pairs on the page for each reason."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of every random choice."""
    thumbnail_pixels: Annotated[int, Field(ge=64, le=2048)] = 448
    """Longer side of each image on the page, in pixels."""
