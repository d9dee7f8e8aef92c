"""From the page model to one HTML file that fetches nothing and allows only its own script."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_OURS = "pairset.report"


def render_page(model: Mapping[str, Any], name: str = "page", package: str = _OURS) -> str:
    """Render the page; every text in the model is escaped.

    Its template and script are those of this name in the package's ``templates``. Pages of other
    packages add a style sheet of their own to ours.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from pairset.report.words import words_of

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_OURS)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words_of
    style, script = _asset(_OURS, "page.css"), _asset(package, f"{name}.js")
    if package != _OURS:
        style += _asset(package, f"{name}.css")
    return environment.get_template(f"{name}.html.j2").render(
        model,
        style=Markup(style),  # noqa: S704 - our own files, never text from a set
        script=Markup(script),  # noqa: S704
        content_security_policy=content_security_policy(style, script),
    )


def content_security_policy(style: str, script: str) -> str:
    """Nothing but images beside the page, its one style sheet and its one script."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src 'self' data:",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _asset(package: str, name: str) -> str:
    return (files(package) / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
