"""Which columns of a Parquet file are images: chosen by name and type, never by type alone.

A column of binaries may as well hold hashes, embeddings or sounds.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

_IMAGE_WORDS = frozenset(
    [
        *("image", "images", "img", "imgs", "photo", "picture", "pic", "pixels"),
        *("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "jxl"),
    ]
)
_OTHER_WORDS = frozenset(
    [
        *("hash", "phash", "dhash", "ahash", "md5", "sha", "sha1", "sha256", "crc", "checksum"),
        *("digest", "embedding", "embeddings", "embed", "emb", "vector", "vec", "feature"),
        *("features", "feat", "latent", "latents", "clip", "thumbnail", "thumb", "thumbnails"),
        *("exif", "xmp", "iptc", "icc", "meta", "metadata", "id", "key", "uuid", "blurhash"),
        *("audio", "video", "sound"),
    ]
)
_NAMED_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class ImageColumns:
    """Columns of one file, by whether they are read as images."""

    read: tuple[str, ...]
    passed_over: tuple[str, ...]
    """Those of bytes, and those asked for, that are not read; each with its type."""


def image_columns(schema: pa.Schema, wanted: Sequence[str] = ()) -> ImageColumns:
    """The columns to read: those wanted, else structs of ``{bytes, …}`` and binaries named so.

    A column that HF datasets call an image is one whatever its name, and one that they call
    something else is none. Raises ValueError for names that are no UTF-8.
    """
    names = schema.names
    features = _hugging_face_features(schema)
    read = []
    passed_over = []
    for field in schema:
        is_chosen = field.name in wanted if wanted else _is_image(field, features)
        if is_chosen and holds_bytes(field.type) and names.count(field.name) == 1:
            read.append(field.name)
        elif field.name in wanted or holds_bytes(field.type) or _has_bytes_inside(field.type):
            twice = ", twice" if names.count(field.name) > 1 else ""
            passed_over.append(f"{field.name!r} ({_short(field.type)}{twice})")
    return ImageColumns(tuple(read), tuple(dict.fromkeys(passed_over)))


def listed(columns: Sequence[str]) -> str:
    """Columns in one line, the first twelve of many."""
    more = len(columns) - _NAMED_AT_MOST
    shown = ", ".join(columns[:_NAMED_AT_MOST]) or "none"
    return f"{shown} and {more} more" if more > 0 else shown


def described(schema: pa.Schema) -> str:
    """All columns with their types, the first twelve of many."""
    return listed([f"{field.name!r} ({_short(field.type)})" for field in schema])


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether a cell is some bytes, or a struct with a field of them that is called ``bytes``."""
    if pa.types.is_struct(kind):
        places = kind.get_all_field_indices("bytes")
        return len(places) == 1 and _is_binary(kind.field(places[0]).type)
    return _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _has_bytes_inside(kind: pa.DataType) -> bool:
    """Whether bytes lie deeper than ``holds_bytes`` looks: in lists, or in structs of structs."""
    inside = [kind.field(place).type for place in range(kind.num_fields)]
    return any(_is_binary(each) or _has_bytes_inside(each) for each in inside)


def _is_image(field: pa.Field, features: dict[str, str]) -> bool:
    if field.name in features:
        return features[field.name] == "Image"
    words = set(re.findall(r"[a-z]+[0-9]*|[0-9]+", _with_breaks(field.name).lower()))
    if words & _OTHER_WORDS:
        return False
    is_fixed = pa.types.is_fixed_size_binary(field.type)
    return pa.types.is_struct(field.type) or (bool(_stems(words) & _IMAGE_WORDS) and not is_fixed)


def _stems(words: set[str]) -> set[str]:
    """The words, and without the numbers at their ends: ``image1`` is an image too."""
    return words | {word.rstrip("0123456789") for word in words}


def _with_breaks(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)


def _short(kind: pa.DataType) -> str:
    text = str(kind)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _hugging_face_features(schema: pa.Schema) -> dict[str, str]:
    """Types that HF datasets note in the schema, of those columns that have a simple one."""
    try:
        noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = noted["info"]["features"].items()
        kinds = {name: feature.get("_type") for name, feature in features}
    except (ValueError, RecursionError, LookupError, AttributeError, TypeError):
        return {}
    return {name: kind for name, kind in kinds.items() if kind in ("Image", "Audio", "Video")}
