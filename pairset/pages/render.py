"""From the page model to one HTML file that fetches nothing and allows only its own script."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

_OURS = "pairset.pages"


def render_page(
    model: Mapping[str, object], name: str = "page", packages: Sequence[str] = ()
) -> str:
    """Render the page; every text in the model is escaped.

    Pages of other packages name theirs first and then those that they borrow templates and styles
    from; ours come last. Template and script are those of this name in the first package.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from pairset.pages.phrases import words_of

    packages = [*packages, _OURS]
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words_of
    style = "".join(_style(package) for package in reversed(packages))
    script = _asset(packages[0], f"{name}.js")
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


def _style(package: str) -> str:
    """The style sheets among a package's templates, by name."""
    sheets = (file for file in _templates(package).iterdir() if file.name.endswith(".css"))
    return "".join(
        sheet.read_text(encoding="utf-8") for sheet in sorted(sheets, key=lambda file: file.name)
    )


def _asset(package: str, name: str) -> str:
    return (_templates(package) / name).read_text(encoding="utf-8")


def _templates(package: str) -> Traversable:
    return files(package) / "templates"


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
