"""Who can reach a Label Studio that listens for others: one line says so."""

import pytest

from review.serve import words_of_openness

URL = "http://127.0.0.1:8080"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_nothing_is_said_where_only_this_machine_reaches_it(host: str) -> None:
    assert words_of_openness(host, URL) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "gpu-box"])
def test_what_an_open_address_opens_is_one_line(host: str) -> None:
    said = words_of_openness(host, URL)
    assert said is not None
    assert "\n" not in said
    assert "port 8080" in said
    assert "password" in said
    assert "nothing is encrypted" in said
    assert host in said
