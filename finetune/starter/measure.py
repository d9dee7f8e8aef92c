"""Measure a starter: `python -m finetune.starter.measure [MODEL_FOLDER] --pairs 1200`.

Prints the table of docs/starter.md. Without a folder, the weights in this package are measured.
"""

import argparse
import sys
from pathlib import Path

from annotator.weights.shipped import STARTER_ADAPTER, shipped_folder
from finetune.starter.recipe import REPORT_SEED
from pairset.models.stand_in import STARTER

SHIPPED = shipped_folder(STARTER)
SHIPPED_ADAPTER = shipped_folder(STARTER_ADAPTER)


def main() -> None:
    """Answer held-out pairs and print how many answers are right."""
    parser = argparse.ArgumentParser(description="Measure a starter model on held-out photos.")
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--pairs", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=REPORT_SEED)
    parser.add_argument("--adapter", help="a LoRA adapter to put on it: its folder or its name")
    parser.add_argument("--further", action="store_true", help="plant untaught kinds too")
    options = parser.parse_args()
    from annotator.weights.lora_adapters import load_adapter
    from finetune.starter.held_out_scores import measure

    adapter = load_adapter(options.adapter).folder if options.adapter else None
    table = measure(options.model, options.pairs, options.seed, adapter, options.further)
    sys.stdout.write(f"{table}\n")


if __name__ == "__main__":
    main()
