"""Settings of ``pairset demo``."""

from typing import ClassVar, Literal

from pydantic import Field

from pairset.app.command.fields import Positional
from pairset.settings import MOST_SEED, FiguresSettings

DemoEngine = Literal["auto", "vllm", "transformers", "server"]


class DemoSettings(FiguresSettings, env_prefix="PAIRSET_DEMO_"):
    """Build a small corpus with planted edits, mine it, annotate it, and measure the result."""

    verb: ClassVar[str] = "demo"

    set_url: Positional[str]
    """Folder to make. The corpus, the set, report/index.html and demo.json go there."""
    engine: DemoEngine = "auto"
    """Engine that runs the starter model. auto: vLLM where vLLM is installed, else transformers."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the planted corpus."""
    corpus_only: bool = False
    """Stop as soon as the corpus and its truth.json are written."""
