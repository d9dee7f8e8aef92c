"""Settings of ``pairset completion``."""

from typing import ClassVar, Literal

from pydantic_settings import SettingsConfigDict

from pairset.app.command.fields import Positional
from pairset.settings import Settings

Shell = Literal["bash", "zsh", "fish"]


class CompletionSettings(Settings):
    """Print the script that completes verbs, flags and choices in a shell.

    bash: eval "$(pairset completion bash)" in ~/.bashrc. zsh: the same in ~/.zshrc, after compinit.
    fish: pairset completion fish > ~/.config/fish/completions/pairset.fish.
    """

    verb: ClassVar[str] = "completion"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_COMPLETION_")

    shell: Positional[Shell]
    """The shell that reads it."""
