"""Packages linked against CUDA do not stop us beside a CPU build of torch."""

import subprocess
import sys

IMPORTS = """
import xgrammar  # imports transformers, which asks what is installed
from pairset.models.torch_companions import fit_torch_companions
fit_torch_companions()
fit_torch_companions()
import open_clip
import torchvision
from transformers import AutoImageProcessor, AutoModelForImageTextToText
from transformers.utils import is_torchaudio_available
print("available" if is_torchaudio_available() else "hidden")
"""


def test_open_clip_and_transformers_can_be_imported_in_any_process() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip() in ("available", "hidden")
