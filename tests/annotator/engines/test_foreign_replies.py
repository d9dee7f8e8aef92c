"""Whatever a server sends is one row, with what it said, within bounds of time and memory."""

import itertools
import json
import math
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from annotator.annotate import annotate
from annotator.settings import AnnotateSettings
from pairset.errors import EngineDownError, SettingsError
from pairset.network.http_client import LONGEST_BODY_BYTES
from pairset.outcome import NothingAnsweredError
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.annotator.fake_server import REPLY, FakeServer, Scripted, raw_reply, reply
from tests.annotator.small_set import make_set

TEXT = json.dumps(REPLY, ensure_ascii=False)


def rows_of(pair_set: PairSet, fake: FakeServer, **changes: object) -> list[dict[str, Any]]:
    values = {"server": fake.url, "retries": 0, "concurrency": 1, "timeout_seconds": 5.0}
    annotate(AnnotateSettings(set_url=pair_set.url, **(values | changes)))
    return latest_annotations(pair_set).to_pylist()


def spoilt(pair_set: PairSet, fake: FakeServer, odd: Scripted, **changes: object) -> dict[str, Any]:
    """The row of one odd reply among good ones, which must be there all the same."""
    fake.queue.append(odd)
    rows = rows_of(pair_set, fake, **changes)
    assert len(rows) == 3
    (row,) = (row for row in rows if row["error_code"])
    return row


def completion(content: object = TEXT, **choice: object) -> Scripted:
    message = {"role": "assistant", "content": content}
    return Scripted(body={"choices": [{"message": message, "finish_reason": "stop"} | choice]})


@pytest.fixture
def three(tmp_path: Path) -> PairSet:
    return make_set(tmp_path, pairs=3)


@pytest.mark.parametrize(
    "logprob", [math.nan, math.inf, -math.inf, 0.7, None, "-0.1", True, -1e300]
)
def test_a_broken_logprob_gives_no_confidence(
    three: PairSet, fake: FakeServer, logprob: object
) -> None:
    fake.otherwise = lambda: reply(logprob=logprob)  # type: ignore[arg-type]
    rows = rows_of(three, fake)
    assert [row["error_code"] for row in rows] == [None] * 3
    assert [row["confidence"] for row in rows] == [None] * 3
    assert [row["logprobs_en"] for row in rows] == [None] * 3


def test_rounding_above_certainty_is_certainty(three: PairSet, fake: FakeServer) -> None:
    fake.otherwise = lambda: reply(logprob=1e-6)
    assert [row["confidence"] for row in rows_of(three, fake)] == [1.0] * 3


BODIES = {
    "a list": b"[]",
    "a number": b"7",
    "nothing": b"",
    "choices of another type": b'{"choices": {"0": {"message": {"content": "x"}}}}',
    "no choices": b'{"choices": []}',
    "no message": b'{"choices": [null]}',
    "a message that is a text": b'{"choices": [{"message": "x"}]}',
    "brackets without end": b"[" * 100_000,
    "objects without end": b'{"a":' * 100_000,
    "a number of 5000 digits": b'{"choices": ' + b"1" * 5000 + b"}",
    "no Unicode": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
def test_a_body_of_another_shape_is_one_row(
    three: PairSet, fake: FakeServer, content: bytes
) -> None:
    assert spoilt(three, fake, Scripted(content=content))["error_code"] == "server_error"


def test_counts_and_ends_of_other_types_are_left_out(three: PairSet, fake: FakeServer) -> None:
    for count, end in [("many", 7), (10**30, ["stop"]), (-1, "HALTED"), (math.nan, None)]:
        odd = completion(finish_reason=end)
        odd.body["usage"] = {"prompt_tokens": count, "completion_tokens": count}
        fake.queue.append(odd)
    rows = rows_of(three, fake)
    assert {row["prompt_tokens"] for row in rows} == {None}
    assert {row["finish_reason"] for row in rows} == {"other"}
    assert {row["instruction_en"] for row in rows} == {REPLY["instruction_en"]}


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": TEXT[:40]}, {"type": "text", "text": TEXT[40:]}],
        {"type": "text", "text": TEXT},
        REPLY,
        f"```json\n{TEXT}\n```",
        f"Here it is:\n```\n{TEXT}\n```\nAnything else?",
        f'<think>maybe {{"instruction_en": "Add a cat."}}</think>\n{TEXT}',
        f"no opening tag</think>```json\n{TEXT}```",
    ],
)
def test_a_reply_in_another_wrapping_is_read(
    three: PairSet, fake: FakeServer, content: object
) -> None:
    fake.otherwise = lambda: completion(content)
    assert {row["instruction_en"] for row in rows_of(three, fake)} == {REPLY["instruction_en"]}


def test_confidence_is_read_off_the_reply_and_not_off_the_thoughts(
    three: PairSet, fake: FakeServer
) -> None:
    thoughts = '<think>{"instruction_en": "Add a cat."}</think>'
    fake.otherwise = lambda: raw_reply(thoughts + TEXT)
    assert {"".join(row["tokens_en"]) for row in rows_of(three, fake)} == {REPLY["instruction_en"]}


def test_a_reply_that_was_taken_for_thoughts_is_read(three: PairSet, fake: FakeServer) -> None:
    message = {"content": None, "reasoning_content": TEXT}
    fake.otherwise = lambda: completion(message=message)
    assert {row["error_code"] for row in rows_of(three, fake)} == {None}


BAD_TEXTS = {
    "a terminal escape": "Add \x1b[31m red.",
    "NUL": "Add\x00 it.",
    "a line break": "Add\nit.",
    "half a surrogate": "Add a \ud83d disc.",
    "an override": "Add \u202etxt.",
    "an isolate": "Add \u2066x\u2069.",
    "a control character of Latin-1": "Add \x9b31m.",
    "an invisible tag": "Add \U000e0041.",
    "a line separator": "Add\u2028it.",
    "a backslash": "Add \\ it.",
    "one quote": 'Add 5" of snow.',
}


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
@pytest.mark.parametrize("as_escapes", [True, False])
def test_a_text_that_commands_or_hides_is_refused(
    three: PairSet, fake: FakeServer, text: str, as_escapes: bool
) -> None:
    said = json.dumps(REPLY | {"target_caption": text}, ensure_ascii=as_escapes)
    row = spoilt(three, fake, completion(said))
    assert row["error_code"] == "invalid_reply"
    assert "target_caption" in row["error"]


def test_words_in_quotes_keep_them_as_curved_ones(three: PairSet, fake: FakeServer) -> None:
    said = json.dumps(REPLY | {"instruction_en": 'Write "OPEN" on it. 👩\u200d🔬'})
    fake.otherwise = lambda: completion(said)
    instructions = {row["instruction_en"] for row in rows_of(three, fake)}
    assert instructions == {"Write “OPEN” on it. 👩\u200d🔬"}


def test_a_key_that_is_there_twice_is_refused(three: PairSet, fake: FakeServer) -> None:
    twice = TEXT[:-1] + ', "instruction_en": "Add a cat."}'
    assert "twice" in spoilt(three, fake, raw_reply(twice))["error"]


@pytest.mark.parametrize("place", ["body", "choice"])
def test_an_error_inside_a_200_says_what_it_says(
    three: PairSet, fake: FakeServer, place: str
) -> None:
    error = {"error": {"message": "upstream \x1b[31m is\x00 overloaded", "code": "busy"}}
    body = error if place == "body" else {"choices": [error]}
    row = spoilt(three, fake, Scripted(body=body))
    assert (row["error_code"], "overloaded" in row["error"]) == ("server_error", True)


def test_an_error_inside_a_200_that_may_pass_is_tried_again(
    three: PairSet, fake: FakeServer
) -> None:
    fake.queue.append(Scripted(body={"error": {"message": "rate limited", "code": 429}}))
    assert {row["error_code"] for row in rows_of(three, fake, retries=1)} == {None}


def test_a_web_page_is_not_shown(three: PairSet, fake: FakeServer) -> None:
    row = spoilt(three, fake, Scripted(400, content=b"<!DOCTYPE html><title>Sign in</title>"))
    assert "a web page" in row["error"]
    assert "Sign in" not in row["error"]


def test_one_pair_that_a_gateway_forbids_is_a_row(three: PairSet, fake: FakeServer) -> None:
    fake.queue.extend([reply(), Scripted(403, {"error": {"message": "flagged"}})])
    (row,) = (row for row in rows_of(three, fake) if row["error_code"])
    assert (row["error_code"], "flagged" in row["error"]) == ("request_rejected", True)


def test_a_token_that_expires_on_the_way_stops_the_run(tmp_path: Path, fake: FakeServer) -> None:
    pair_set = make_set(tmp_path, pairs=8)
    fake.queue.append(reply())
    fake.otherwise = lambda: Scripted(401)
    with pytest.raises(SettingsError, match="token"):
        rows_of(pair_set, fake)


@pytest.mark.parametrize(
    "wait", ["²", "-5", "9" * 400, "1e400", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", "nan"]
)
def test_no_retry_after_holds_a_run_up(three: PairSet, fake: FakeServer, wait: str) -> None:
    fake.queue.append(Scripted(429, headers={"Retry_After": wait}))
    assert {row["error_code"] for row in rows_of(three, fake, retries=1)} == {None}


def test_a_reply_that_drips_is_given_up_in_time(three: PairSet, fake: FakeServer) -> None:
    started = time.monotonic()
    drips = Scripted(pieces=itertools.repeat(b" "), pause_seconds=0.05)
    assert spoilt(three, fake, drips, timeout_seconds=0.6)["error_code"] == "timeout"
    assert time.monotonic() - started < 10


def test_headers_that_drip_are_given_up_in_time(three: PairSet, fake: FakeServer) -> None:
    pieces = itertools.chain([b"HTTP/1.1 200 OK\r\nX-A: "], itertools.repeat(b"a"))
    drips = Scripted(pieces=pieces, pause_seconds=0.05, drips_headers=True)
    assert spoilt(three, fake, drips, timeout_seconds=0.6)["error_code"] == "timeout"


LISTINGS = {
    "without end": Scripted(pieces=itertools.repeat(b" " * 2**20)),
    "a web page": Scripted(content=b"<html>Sign in, \x1b[31mplease</html>"),
    "an object": Scripted(body={"data": {"id": "fake"}}),
    "brackets": Scripted(content=b"[" * 100_000),
}


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)
def test_a_list_of_models_that_is_none_is_a_wrong_setting(
    three: PairSet, fake: FakeServer, listing: Scripted
) -> None:
    fake.listing = listing
    with pytest.raises(SettingsError, match="no OpenAI-compatible API") as raised:
        rows_of(three, fake)
    assert "Sign in" not in str(raised.value)


def test_a_body_without_end_is_cut(three: PairSet, fake: FakeServer) -> None:
    row = spoilt(three, fake, Scripted(pieces=itertools.repeat(b"x" * 2**20)), timeout_seconds=60.0)
    assert (row["error_code"], "longer than 16 MiB" in row["error"]) == ("server_error", True)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_packed_bomb_is_not_unpacked_beyond_the_bound(
    three: PairSet, fake: FakeServer, coding: str
) -> None:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    bomb = pack.compress(bytes(4 * LONGEST_BODY_BYTES)) + pack.flush()
    row = spoilt(three, fake, Scripted(content=bomb, headers={"Content_Encoding": coding}))
    assert "longer than 16 MiB" in row["error"]


@pytest.mark.parametrize(
    ("coding", "content"),
    [("gzip", b"no gzip"), ("gzip, gzip", b"x"), ("br", b"x"), ("gzip", zlib.compress(b"{}")[:5])],
)
def test_what_cannot_be_unpacked_is_one_row(
    three: PairSet, fake: FakeServer, coding: str, content: bytes
) -> None:
    packed = Scripted(content=content, headers={"Content_Encoding": coding})
    assert spoilt(three, fake, packed)["error_code"] == "server_error"


def test_a_reply_packed_unasked_is_read(three: PairSet, fake: FakeServer) -> None:
    content = zlib.compress(json.dumps(reply().body).encode())
    fake.otherwise = lambda: Scripted(content=content, headers={"Content_Encoding": "deflate"})
    assert {row["error_code"] for row in rows_of(three, fake)} == {None}


def test_a_run_of_which_nothing_came_is_no_success(three: PairSet, fake: FakeServer) -> None:
    fake.otherwise = lambda: raw_reply("The image is brighter.")
    with pytest.raises(NothingAnsweredError, match=r"None of the 3 pairs .*3 invalid_json.*JSON"):
        rows_of(three, fake)
    with pytest.raises(NothingAnsweredError, match="None of the 3 kept pairs"):
        rows_of(three, fake)
    assert latest_annotations(three).num_rows == 3


def test_a_server_all_of_whose_replies_fail_is_as_good_as_down(
    three: PairSet, fake: FakeServer
) -> None:
    fake.otherwise = lambda: Scripted(content=b"no JSON")
    with pytest.raises(EngineDownError, match="no JSON"):
        rows_of(three, fake)
