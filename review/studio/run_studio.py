"""Run Label Studio, by the Python of its own environment, until whoever started it is gone.

Started as a script: nothing of ours can be imported here. Standard input is a pipe from our
process; when that ends, however it ends, so does the pipe, and then the server.
"""

import ipaddress
import json
import logging
import os
import runpy
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_HEAD = b"<head>"
_CLOSED_PANELS = """<script nonce="{nonce}">
try {{
  if (localStorage.getItem("panelState") === null) localStorage.setItem("panelState", {state});
}} catch {{}}
</script>"""
"""A browser that keeps nothing shows the panels, and the page all the same."""


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
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        if not isinstance(arguments[1], tuple):
            return  # a socket of this machine's files, or one that is connected
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    elif event == "socket.getnameinfo":
        host = arguments[0][0]
    else:
        return
    if not _is_here(host):
        raise PermissionError(f"a call to {host!r} was refused: this Label Studio stays at home")


def want_a_token_from_strangers() -> None:
    """Take what changes something from its own pages, else only with a token against forgery.

    Label Studio takes it with the cookie alone, and its pages send no such token: they are known by
    their origin, which a browser lets no other page forge.
    """
    from django.middleware.csrf import CsrfViewMiddleware

    check = CsrfViewMiddleware.process_view

    def process_view(self: object, request: Any, *arguments: object) -> object:
        by_token = "HTTP_AUTHORIZATION" in request.META  # no browser sends that by itself
        request._dont_enforce_csrf_checks = by_token or _is_from_its_own_page(request)
        return check(self, request, *arguments)

    CsrfViewMiddleware.process_view = process_view


def _is_from_its_own_page(request: Any) -> bool:
    return bool(request.META.get("HTTP_ORIGIN") == f"{request.scheme}://{request.get_host()}")


def follow_no_links(root: str) -> None:
    """Serve no file by a link: whoever made the set may have known this machine's files."""
    from django.core.exceptions import SuspiciousFileOperation
    from django.utils import _os

    join = _os.safe_join

    def safe_join(base: str, *paths: object) -> str:
        joined = str(join(base, *paths))
        inside = Path(joined).relative_to(base) if str(base) == root else None
        if inside is not None and Path(joined).resolve() != Path(root).resolve() / inside:
            raise SuspiciousFileOperation(f"{inside} is a link")
        return joined

    _os.safe_join = safe_join


def close_the_panels_at_first() -> None:
    """Leave the room beside the pictures to the pictures, until a reviewer opens the panels.

    Label Studio keeps in the browser alone whether they are open, and at first they are.
    """
    from django.core.handlers.base import BaseHandler

    respond = BaseHandler.get_response

    def get_response(self: object, request: object) -> object:
        response = respond(self, request)
        kind = response.get("Content-Type", "")
        if kind.startswith("text/html") and not response.streaming:
            script = _CLOSED_PANELS.format(
                nonce=getattr(request, "csp_nonce", ""), state=json.dumps(_panel_state())
            )
            response.content = response.content.replace(_HEAD, _HEAD + script.encode(), 1)
            if "Content-Length" in response:
                response["Content-Length"] = str(len(response.content))
        return response

    BaseHandler.get_response = get_response


def _panel_state() -> str:
    """What the page keeps once all panels are closed.

    It must name every tab that the page has: one that knows others begins with open panels.
    """
    panels = {}
    for order, names in enumerate((("info", "history"), ("regions", "relations")), start=1):
        tabs = [
            {"name": name, "title": name.capitalize(), "active": not place}
            for place, name in enumerate(names)
        ]
        place = dict.fromkeys(("top", "left", "relativeLeft", "relativeTop"), 0)
        size = {"width": 320, "height": 300, "maxHeight": 500, "zIndex": 10}
        shown = {"visible": True, "detached": False, "alignment": "right"}
        panels["-".join(names)] = {"order": order, **place, **size, **shown, "panelViews": tabs}
    return json.dumps({"panelData": panels, "collapsedSide": {"left": False, "right": True}})


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
    want_a_token_from_strangers()
    follow_no_links(os.environ["LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"])
    close_the_panels_at_first()
    runpy.run_module("label_studio.server", run_name="__main__")
