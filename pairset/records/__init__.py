"""The rows of a set: frozen dataclasses, whose fields are the columns they are stored in."""

from pairset.records.annotation import Annotation
from pairset.records.cluster import Cluster
from pairset.records.consensus import Consensus
from pairset.records.embedding import Embedding
from pairset.records.evaluation import Evaluation
from pairset.records.example import Example
from pairset.records.image import Image
from pairset.records.pair import Pair
from pairset.records.probe import Probe
from pairset.records.table import Record, rows_of, table_of
from pairset.records.triage import Triage
from pairset.records.verdict import Verdict

__all__ = [
    "Annotation",
    "Cluster",
    "Consensus",
    "Embedding",
    "Evaluation",
    "Example",
    "Image",
    "Pair",
    "Probe",
    "Record",
    "Triage",
    "Verdict",
    "rows_of",
    "table_of",
]
