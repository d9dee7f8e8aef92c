"""Run one of vLLM's modules with what a CPU build of torch needs declared first.

``python -m annotator.engines.run_vllm vllm.entrypoints.openai.api_server --model … --port …``

vLLM's own ``vllm`` command is not used: it does not start where vLLM is installed under another
distribution name, as its CPU repackaging is.
"""

import os
import runpy
import signal
import sys
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from annotator.engines.vllm_options import STOP_WITH_STDIN
from pairset.models.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from torch import Tensor

# On import: the processes that a program spawns import its main module again, this one.
fit_torch_companions()

_THIS_MODULE = "annotator.engines.run_vllm"
_SECONDS_BETWEEN_SIGNALS = 5
_INSPECTION = "vllm.model_executor.models.registry"


def prepare_inspection() -> None:
    """Let the processes in which vLLM inspects a model's class import torchvision too."""
    from vllm.model_executor.models import registry

    # The variable's own comment invites altering it.
    registry._SUBPROCESS_COMMAND = [sys.executable, "-m", _THIS_MODULE, _INSPECTION]


@cache
def fit_lora_to_given_replies() -> None:
    """Let vLLM score given tokens on a CPU beside an adapter, where its engine would die of it.

    Its CPU code adds an adapter's part of the output layer by a table of the tokens to be sampled,
    which is too short for the tokens of a prompt. Adapters hardly ever have such a part, and then
    there is nothing to add.
    """
    from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU

    wrapper: Any = PunicaWrapperCPU
    add = wrapper.add_lora_logits

    def add_where_there_is_something(
        self: Any,
        logits: object,
        hidden: "Tensor",
        down: "Tensor",
        *rest: object,
        **options: object,
    ) -> None:
        if len(self.sampler_indices) == len(hidden) or bool(down.any()):
            add(self, logits, hidden, down, *rest, **options)

    wrapper.add_lora_logits = add_where_there_is_something


def _stop_with_stdin() -> None:
    """End when whoever started this program has died: the pipe from it closes then."""

    def watch() -> None:
        sys.stdin.buffer.read()
        while True:  # more than once: vLLM loses a signal that comes while it starts
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(_SECONDS_BETWEEN_SIGNALS)

    threading.Thread(target=watch, daemon=True).start()


def _main() -> None:
    sys.argv = sys.argv[1:]
    if sys.argv[0] != _INSPECTION:
        prepare_inspection()
        if os.environ.pop(STOP_WITH_STDIN, None):
            _stop_with_stdin()
    runpy.run_module(sys.argv[0], run_name="__main__")


if __name__ == "__mp_main__":  # a process of the server's, in which its engine runs
    fit_lora_to_given_replies()
if __name__ == "__main__":
    _main()
