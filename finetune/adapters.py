"""The verb ``pairset adapters``: what a set has trained, on what, and how well it does."""

from dataclasses import asdict

from finetune.settings import AdaptersSettings
from pairset.models.adapter_cards import AdapterCard, list_cards
from pairset.models.best_adapter import base_name, measured_exact
from pairset.store import open_set
from pairset.terminal.console import say, say_json, say_table

_HEADER = ["adapter", "method", "base", "examples", "loss", "exact", "finished"]


def adapters(settings: AdaptersSettings) -> None:
    """List the finished adapters, the oldest first, with their share of exact English."""
    pair_set = open_set(settings.set_url)
    cards = list_cards(pair_set)
    measured = measured_exact(pair_set)
    exact = [measured.get((card.name, base_name(card.model))) for card in cards]
    if settings.json_output:
        say_json([asdict(card) | {"exact": each} for card, each in zip(cards, exact, strict=True)])
        return
    if not cards:
        say(f"No adapter yet. Train one with: pairset train {pair_set.url}")
        return
    rows = [_row(card, each) for card, each in zip(cards, exact, strict=True)]
    say_table(f"Adapters, {len(cards)}", _HEADER, rows)


def _row(card: AdapterCard, exact: float | None) -> list[object]:
    after = f" after {card.start_from}" if card.start_from else ""
    base = card.model.rsplit("/", 1)[-1]
    day = card.finished_at.split("T")[0]
    loss = card.figures.get("loss")
    return [card.name, f"{card.method}{after}", base, card.trained_on, loss, exact, day]
