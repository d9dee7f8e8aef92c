"""A Label Studio that somebody else runs: its address and the token that opens it."""

import os

from pairset.errors import SettingsError
from pairset.network.addresses import server_address
from pairset.network.credentials import header_value
from review.settings import TOKEN_VARIABLE, StudioSettings


def named_studio(settings: StudioSettings) -> tuple[str, str]:
    """Address, without a slash at its end, and token of the server that ``--url`` names.

    Raises SettingsError where the address is none or holds a password, or a token lacks.
    """
    address = server_address(settings.url or "", "--url")
    if address.credentials:
        raise SettingsError(
            f"--url holds a user or a password for {address.url}. Label Studio is opened by a "
            f"token alone: leave them out, and set ${TOKEN_VARIABLE}."
        )
    if settings.token:
        token = header_value(settings.token.get_secret_value(), "--token")
    else:
        token = header_value(os.environ.get(TOKEN_VARIABLE), f"${TOKEN_VARIABLE}")
    if not token:
        raise SettingsError(f"{address.url} wants a token: set ${TOKEN_VARIABLE}.")
    return address.url, token
