"""The verb ``pairset adapters``: what a set has trained, on what, and how well it does."""

from finetune.settings import AdaptersSettings
from pairset.adapter_cards import AdapterCard, list_cards
from pairset.best_adapter import base_name, measured_exact
from pairset.console import say, say_table
from pairset.store import open_set

_HEADER = ["adapter", "method", "base", "went on from", "examples", "loss", "exact", "finished"]


def adapters(settings: AdaptersSettings) -> None:
    """List the finished adapters, the oldest first, with their share of exact English."""
    pair_set = open_set(settings.set_url)
    cards = list_cards(pair_set)
    if not cards:
        say(f"No adapter yet. Train one with: pairset train {pair_set.url}")
        return
    measured = measured_exact(pair_set)
    rows = [_row(card, measured.get((card.name, base_name(card.model)))) for card in cards]
    say_table(f"Adapters, {len(cards)}", _HEADER, rows)


def _row(card: AdapterCard, exact: float | None) -> list[object]:
    return [
        card.name,
        card.method,
        card.model,
        card.start_from,
        card.trained_on,
        card.figures["loss"],
        exact,
        card.finished_at,
    ]
