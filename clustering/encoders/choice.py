"""Which encoder a name means, what its folder is called, and how to load it."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clustering.encoders.protocol import Encoder, TextEncoder
from clustering.settings import Dtype
from pairset.errors import MissingExtraError, SettingsError
from pairset.records.ids import content_id

OFFLINE = "lite0"
_SIMILARITY_FLOORS = {
    "open_clip": 0.75,
    "altclip": 0.75,
    "chinese_clip": 0.75,
    "dinov2": 0.5,
    OFFLINE: 0.5,
}
"""Least cosine of related images; .75 for CLIPs is UltraEdit's (Zhao et al. 2024)."""
_SCENE_SIMILARITIES = {"shared_neighbors": (0.75, 0.77), "hdbscan": (0.8, 0.82)}
"""By method, for the offline encoder and for all others."""
_ADOPTION_FLOORS = {OFFLINE: 0.5}
_ADOPTION_FLOOR = 0.85
"""CLIPs crowd all images into a narrow cone: further off, strangers are as near as kin."""
_READ_ENGLISH = frozenset({"open_clip", "altclip"})
"""Chinese-CLIP's text tower reads Chinese, and captions are English."""
_KEY_DIGITS = 8
_VERSION = "2"
"""Raised when the same weights would give other vectors."""


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """An encoder by kind and by where its weights are."""

    kind: str
    model: str
    """Architecture, hub id or local folder; empty for the offline encoder."""
    weights: str = ""
    """open_clip only: a hub tag or a checkpoint file."""
    dtype: Dtype = "auto"

    @property
    def similarity_floor(self) -> float:
        return _SIMILARITY_FLOORS[self.kind]

    def scene_similarity(self, method: str) -> float:
        """Least cosine of images that the method makes scenes of."""
        offline, others = _SCENE_SIMILARITIES[method]
        return offline if self.kind == OFFLINE else others

    @property
    def adoption_floor(self) -> float:
        return _ADOPTION_FLOORS.get(self.kind, _ADOPTION_FLOOR)

    def key(self) -> str:
        """Name of its folder of embeddings: other weights, another folder."""
        label = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.kind}-{Path(self.model).name}").strip("-")
        places = (self.model, self.weights)
        asked = () if self.dtype == "auto" else (self.dtype,)
        identity = content_id(
            "encoder", _VERSION, self.kind, *asked, *(_identity(place) for place in places)
        )
        return f"{label}-{identity[:_KEY_DIGITS]}"


def parse_encoder(name: str, dtype: Dtype = "auto") -> EncoderChoice:
    """Read ``lite0``, ``open_clip:MODEL/TAG``, ``dinov2:ID_OR_FOLDER`` and their like.

    Raises SettingsError for a kind that does not exist or a name that lacks its model.
    """
    kind, _, rest = name.partition(":")
    if kind == OFFLINE and not rest:
        return EncoderChoice(OFFLINE, "", dtype=dtype)
    if kind not in _SIMILARITY_FLOORS or kind == OFFLINE or not rest:
        raise SettingsError(
            f"{name!r} names no encoder. Choose lite0, open_clip:MODEL/TAG, dinov2:MODEL, "
            "altclip:MODEL or chinese_clip:MODEL; pairset direction reads captions with open_clip "
            "and altclip alone."
        )
    if kind != "open_clip":
        return EncoderChoice(kind, rest, dtype=dtype)
    model, separator, weights = _split_first(rest)
    if not separator or not model or not weights:
        raise SettingsError(
            f"{name!r} names no weights: write open_clip:MODEL/TAG or open_clip:MODEL/CHECKPOINT."
        )
    return EncoderChoice(kind, model, weights, dtype)


def _split_first(text: str) -> tuple[str, str, str]:
    """Split at the first colon or slash, whichever comes first."""
    match = re.search(r"[:/]", text)
    if match is None:
        return text, "", ""
    return text[: match.start()], match.group(), text[match.end() :]


@lru_cache(maxsize=1)
def load_encoder(choice: EncoderChoice) -> Encoder:
    """Load an encoder, once per process.

    Raises MissingExtraError where its package is not installed, ModelUnavailableError where its
    weights cannot be had; never another encoder in its place.
    """
    try:
        return _load(choice)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or choice.kind, "mine") from error


def load_text_encoder(choice: EncoderChoice) -> TextEncoder:
    """Load an encoder whose text tower reads English.

    Raises SettingsError for one without, and what ``load_encoder`` raises.
    """
    if choice.kind not in _READ_ENGLISH:
        raise SettingsError(
            f"{choice.kind} has no tower that reads English captions. Choose --encoder "
            "open_clip:MODEL/TAG or altclip:MODEL."
        )
    try:
        if choice.kind == "open_clip":
            from clustering.encoders.open_clip import OpenClip

            return OpenClip(choice.model, choice.weights, choice.dtype)
        from clustering.encoders.bilingual_clip import BilingualClip

        return BilingualClip(choice.kind, choice.model, choice.dtype, reads_text=True)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or choice.kind, "mine") from error


def _load(choice: EncoderChoice) -> Encoder:
    if choice.kind == OFFLINE:
        from clustering.encoders.lite0 import Lite0

        return Lite0()
    if choice.kind == "open_clip":
        from clustering.encoders.open_clip import OpenClip

        return OpenClip(choice.model, choice.weights, choice.dtype)
    if choice.kind == "dinov2":
        from clustering.encoders.dinov2 import DinoV2

        return DinoV2(choice.model, choice.dtype)
    from clustering.encoders.bilingual_clip import BilingualClip

    return BilingualClip(choice.kind, choice.model, choice.dtype)


def _identity(place: str) -> bytes:
    """What tells one set of weights from another: their bytes where local, else their name."""
    path = Path(place)
    if not place or not path.exists():
        return place.encode()
    digest = hashlib.blake2b(digest_size=16)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for each in files:
        if each.is_file():
            digest.update(each.name.encode())
            with open(each, "rb") as file:
                digest.update(hashlib.file_digest(file, "blake2b").digest())
    return digest.digest()
