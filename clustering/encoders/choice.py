"""Which encoder a name means, what its folder is called, and how to load it."""

import hashlib
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from clustering.encoder_kinds import (
    KINDS,
    EncoderKind,
    english_kinds,
    kind_of,
    written_kinds,
)
from clustering.encoders.protocol import Encoder, TextEncoder
from clustering.keys import VERSIONS
from clustering.settings import Dtype
from pairset.entry_points import ENCODERS_GROUP, added_names
from pairset.errors import MissingExtraError, SettingsError
from pairset.records.ids import content_id

_KEY_DIGITS = 8


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """An encoder by kind and by where its weights are."""

    kind: str
    model: str
    """Architecture, hub id or local folder; empty where the kind has one model only."""
    weights: str = ""
    """A hub tag or a checkpoint file, where the kind takes one."""
    dtype: Dtype = "auto"

    @property
    def kind_record(self) -> EncoderKind:
        """All there is to know of its kind. Raises SettingsError where there is none."""
        return _kind_named(self.kind, self.kind)

    def scene_similarity(self, method: str) -> float:
        """Least cosine of images that the method makes scenes of."""
        kind = self.kind_record
        return {
            "shared_neighbors": kind.scene_similarity,
            "hdbscan": kind.hdbscan_similarity,
        }[method]

    def key(self) -> str:
        """Name of its folder of embeddings: other weights, another folder."""
        label = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.kind}-{Path(self.model).name}").strip("-")
        places = (self.model, self.weights)
        asked = () if self.dtype == "auto" else (self.dtype,)
        identity = content_id(
            "encoder",
            VERSIONS["embeddings"],
            self.kind,
            *asked,
            *(_identity(place) for place in places),
        )
        return f"{label}-{identity[:_KEY_DIGITS]}"


def parse_encoder(name: str, dtype: Dtype = "auto") -> EncoderChoice:
    """Read ``lite0``, ``open_clip:MODEL/TAG``, ``dinov2:ID_OR_FOLDER`` and their like.

    Raises SettingsError for a kind that does not exist or a name that lacks its model.
    """
    word, _, rest = name.partition(":")
    kind = _kind_named(word, name)
    if bool(rest) != bool(kind.form):
        raise _no_encoder(name)
    if "/" not in kind.form:
        return EncoderChoice(word, rest, dtype=dtype)
    model, separator, weights = _split_first(rest)
    if not separator or not model or not weights:
        raise SettingsError(
            f"{name!r} names no weights: write {kind.written} or {word}:MODEL/CHECKPOINT."
        )
    return EncoderChoice(word, model, weights, dtype)


def _kind_named(word: str, name: str) -> EncoderKind:
    kind = kind_of(word)
    if kind is None:
        raise _no_encoder(name)
    return kind


def _no_encoder(name: str) -> SettingsError:
    readers = " and ".join(kind.name for kind in english_kinds())
    others = added_names(ENCODERS_GROUP)
    of_others = f" (other packages add {', '.join(others)})" if others else ""
    return SettingsError(
        f"{name!r} names no encoder. Choose {written_kinds()}{of_others}; pairset direction reads "
        f"captions with {readers} alone."
    )


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
    encoder: Encoder = _opened(choice.kind_record.opens, choice)
    return encoder


def load_text_encoder(choice: EncoderChoice) -> TextEncoder:
    """Load an encoder whose text tower reads English.

    Raises SettingsError for one without, and what ``load_encoder`` raises.
    """
    opens = choice.kind_record.opens_texts
    if opens is None:
        raise SettingsError(
            f"{choice.kind} has no tower that reads English captions. Choose --encoder "
            f"{written_kinds(english_kinds())}."
        )
    encoder: TextEncoder = _opened(opens, choice)
    return encoder


def _opened(opens: str, choice: EncoderChoice) -> Any:
    module, function = opens.split(":")
    try:
        open_encoder: Callable[[EncoderChoice], object] = getattr(
            importlib.import_module(module), function
        )
        return open_encoder(choice)
    except ModuleNotFoundError as error:
        extra = "mine" if choice.kind_record in KINDS else None
        raise MissingExtraError(error.name or choice.kind, extra) from error


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
