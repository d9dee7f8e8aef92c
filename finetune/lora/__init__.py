"""LoRA training: reviewed pairs as token ids, batches, losses, and the loop around them.

Raises MissingExtraError on import where the extra `train` is not installed.
"""

from pairset.errors import MissingExtraError

try:
    from pairset.models.torch_companions import fit_torch_companions

    fit_torch_companions()
    import accelerate  # noqa: F401
    import peft  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "peft", "train") from error
