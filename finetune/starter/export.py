"""Write the averaged weights as a folder that transformers and vLLM load by name."""

from pathlib import Path

import torch

from finetune.starter.network.model import StarterProcessor
from finetune.starter.network.tokenizer import taught_tokens
from finetune.starter.network.unused_rows import spread_unused_rows
from finetune.starter.training import Training


def export(training: Training, processor: StarterProcessor, folder: Path) -> None:
    """Save model (bfloat16 on disk), tokenizer, processor and chat template."""
    with training.averaged_weights():
        embedding = training.model.get_input_embeddings().weight
        spread_unused_rows(embedding, taught_tokens(processor.tokenizer))
        training.model.to(torch.bfloat16).save_pretrained(folder)
        training.model.to(torch.float32)
    processor.save_pretrained(folder)
