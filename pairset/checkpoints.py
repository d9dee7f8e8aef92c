"""Checkpoints of transformers, loaded whole or not at all."""

from typing import Any


def load_whole(
    model_class: Any, checkpoint: Any, may_lack: tuple[str, ...] = (), **options: Any
) -> Any:
    """Load a model with every weight from its checkpoint.

    transformers itself gives weights that it does not find random values and goes on: a folder of
    another kind of model, or half of one, would answer untrained. ``may_lack`` holds beginnings of
    the names of weights that are not used.
    Raises ValueError where others are missing, and what transformers raises.
    """
    model, report = model_class.from_pretrained(checkpoint, output_loading_info=True, **options)
    found_none = {*report["missing_keys"], *(names[0] for names in report["mismatched_keys"])}
    missing = sorted(name for name in found_none if not name.startswith(may_lack))
    if missing:
        raise ValueError(
            f"the checkpoint has no weights for {len(missing)} parts of the model, such as "
            f"{missing[0]}"
        )
    return model
