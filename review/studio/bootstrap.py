"""A project ready to review in, made without a click; run again, it finds what is there."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pairset.records.ids import content_id
from pairset.store import PairSet
from review.label_studio.client import StudioClient

_LONGEST_NAME = 40  # of 50 characters a title may have
_IMAGES_TITLE = "images under review"
_PROJECT = {
    "show_skip_button": True,
    "enable_empty_annotation": False,
    "show_collab_predictions": True,
    "skip_queue": "REQUEUE_FOR_OTHERS",
    "sampling": "Sequential sampling",
}


@dataclass(frozen=True, slots=True)
class Overlap:
    """Which pairs more than one person reviews; None leaves the project as it is."""

    reviewers: int | None = None
    """Who review each pair of the overlap."""
    share: float | None = None
    """Share of the pairs that are in the overlap, 0 to 1."""


def project_title(pair_set: PairSet) -> str:
    """What a set's project is called on a server that holds other projects too."""
    name = pair_set.root.rsplit("/", 1)[-1]
    return f"{name[:_LONGEST_NAME]} {content_id('project', pair_set.url)[:8]}"


def ensure_project(
    client: StudioClient, title: str, label_config: str, project_id: int | None = None
) -> int:
    """Id of the project of this title or number; its page is ours afterwards.

    Without a number, one is made where no project has the title.
    """
    projects = client.sdk.projects
    project = _find_project(client, title, project_id)
    if project is None:
        asked = _PROJECT | {"title": title, "label_config": label_config}
        return int(client.once(partial(projects.create, **asked)).id)
    if not _same_page(project.label_config, label_config):
        client.once(partial(projects.update, project.id, label_config=label_config))
    return int(project.id)


def _find_project(client: StudioClient, title: str, project_id: int | None) -> Any:
    projects = client.sdk.projects
    if project_id is not None:
        return projects.get(project_id)
    listed = projects.list(title=title, page_size=100).items or []
    return next((project for project in listed if project.title == title), None)


def ensure_local_images(client: StudioClient, project_id: int, folder: Path) -> None:
    """Let the project's pages show the files of one folder on the server's own disk."""
    storages = client.sdk.import_storage.local
    ours = [each for each in storages.list(project=project_id) if each.title == _IMAGES_TITLE]
    if any(storage.path == str(folder) for storage in ours):
        return
    for moved in ours:  # the set was elsewhere at the last start
        client.once(partial(storages.delete, moved.id))
    asked = {"project": project_id, "title": _IMAGES_TITLE, "path": str(folder)}
    client.once(partial(storages.create, **asked))


def ensure_overlap(client: StudioClient, project_id: int, overlap: Overlap) -> None:
    """Set how many people review how large a share of the pairs."""
    projects = client.sdk.projects
    project = projects.get(project_id)
    wanted: dict[str, int] = {}
    if overlap.reviewers is not None:
        wanted["maximum_annotations"] = overlap.reviewers
    if overlap.share is not None:
        wanted["overlap_cohort_percentage"] = round(100 * overlap.share)
    if any(getattr(project, name) != value for name, value in wanted.items()):
        client.once(partial(projects.update, project_id, **wanted))


def invite_path(client: StudioClient) -> str:
    """Path of the page where another reviewer makes an account. It holds a secret."""
    return str(client.sdk.organizations.invites.get_invite_link().invite_url)


def _same_page(one: str | None, other: str) -> bool:
    if not one:
        return False
    first, second = (ElementTree.canonicalize(page, strip_text=True) for page in (one, other))
    return first == second
