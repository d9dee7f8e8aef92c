"""What is read of the Parquet files of a corpus, told before it is: columns are chosen by name."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from pairset.files.uris import open_file
from pairset.sources.image_columns import ImageColumns, image_columns, listed
from pairset.sources.parquet_cells import open_parquet

FILES_LOOKED_AT = 200
"""Files of one corpus have the same columns, but for a few kinds."""


def columns_in_words(uris: Iterable[str], wanted: Sequence[str]) -> Iterator[str]:
    """A line for each choice of columns that leaves some bytes unread, of the first 200 files.

    Files that cannot be opened are left out: their rows will say so.
    """
    choices: Counter[ImageColumns] = Counter()
    for uri, _ in zip(uris, range(FILES_LOOKED_AT), strict=False):
        try:
            with open_file(uri) as file:
                choices[image_columns(open_parquet(file).schema_arrow, wanted)] += 1
        except (OSError, ValueError, pa.ArrowException):
            continue
    for choice, files in choices.most_common():
        if choice.passed_over:
            read = listed(list(map(repr, choice.read)))
            yield (
                f"{files} Parquet files: images are read from {read}; "
                f"passed over: {listed(choice.passed_over)} (--image-column NAME reads others)"
            )
