"""Who annotates: engine, model, adapter and prompt, and the ids that follow from them."""

from dataclasses import dataclass

from annotator.prompting.prompt import Prompt
from annotator.weights.lora_adapters import AdapterChoice
from annotator.weights.models import ModelChoice
from pairset.records.ids import content_id


@dataclass(frozen=True)
class Annotator:
    """One model, maybe with an adapter, asked with one prompt.

    The engine is no part of the ids: the same weights answer the same wherever they run.
    """

    engine: str
    model: ModelChoice
    adapter: AdapterChoice | None
    prompt: Prompt

    @property
    def sends_files(self) -> bool:
        """Whether a picture may stay a file on its way to the model."""
        return self.engine == "server"

    @property
    def _parts(self) -> tuple[str, str, str]:
        adapter = self.adapter.identity if self.adapter else ""
        return self.model.identity, adapter, self.prompt.prompt_id

    @property
    def key(self) -> str:
        """Folder of its annotations in a set."""
        return content_id("annotator", *self._parts)

    def annotation_id(self, pair_id: str) -> str:
        """Id of its annotation of one pair."""
        return content_id("annotation", pair_id, *self._parts)
