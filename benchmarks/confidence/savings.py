"""What reviewing a part of a mix saves, by gain, by doubt and at random."""

import numpy as np

from benchmarks.confidence.promises import world_of
from benchmarks.confidence.rows import Rows
from benchmarks.queue_order import ORDERS, Truth, looked_at, measures

NOT_OF_USE = ("unrelated",)
"""Origins of pairs that are not worth keeping, whatever is written of them."""


def figures(rows: Rows, shares: tuple[float, ...]) -> dict[str, dict[str, object]]:
    """Accuracy of the pairs worth keeping once such a share is reviewed; reviewing all makes it 1.

    Looks are given in rounds; after each the calibration is fitted on what was judged.
    """
    _, scene = np.unique(rows.scenes, return_inverse=True)
    of_use = np.array([origin not in NOT_OF_USE for origin in rows.origins])
    truth = Truth(world_of(rows), of_use, scene)
    found: dict[str, dict[str, object]] = {}
    for share in shares:
        looks = {order: looked_at(truth, order, round(share * len(rows))) for order in ORDERS}
        for order in ORDERS:
            measured = measures(truth, looks[order], looks["gain"])
            found[f"{order} {share:.0%}"] = measured
    return found
