"""LoRA adapters for tests: random weights, weak enough to leave whole replies."""

from pathlib import Path

_LANGUAGE_LAYERS = r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"


def save_random_adapter(folder: Path, base_model: Path) -> Path:
    """A LoRA adapter of rank 4 on every linear layer of a model's language part."""
    from pairset.models.torch_companions import fit_torch_companions

    fit_torch_companions()
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(7)
    model = AutoModelForImageTextToText.from_pretrained(base_model, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=2, target_modules=_LANGUAGE_LAYERS, init_lora_weights=False)
    adapted = get_peft_model(model, config)
    adapted.save_pretrained(str(folder), save_embedding_layers=False)
    return folder
