"""One table says what each kind of encoder is, and another package can add to it."""

import re
import sys
from pathlib import Path

import pytest

from clustering.candidates import scene_rule, search_of
from clustering.encoder_kinds import KINDS, english_kinds, help_of, kind_of
from clustering.encoders import load_encoder, parse_encoder
from clustering.encoders.choice import load_text_encoder
from clustering.settings import DirectionSettings, MineSettings
from pairset.entry_points import ENCODERS_GROUP
from pairset.errors import MissingExtraError, PlugInError, SettingsError
from tests.contributing.added_package import install

MINING_PAGE = Path(__file__).parents[3] / "docs" / "mining.md"
PLUG_IN = """
from clustering.encoder_kinds import EncoderKind

TINY = EncoderKind(
    name="tiny", opens="tiny_encoders:open_tiny", help="one colour", packages=(("tiny",),),
    similarity_floor=0.3, scene_similarity=0.4, hdbscan_similarity=0.45, adoption_floor=0.2,
)
NO_KIND = "tiny"
OTHER = EncoderKind(name="other", opens="", help="", packages=())

class Tiny:
    side = 8

def open_tiny(choice):
    return Tiny()
"""


def add(folder: Path, target: str, source: str = PLUG_IN) -> None:
    """A package whose one entry point is the encoder ``tiny``."""
    install(folder, "tiny-encoders", ENCODERS_GROUP, {"tiny": target}, {"tiny_encoders": source})


@pytest.fixture
def plug_in(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("tiny_encoders", None)
    load_encoder.cache_clear()


def test_an_encoder_of_another_package_is_chosen_by_name_and_opened(plug_in):
    add(plug_in, "tiny_encoders:TINY")
    choice = parse_encoder("tiny:red", "fp32")
    assert (choice.kind, choice.model, choice.dtype) == ("tiny", "red", "fp32")
    assert choice.key().startswith("tiny-red-")
    assert load_encoder(choice).side == 8
    with pytest.raises(SettingsError, match="no tower that reads English"):
        load_text_encoder(choice)


def test_its_floors_are_those_that_mining_goes_by(plug_in):
    add(plug_in, "tiny_encoders:TINY")
    settings = MineSettings(set_url="set", corpus=["photos"], encoder="tiny:red")
    rule = scene_rule(settings)
    assert (search_of(settings, 1).floor, rule.similarity, rule.adoption_floor) == (0.3, 0.4, 0.2)
    by_density = settings.model_copy(update={"scene_method": "hdbscan"})
    assert scene_rule(by_density).similarity == 0.45


def test_no_other_package_is_imported_for_an_encoder_of_ours(plug_in):
    add(plug_in, "tiny_encoders:TINY", "raise RuntimeError('imported')")
    for kind in KINDS:
        assert kind_of(kind.name) is kind
    with pytest.raises(SettingsError, match="other packages add tiny"):
        parse_encoder("resnet:50")


def test_a_package_that_cannot_be_imported_is_named(plug_in):
    add(plug_in, "tiny_encoders:TINY", "raise RuntimeError('no such device')")
    with pytest.raises(PlugInError, match=r"tiny-encoders adds 'tiny'.*no such device") as refused:
        parse_encoder("tiny:red")
    assert refused.value.exit_code == 3


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("tiny_encoders:NO_KIND", "is an object of type str, which is no EncoderKind"),
        ("tiny_encoders:OTHER", "is an EncoderKind of another name, 'other'"),
    ],
)
def test_what_is_no_kind_of_that_name_is_an_error_that_names_the_package(plug_in, target, reason):
    add(plug_in, target)
    with pytest.raises(PlugInError, match=f"tiny-encoders adds 'tiny'.*{reason}.*uninstall it"):
        parse_encoder("tiny:red")


def test_two_packages_may_not_add_one_encoder(plug_in):
    add(plug_in, "tiny_encoders:TINY")
    install(plug_in, "more-encoders", ENCODERS_GROUP, {"tiny": "nowhere:TINY"}, {})
    with pytest.raises(PlugInError, match="more-encoders and tiny-encoders both add 'tiny'"):
        parse_encoder("tiny:red")


def test_a_package_that_the_other_one_lacks_is_no_part_of_our_extra(plug_in):
    add(plug_in, "tiny_encoders:TINY", PLUG_IN.replace("return Tiny()", "import no_such_thing"))
    with pytest.raises(MissingExtraError, match="pip install no_such_thing"):
        load_encoder(parse_encoder("tiny:red"))


def test_help_names_every_encoder_that_can_be_chosen():
    mine, direction = (
        settings.model_fields["encoder"].description or ""
        for settings in (MineSettings, DirectionSettings)
    )
    assert mine == help_of()
    assert all(kind.written in mine for kind in KINDS)
    assert re.findall(r"(\w+):MODEL", direction) == [kind.name for kind in english_kinds()]


def test_the_table_of_encoders_in_the_docs_is_the_table_of_kinds():
    rows = re.findall(
        r"^\| `(\w+)` \| ([.\d]+) \| ([.\d]+) \| ([.\d]+) \| ([.\d]+) \| (yes|no) \|$",
        MINING_PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    written = [(name, *map(float, cosines), reads == "yes") for name, *cosines, reads in rows]
    assert written == [
        (
            kind.name,
            kind.similarity_floor,
            kind.scene_similarity,
            kind.hdbscan_similarity,
            kind.adoption_floor,
            kind.opens_texts is not None,
        )
        for kind in KINDS
    ]
