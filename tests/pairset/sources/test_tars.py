"""What is wrong with a tar costs what is wrong, and one row says so."""

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from pairset.decoding import ImageError, ImageErrorCode
from pairset.images import read_bytes
from pairset.sources import Found
from pairset.sources.captions import SIDECAR_LIMIT_BYTES
from pairset.sources.tar import TARS

BLOCK = tarfile.BLOCKSIZE
PICTURE = b"\x89PNG picture"
Members = dict[str, bytes]


def tar_of(members: Members, **options: object) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **options) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def pictures(*names: str) -> Members:
    return {name: PICTURE + name.encode() for name in names}


def found_in(folder: Path, content: bytes, name: str = "a.tar") -> list[Found]:
    path = folder / name
    path.write_bytes(content)
    return found_at(path)


def found_at(path: Path) -> list[Found]:
    return [each for each in TARS.walk(str(path)) if isinstance(each, Found)]


def good(found: list[Found]) -> list[bytes]:
    return [each.content for each in found if isinstance(each.content, bytes)]


def errors(found: list[Found]) -> list[ImageError]:
    return [each.content for each in found if isinstance(each.content, ImageError)]


def header_of(member: tarfile.TarInfo, size_field: bytes | None = None) -> bytes:
    """One header block, its size field overwritten and its checksum made right."""
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT)[-BLOCK:])
    if size_field is not None:
        block[124:136] = size_field
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_members_before_and_behind_a_damaged_header_are_read(tmp_path: Path) -> None:
    content = bytearray(tar_of(pictures("1.png", "2.png", "3.png", "4.png")))
    content[2 * BLOCK : 3 * BLOCK] = os.urandom(BLOCK)
    found = found_in(tmp_path, bytes(content))
    assert good(found) == [PICTURE + name for name in (b"1.png", b"3.png", b"4.png")]
    (error,) = errors(found)
    assert error.code is ImageErrorCode.UNREADABLE
    assert f"byte {2 * BLOCK}" in str(error)


def test_joined_archives_are_read_to_the_end(tmp_path: Path) -> None:
    joined = b"".join(tar_of(pictures(f"{number}.png")) for number in range(3))
    found = found_in(tmp_path, joined)
    assert len(good(found)) == 3
    assert errors(found) == []


def test_an_archive_that_is_cut_gives_what_is_whole(tmp_path: Path) -> None:
    whole = tar_of({"1.png": PICTURE, "2.png": PICTURE * 100})
    found = found_in(tmp_path, whole[: 3 * BLOCK + 100])
    assert good(found) == [PICTURE]
    assert len(errors(found)) == 1


@pytest.mark.parametrize(
    "size_field",
    [
        b"\xff" * 12,  # minus one, in base 256
        b"\x80" + b"\xff" * 11,  # more than any disk holds
        b"77777777777\0",  # 8 GiB
        b"nonsense   \0",
    ],
)
def test_a_size_that_cannot_be_is_damage_and_costs_no_memory(
    tmp_path: Path, size_field: bytes
) -> None:
    lying = header_of(tarfile.TarInfo("lies.png"), size_field)
    found = found_in(
        tmp_path, tar_of(pictures("1.png"))[: 2 * BLOCK] + lying + tar_of(pictures("2.png"))
    )
    assert good(found) == [PICTURE + b"1.png", PICTURE + b"2.png"]
    assert len(errors(found)) == 1


@pytest.mark.parametrize("size", ["-1", "200000000000", "1e9", "٣"])
def test_a_pax_header_that_lies_of_a_size_is_damage(tmp_path: Path, size: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("lies.png")
        member.pax_headers = {"size": size}
        archive.addfile(member)
    found = found_in(tmp_path, buffer.getvalue() + tar_of(pictures("2.png")))
    assert good(found) == [PICTURE + b"2.png"]
    assert "damaged at byte 0" in str(errors(found)[-1])


def test_metadata_without_measure_is_not_read(tmp_path: Path) -> None:
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type = tarfile.GNUTYPE_LONGNAME
    long_name.size = 1 << 30
    found = found_in(tmp_path, header_of(long_name) + tar_of(pictures("1.png")))
    assert good(found) == [PICTURE + b"1.png"]
    assert "metadata" in str(errors(found)[0])


def test_a_sparse_member_is_refused_however_large_it_says_it_is(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("holes.png")
        member.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "holes.png",
            "GNU.sparse.realsize": str(1 << 60),
        }
        member.size = BLOCK
        archive.addfile(member, io.BytesIO(b"0\n".ljust(BLOCK, b"\0")))
    found = found_in(tmp_path, buffer.getvalue())
    (error,) = errors(found)
    assert "sparse" in str(error)


def test_links_stand_for_what_they_name_in_the_archive_and_never_leave_it(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(b"outside")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        real = tarfile.TarInfo("in/1.png")
        real.size = len(PICTURE)
        archive.addfile(real, io.BytesIO(PICTURE))
        for name, kind, target in (
            ("hard.png", tarfile.LNKTYPE, "in/1.png"),
            ("in/soft.png", tarfile.SYMTYPE, "1.png"),
            ("out.png", tarfile.SYMTYPE, "../outside.png"),
            ("root.png", tarfile.SYMTYPE, "/etc/passwd"),
            ("round.png", tarfile.SYMTYPE, "round.png"),
        ):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, target
            archive.addfile(link)
    found = found_in(tmp_path, buffer.getvalue())
    assert good(found) == [PICTURE] * 3
    assert [error.code for error in errors(found)] == [ImageErrorCode.MISSING] * 3


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_in_an_archive_are_no_images(tmp_path: Path, kind: bytes) -> None:
    device = tarfile.TarInfo("zero.png")
    device.type, device.devmajor, device.devminor = kind, 1, 5
    found = found_in(tmp_path, header_of(device) + tar_of(pictures("1.png")))
    assert good(found) == [PICTURE + b"1.png"]
    assert len(errors(found)) == 1


@pytest.mark.parametrize("name", ["../../x.png", "/etc/x.png", "caf\udce9.png", "a#b&c=d\n.png"])
def test_a_member_of_any_name_is_read_again_by_its_uri(tmp_path: Path, name: str) -> None:
    (each,) = found_in(tmp_path, tar_of(pictures("0.png") | {name: PICTURE}))[1:]
    assert read_bytes(each.uri) == PICTURE
    for text in (each.uri, str(each.said["origin"])):
        text.encode()


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_archive_is_named_with_what_unpacks_it(tmp_path: Path, packed) -> None:  # type: ignore[no-untyped-def]
    (error,) = errors(found_in(tmp_path, packed(tar_of(pictures("1.png"))), "a.tar.packed"))
    assert "Unpack it" in str(error)


def test_what_is_no_tar_at_all_is_one_row(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("1.png", PICTURE)
    contents = [b"", b"<!doctype html><p>404", (tmp_path / "zip").read_bytes(), b"\0" * 5 * BLOCK]
    codes = [[each.code for each in errors(found_in(tmp_path, content))] for content in contents]
    assert codes[0] == [ImageErrorCode.EMPTY]
    assert [len(each) for each in codes[:3]] == [1, 1, 1]


def test_a_text_is_the_caption_and_a_document_adds_the_rest(tmp_path: Path) -> None:
    document = {"caption": "of the json", "license": "CC0", "url": "https://example.org"}
    members = pictures("1.png") | {"1.txt": b"of the txt", "1.json": json.dumps(document).encode()}
    for order in (members, dict(reversed(members.items()))):
        (found,) = found_in(tmp_path, tar_of(order))
        assert found.said["caption"] == "of the txt"
        assert (found.said["licence"], found.said["origin"]) == ("CC0", "https://example.org")


@pytest.mark.parametrize(
    "document", [b"[" * 100_000, b"\xff\xfe", b"null", b'{"caption": 7}', b'{"caption": "\\ud83d"}']
)
def test_a_document_of_any_kind_spoils_no_image(tmp_path: Path, document: bytes) -> None:
    (found,) = found_in(tmp_path, tar_of(pictures("1.png") | {"1.json": document}))
    assert good([found])
    str(found.said.get("caption")).encode()


def test_a_text_without_measure_is_left_out_and_told(tmp_path: Path) -> None:
    long = b"x" * (SIDECAR_LIMIT_BYTES + 1)
    found = found_in(tmp_path, tar_of(pictures("1.png") | {"1.txt": long}))
    assert len(good(found)) == 1
    assert errors(found)[0].code is ImageErrorCode.TOO_LARGE


@pytest.mark.parametrize("name", ["pipe.tar", "pipe.parquet", "pipe.jpg"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ImageError, match="not a regular file"):
        read_bytes(str(tmp_path / name))
    (error,) = errors(found_at(tmp_path / name))
    assert error.code is ImageErrorCode.UNREADABLE
