"""Object stores: what others wrote is seen, and a name stands for itself."""

from collections.abc import Iterator
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from pairset.files.uris import filesystem_of, object_uri, open_file
from pairset.store import create_set

NAMES = ["a::b.jpg", "x#y.jpg", "50%25.jpg", "a b?.jpg", "~c.jpg", "line\nbreak.jpg"]


class Remembering(MemoryFileSystem):
    """Remembers listings as s3fs does, unless it is told not to."""

    protocol = "remembering"
    store: dict[str, Any] = {}  # noqa: RUF012 - as its parent has it
    pseudo_dirs: list[str] = [""]  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("remembering://", "memory://")))

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        key = (path, detail)
        try:
            return list(self.dircache[key])
        except KeyError:
            self.dircache[key] = super().ls(path, detail, **options)
        return list(super().ls(path, detail, **options))


@pytest.fixture
def remembering() -> Iterator[None]:
    fsspec.register_implementation("remembering", Remembering, clobber=True)
    yield
    Remembering.store.clear()


@pytest.mark.usefixtures("remembering")
def test_shards_that_another_process_wrote_are_seen() -> None:
    stage = create_set("remembering://bucket/set").stage("images")
    other = Remembering(skip_instance_cache=True)
    other.pipe_file("/bucket/set/images/0.parquet", b"")
    assert stage.shards() == ["0"]
    trusting = Remembering(skip_instance_cache=True)
    assert len(trusting.ls("/bucket/set/images")) == 1
    other.pipe_file("/bucket/set/images/1.parquet", b"")
    assert len(trusting.ls("/bucket/set/images")) == 1  # what a set must not do
    assert stage.shards() == ["0", "1"]


@pytest.mark.parametrize("name", NAMES)
def test_an_object_of_any_name_is_read_by_its_uri(name: str) -> None:
    filesystem, folder = filesystem_of("memory://odd")
    filesystem.pipe_file(f"{folder}/{name}", name.encode())
    uri = object_uri(filesystem, f"{folder}/{name}")
    with open_file(uri) as file:
        assert file.read() == name.encode()
    assert uri.isprintable()
    assert "#" not in uri


@pytest.mark.parametrize("name", ["a::b", "x#y", "~set", "with space", "50%", "q?"])
def test_a_set_of_any_name_is_the_folder_of_that_name(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert create_set(name).root == str(tmp_path / name)
    assert (tmp_path / name).is_dir()
