"""What this machine is: its processors, its build of torch, and whether the model hub answers."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request

from pairset.app.doctor.extras import installed_version

_HUB = "https://huggingface.co"
_HUB_SECONDS = 3.0
_GPU_SECONDS = 10.0


def gpus() -> list[str]:
    """NVIDIA GPUs with their memory, as ``nvidia-smi`` names them; empty without a driver."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    query = [command, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            query, capture_output=True, text=True, timeout=_GPU_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def torch_in_words(version: str | None, torchvision: str | None) -> str:
    """What the builds of torch and torchvision mean for this project."""
    if version is None:
        return "torch is not installed."
    build = "a CPU build" if version.endswith("+cpu") else "a build with GPU support"
    words = f"torch {version} is {build}."
    if torchvision and version.endswith("+cpu") and "+cpu" not in torchvision:
        words += (
            f" torchvision {torchvision} is linked against CUDA and cannot be imported beside it"
            " as it is; pairset declares its two missing operators first, which is enough."
        )
    return words


def torch_words() -> str:
    """The same for what is installed here."""
    return torch_in_words(installed_version("torch"), installed_version("torchvision"))


def hub_answer() -> str:
    """Whether the model hub can be reached, in words."""
    url = os.environ.get("HF_ENDPOINT", _HUB)
    if not url.startswith(("https://", "http://")):
        return f"$HF_ENDPOINT is no web address: {url}"
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - scheme checked above
    try:
        with urllib.request.urlopen(request, timeout=_HUB_SECONDS):  # noqa: S310
            return f"{url} answers."
    except urllib.error.HTTPError as error:
        return f"{url} answers with {error.code}."
    except OSError as error:
        return f"{url} cannot be reached: {error}"
