"""Settings of ``pairset completion``."""

from typing import ClassVar, Literal

from pydantic_settings import SettingsConfigDict

from pairset.app.command.fields import Positional
from pairset.settings import Settings

Shell = Literal["bash", "zsh", "fish"]


class CompletionSettings(Settings):
    """Print the script that completes verbs, flags and choices in a shell.

    Each shell reads the script from another place:

      bash  in ~/.bashrc:  eval "$(pairset completion bash)"
      zsh   in ~/.zshrc, after compinit:  eval "$(pairset completion zsh)"
      fish  pairset completion fish > ~/.config/fish/completions/pairset.fish
    """

    verb: ClassVar[str] = "completion"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_COMPLETION_")

    shell: Positional[Shell]
    """The shell that reads the script."""
