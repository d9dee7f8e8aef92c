"""Which adapter of a set ``pairset evaluate`` measured best."""

from pairset.errors import MissingStageError
from pairset.models.adapter_cards import fits_base, list_cards
from pairset.rows.tables import connect_tables
from pairset.store import PairSet

_MEASURED = """
    SELECT adapter, list_last(string_split(model, '/')), avg(exact_en::DOUBLE)
    FROM evaluations WHERE adapter IS NOT NULL GROUP BY ALL
"""


def measured_exact(pair_set: PairSet) -> dict[tuple[str, str], float]:
    """Share of exact English instructions, 0 to 1, by adapter and the last part of its base's name.

    That is what the last evaluation says; adapters that it did not compare are not in it.
    """
    with connect_tables(pair_set) as tables:
        rows = tables.execute(_MEASURED).fetchall()
    return {(adapter, model): share for adapter, model, share in rows}


def best_adapter(pair_set: PairSet, model: str, model_identity: str) -> str:
    """Name of the set's adapter of this base with the most exact instructions; ties by name.

    Raises MissingStageError where none of them was measured.
    """
    measured = measured_exact(pair_set)
    fitting = [card for card in list_cards(pair_set) if fits_base(card, model, model_identity)]
    shares = {
        card.name: share
        for card in fitting
        if (share := measured.get((card.name, base_name(model)))) is not None
    }
    if not shares:
        raise MissingStageError(_advice(pair_set, model, [card.name for card in fitting]))
    return min(shares, key=lambda name: (-shares[name], name))


def base_name(model: str) -> str:
    """The last part of a model's name, which a hub id and a local copy have in common."""
    return model.split("/")[-1]


def _advice(pair_set: PairSet, model: str, fitting: list[str]) -> str:
    if not fitting:
        return (
            f"{pair_set.url} has no adapter that was trained on {model}. Train one with: pairset "
            f"train {pair_set.url} --model {model}"
        )
    return (
        f"None of the adapters on {model} in {pair_set.url} ({', '.join(fitting)}) has been "
        f"measured. Annotate with one (pairset annotate {pair_set.url} --model {model} --adapter "
        f"{fitting[-1]}), then: pairset evaluate {pair_set.url}"
    )
