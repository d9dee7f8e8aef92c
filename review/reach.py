"""Which Label Studio a verb talks to."""

from collections.abc import Iterator
from contextlib import contextmanager

from pairset.errors import SettingsError
from pairset.store import PairSet
from review.label_studio.client import Patience, StudioClient
from review.label_studio.elsewhere import named_studio
from review.label_studio.errors import StudioNotRunningError
from review.label_studio.project import StudioProject
from review.settings import TOKEN_VARIABLE, StudioSettings
from review.studio.connection import StudioConnection, find_connection


@contextmanager
def open_project(
    pair_set: PairSet, settings: StudioSettings
) -> Iterator[tuple[StudioProject, StudioConnection]]:
    """The project that the settings name, or the one that ``pairset review serve`` runs now.

    Raises SettingsError where that leaves open which one, or which token.
    """
    connection = _connection(pair_set, settings)
    patience = Patience(settings.timeout_seconds, settings.retries)
    with StudioClient(connection.url, connection.token, patience) as client:
        yield StudioProject(client, connection.project_id), connection


def _connection(pair_set: PairSet, settings: StudioSettings) -> StudioConnection:
    if settings.url is None:
        running = find_connection(pair_set)
        if running is None:
            raise StudioNotRunningError(
                f"No Label Studio runs for this set. Start one with: pairset review serve "
                f"{pair_set.url} – or name another with --url, --project and ${TOKEN_VARIABLE}."
            )
        return running
    url, token = named_studio(settings)
    if settings.project is None:
        raise SettingsError(f"Name the project at {url} with --project: the number in its address.")
    return StudioConnection(url, token, settings.project)
