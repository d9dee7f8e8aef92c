"""Settings of ``pairset status``."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from pairset.settings import FiguresSettings


class StatusSettings(FiguresSettings):
    """Show counts, failures by reason, and the yield of every gate."""

    verb: ClassVar[str] = "status"
    model_config = SettingsConfigDict(
        env_prefix="PAIRSET_STATUS_",
    )
