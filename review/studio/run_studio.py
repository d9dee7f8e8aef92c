"""Run Label Studio, by the Python of its own environment, until whoever started it is gone.

Started as a script: nothing of ours can be imported here. Standard input is a pipe from our
process; when that ends, however it ends, so does the pipe, and then the server.
"""

import ipaddress
import logging
import os
import runpy
import signal
import sys
import threading
from typing import Any


def end_with_standard_input() -> None:
    """End this process once the pipe it reads from is closed."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def log_no_request_lines() -> None:
    """Request lines hold the token of an invitation; what goes wrong is logged elsewhere too."""
    logging.getLogger("django.server").addFilter(lambda _: False)


def stay_on_this_machine() -> None:
    """Refuse every connection that leaves the loopback interface.

    Label Studio has no switch for all it fetches: every page asks GitHub for tips to show.
    """
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        raise PermissionError(f"a call to {host!r} was refused: this Label Studio stays at home")


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


if __name__ == "__main__":
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    log_no_request_lines()
    stay_on_this_machine()
    runpy.run_module("label_studio.server", run_name="__main__")
