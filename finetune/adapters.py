"""The verb ``pairset adapters``: what a set has trained, on what, and how well it does."""

from finetune.settings import AdaptersSettings
from pairset.adapter_cards import AdapterCard, list_cards
from pairset.console import say, say_table
from pairset.store import open_set

_HEADER = ["adapter", "method", "base", "went on from", "examples", "loss", "finished"]


def adapters(settings: AdaptersSettings) -> None:
    """List the finished adapters, the oldest first."""
    pair_set = open_set(settings.set_url)
    cards = list_cards(pair_set)
    if not cards:
        say(f"No adapter yet. Train one with: pairset train {pair_set.url}")
        return
    say_table(f"Adapters, {len(cards)}", _HEADER, [_row(card) for card in cards])


def _row(card: AdapterCard) -> list[object]:
    return [
        card.name,
        card.method,
        card.model,
        card.start_from,
        card.trained_on,
        card.figures["loss"],
        card.finished_at,
    ]
