"""What this machine is: its processors, its build of torch, and whether the model hub answers."""

import os
import shutil
import subprocess

from pairset.app.doctor.extras import installed_version
from pairset.errors import SettingsError
from pairset.network.addresses import ServerAddress, server_address
from pairset.running.own_loop import run_apart

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
    said = os.environ.get("HF_ENDPOINT", _HUB)
    if not installed_version("httpx"):
        return "not asked: httpx is not installed."
    try:
        return run_apart(_asked(server_address(said, "$HF_ENDPOINT")))
    except SettingsError as error:
        return str(error)


async def _asked(hub: ServerAddress) -> str:
    import httpx

    from pairset.network.http_client import BoundedClient

    async with BoundedClient(hub, _HUB_SECONDS) as client:
        try:
            answer = await client.head(hub.url, follow_redirects=True)
        except httpx.RequestError as error:
            return f"{hub.url} cannot be reached: {client.secrets.hide(str(error) or repr(error))}"
    return f"{hub.url} answers{'' if answer.is_success else f' with {answer.status_code}'}."
