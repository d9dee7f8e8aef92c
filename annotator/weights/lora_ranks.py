"""The LoRA ranks that vLLM serves."""

from pairset.errors import SettingsError

VLLM_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values that vLLM's ``max_lora_rank`` may take."""


def lora_rank_for_vllm(rank: int) -> int:
    """The smallest ``max_lora_rank`` that vLLM allows and that holds the adapter."""
    fitting = [allowed for allowed in VLLM_LORA_RANKS if allowed >= rank]
    if not fitting:
        raise SettingsError(f"vLLM serves LoRA ranks up to {VLLM_LORA_RANKS[-1]}, not {rank}.")
    return fitting[0]
