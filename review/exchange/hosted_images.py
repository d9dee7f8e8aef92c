"""The images of queued pairs, put where reviewers' browsers find them."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pairset.store import PairSet
from review.queueing.queue import Queued, read_queue
from review.studio.image_copies import ReviewImage, write_review_images


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Both images as reviewers see them."""

    source: ReviewImage
    target: ReviewImage


@dataclass(frozen=True, slots=True)
class ShownPairs:
    """Every image that tasks need, and the pairs that lack one."""

    images: dict[str, ReviewImage] = field(default_factory=dict)
    """By image id."""
    problems: dict[str, str] = field(default_factory=dict)
    """By pair id, why it cannot be shown."""

    def of(self, queued: Queued) -> ShownPair:
        return ShownPair(self.images[queued.pair.source_id], self.images[queued.pair.target_id])


def show_pairs(
    pair_set: PairSet, pair_ids: Collection[str], image_url: str | None = None
) -> ShownPairs:
    """Copy the images of these queued pairs to the set's review folder.

    ``image_url`` is the address of an image elsewhere, with ``{image_id}`` in it; the review folder
    of the set's own server unless told.
    """
    uris: dict[str, str] = {}
    ends: dict[str, tuple[str, str]] = {}
    for pair in (entry.pair for entry in read_queue(pair_set)):
        if pair.pair_id in pair_ids:
            ends[pair.pair_id] = pair.source_id, pair.target_id
            uris |= {pair.source_id: pair.source_uri, pair.target_id: pair.target_uri}
    images = write_review_images(pair_set, uris) if uris else {}
    if image_url:
        images = {
            image_id: replace(image, url=image_url.format(image_id=image_id))
            for image_id, image in images.items()
        }
    problems = {
        pair_id: images[image_id].problem or ""
        for pair_id, image_ids in ends.items()
        for image_id in image_ids
        if images[image_id].problem
    }
    return ShownPairs(images, problems)
