"""Settings of ``pairset doctor``."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pairset.settings import Settings


class DoctorSettings(Settings):
    """Print what is installed, what can run here, and what to install for the rest."""

    verb: ClassVar[str] = "doctor"
    model_config = SettingsConfigDict(
        env_prefix="PAIRSET_DOCTOR_",
    )

    network: bool = False
    """Try to reach the model hub too."""
    json_output: bool = Field(default=False, exclude=True)
    """Print everything as one JSON document, and nothing else on standard output."""
