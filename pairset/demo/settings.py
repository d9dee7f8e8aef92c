"""Settings of ``pairset demo``."""

from typing import ClassVar, Literal

from pairset.command.fields import Positional
from pairset.settings import VerbSettings

DemoEngine = Literal["auto", "vllm", "transformers", "server"]


class DemoSettings(VerbSettings, env_prefix="PAIRSET_DEMO_"):
    """Build a small corpus with planted edits, mine it, annotate it, and measure the result."""

    verb: ClassVar[str] = "demo"

    set_url: Positional[str]
    """Folder to make: the corpus, the set, report/index.html and demo.json go there."""
    engine: DemoEngine = "auto"
    """What the starter model runs in; auto is vLLM where it is installed, else transformers."""
    seed: int = 0
    """Seed of the planted corpus."""
    corpus_only: bool = False
    """Stop once the corpus and its truth.json are there."""
