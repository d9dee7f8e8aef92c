"""``pairset review serve``: a Label Studio for one set, and the one link to click."""

import socket
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from pairset.records.edit_types import EditType
from pairset.store import PairSet, open_set
from pairset.terminal.console import complain, say
from review.settings import ServeSettings
from review.studio.connection import StudioConnection

if TYPE_CHECKING:
    from review.studio.home import StudioHome

_EDIT_TYPES = [edit_type.value for edit_type in EditType]


def serve(settings: ServeSettings) -> None:
    """Make the set's project ready to review in, and say where it is.

    Our own server runs until Ctrl-C or SIGTERM; somebody else's is left as it is.
    """
    pair_set = open_set(settings.set_url)
    if settings.url:
        _prepare_elsewhere(pair_set, settings)
    else:
        _run_here(pair_set, settings)


def _run_here(pair_set: PairSet, settings: ServeSettings) -> None:
    from review.studio.bootstrap import Overlap
    from review.studio.home import home_of
    from review.studio.own_studio import StudioOptions, StudioServer
    from review.studio.studio_process import Listening

    listening = Listening(settings.host, settings.port, settings.start_timeout_seconds)
    overlap = Overlap(settings.reviewers_per_pair, settings.overlap_share)
    options = StudioOptions(listening, overlap)
    server = StudioServer(pair_set, _EDIT_TYPES, options)
    with server as connection:
        try:
            _announce(pair_set, connection, settings.host)
            if words := words_of_openness(settings.host, connection.url):
                say(words)
            _say_login(home_of(pair_set), connection)
            server.wait()
        except KeyboardInterrupt:
            complain("\nStopping Label Studio. Everybody's work stays in the set.")


def _prepare_elsewhere(pair_set: PairSet, settings: ServeSettings) -> None:
    from review.form.config import build_label_config
    from review.label_studio.client import StudioClient
    from review.label_studio.elsewhere import named_studio
    from review.studio.bootstrap import Overlap, ensure_overlap, ensure_project, project_title

    url, token = named_studio(settings)
    page = build_label_config(_EDIT_TYPES)
    with StudioClient(url, token) as client:
        project_id = ensure_project(client, project_title(pair_set), page, settings.project)
        overlap = Overlap(settings.reviewers_per_pair, settings.overlap_share)
        ensure_overlap(client, project_id, overlap)
    _announce(pair_set, StudioConnection(url, token, project_id))
    say(f"Its number for push and pull: --url {url} --project {project_id}")


def _announce(pair_set: PairSet, connection: StudioConnection, host: str | None = None) -> None:
    from review.label_studio.client import StudioClient
    from review.label_studio.project import StudioProject

    with StudioClient(connection.url, connection.token) as client:
        project = StudioProject(client, connection.project_id)
        link = connection.labelling_url(project.ensure_queue())
        is_empty = project.state().task_count == 0
    say(f"Review here: {_as_others_reach_it(link, host)}")
    if is_empty:
        say(f"Nothing to review is there yet: pairset review push {pair_set.url}")


def _as_others_reach_it(link: str, host: str | None) -> str:
    """The link with this machine's name, where the server listens on every address."""
    from review.studio.studio_process import EVERYWHERE

    if host != EVERYWHERE:
        return link
    parts = urlsplit(link)
    return urlunsplit(parts._replace(netloc=f"{socket.gethostname()}:{parts.port}"))


def words_of_openness(host: str, url: str) -> str | None:
    """What listening on an address opens, in one line; None where only this machine reaches it."""
    from review.studio.studio_process import EVERYWHERE

    if _is_loopback(host):
        return None
    where = "any address of this machine" if host == EVERYWHERE else host
    return (
        f"--host {host} opens it to others: whoever reaches {where} at port {urlsplit(url).port} "
        "can try to log in. It takes a password or an invitation; nothing is encrypted on the way."
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, which may stand for any address
        return False


def _say_login(home: "StudioHome", connection: StudioConnection) -> None:
    """Passwords and invitations are shown to a person at a terminal, and never to a log."""
    from review.label_studio.client import StudioClient
    from review.studio.bootstrap import invite_path
    from review.studio.home import read_or_make_secrets

    login = read_or_make_secrets(home)
    if not sys.stdout.isatty():
        say(f"Log in as {login.email}; the password is in {home.secrets}")
        return
    with StudioClient(connection.url, connection.token) as client:
        invitation = f"{connection.url}{invite_path(client)}"
    say(f"Log in as {login.email} with the password {login.password}")
    say(f"More reviewers sign up at {invitation}")
    say("Ctrl-C stops it.")
