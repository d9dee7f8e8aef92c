"""A server that is not ours: each documented way to show it the images is tried in a browser."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from pairset.store import PairSet
from review.label_studio.client import StudioClient
from review.label_studio.project import StudioProject
from review.push import push
from review.serve import serve
from review.settings import PushSettings, ServeSettings, TriageSettings
from review.studio.bootstrap import ensure_local_images, project_title
from review.studio.connection import StudioConnection
from review.studio.home import Secrets, home_of, read_or_make_secrets
from review.studio.own_studio import StudioServer
from review.triage import triage
from tests.review.conftest import Studio
from tests.review.drawn_set import WIDTH, make_annotated_set
from tests.review.reviewer import Reviewer


class FilesForEverybody(SimpleHTTPRequestHandler):
    """A folder over HTTP, with the header that lets pages of other origins use its images."""

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Bucket(FilesForEverybody):
    """As much of S3 as Label Studio asks of it: what is in the bucket, and each object."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if "list-type" in parse_qs(parts.query):
            self._answer(_ONE_OBJECT)
        else:
            self.path = parts.path.removeprefix("/bucket/pairs")
            super().do_GET()

    def _answer(self, xml: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(xml)))
        self.end_headers()
        self.wfile.write(xml)


_ONE_OBJECT = b"""<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>bucket</Name><Prefix>pairs</Prefix><KeyCount>1</KeyCount><MaxKeys>1</MaxKeys>
<IsTruncated>false</IsTruncated><Contents><Key>pairs/a.jpg</Key><Size>1</Size></Contents>
</ListBucketResult>"""


@contextmanager
def files_over_http(
    folder: Path, files: type[FilesForEverybody] = FilesForEverybody
) -> Iterator[str]:
    handler = partial(files, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    """A small set that is triaged; nothing of it is on any server."""
    pair_set = make_annotated_set(tmp_path, pairs=2)
    triage(TriageSettings(set_url=pair_set.url, threshold=1))
    return pair_set


def project_elsewhere(studio: Studio, pair_set: PairSet) -> StudioConnection:
    """The set's project on the server of another set."""
    url, token = studio.connection.url, studio.connection.token
    serve(ServeSettings(set_url=pair_set.url, url=url, token=token))
    with StudioClient(url, token) as client:
        (project,) = client.sdk.projects.list(title=project_title(pair_set)).items or []
    return StudioConnection(url, token, project.id or 0)


def push_there(pair_set: PairSet, there: StudioConnection, image_url: str) -> str:
    """Push with images at such addresses; the link to review."""
    push(
        PushSettings(
            set_url=pair_set.url,
            url=there.url,
            token=there.token,
            project=there.project_id,
            image_url=image_url,
        )
    )
    with StudioClient(there.url, there.token) as client:
        return there.labelling_url(StudioProject(client, there.project_id).ensure_queue())


def widths_seen(login: Secrets, browser: Browser, link: str) -> list[int]:
    """Natural widths of the two images that a reviewer is shown without any error."""
    reviewer = Reviewer(browser)
    reviewer.open_queue(link, login.email, login.password)
    assert reviewer.complaints == []
    return reviewer.image_widths()


def test_images_of_a_file_server_that_allows_other_origins_load(
    studio: Studio, browser: Browser, pair_set: PairSet
) -> None:
    there = project_elsewhere(studio, pair_set)

    with files_over_http(home_of(pair_set).images) as files:
        link = push_there(pair_set, there, f"{files}/{{image_id}}.jpg")
        assert widths_seen(studio.login, browser, link) == [WIDTH, WIDTH]


def test_images_copied_to_the_servers_own_disk_load(
    studio: Studio, browser: Browser, pair_set: PairSet
) -> None:
    there = project_elsewhere(studio, pair_set)
    folder = home_of(studio.pair_set).document_root / "elsewhere"
    link = push_there(pair_set, there, "/data/local-files/?d=elsewhere/{image_id}.jpg")

    shutil.copytree(home_of(pair_set).images, folder)
    with StudioClient(there.url, there.token) as client:
        ensure_local_images(client, there.project_id, folder)

    assert widths_seen(studio.login, browser, link) == [WIDTH, WIDTH]


def test_images_in_a_bucket_load(
    browser: Browser, pair_set: PairSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Label Studio trusts no bucket in a private network unless told to.
    monkeypatch.setenv("SSRF_PROTECTION_ENABLED", "false")
    home = home_of(pair_set)
    with StudioServer(pair_set, ["add"]) as there, files_over_http(home.images, Bucket) as bucket:
        link = push_there(pair_set, there, "s3://bucket/pairs/{image_id}.jpg")
        with StudioClient(there.url, there.token) as client:
            client.sdk.import_storage.s3.create(
                project=there.project_id,
                bucket="bucket",
                prefix="pairs",
                s3endpoint=bucket,
                region_name="us-east-1",
                aws_access_key_id="key",
                aws_secret_access_key="secret",
                presign=True,
            )

        assert widths_seen(read_or_make_secrets(home), browser, link) == [WIDTH, WIDTH]
