"""Checkpoints of transformers: checked before they are loaded, and loaded whole or not at all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

from pairset.errors import MissingExtraError, ModelUnavailableError
from pairset.files.documents import read_object
from pairset.models.model_configs import check_picture_sizes, check_places, check_sizes
from pairset.models.trials import try_conversation
from pairset.models.weight_files import check_links, checkpoint_weights, read_header

_CONFIG = "config.json"
_ADAPTER_CONFIG = "adapter_config.json"
_PICTURE_CONFIGS = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER_CONFIGS = ("tokenizer_config.json", "special_tokens_map.json")
_MOST_UNUSED_NUMBERS = 2_000_000_000
_MOST_BUFFER_NUMBERS = 500_000_000

LOADING_ERRORS = (
    *(OSError, ValueError, TypeError, RuntimeError, LookupError, AttributeError),
    *(ArithmeticError, AssertionError, MemoryError, ImportError),
)
"""What libraries raise over a checkpoint that is not as they expect."""
_ERRORS_BY_NAME = {"SafetensorError", "StrictDataclassError", "TemplateError", "PickleError"}
"""More of those, of libraries that may not be here."""


class TooLargeError(ValueError):
    """A configuration asks for more than the weights that come with it."""


class CheckedLoading(AbstractContextManager[None]):
    """What goes wrong while a checkpoint is loaded inside becomes ModelUnavailableError.

    ``words`` makes its message from the reason.
    """

    def __init__(self, words: Callable[[str], str]) -> None:
        self._words = words

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and is_loading_error(error):
            reason = str(error).strip() or type(error).__name__
            raise ModelUnavailableError(self._words(reason)) from error


def loading(folder: Path) -> CheckedLoading:
    """Load a model inside; the message names its folder."""
    return CheckedLoading(lambda reason: f"Cannot load {folder}: {reason}")


def is_loading_error(error: BaseException) -> bool:
    """Whether an error is one of those that a checkpoint can cause."""
    if isinstance(error, ModuleNotFoundError):
        return False  # a package is missing, which is told otherwise
    if isinstance(error, LOADING_ERRORS):
        return True
    if type(error) is Exception:
        return True  # tokenizers raises nothing more special
    return any(kind.__name__ in _ERRORS_BY_NAME for kind in type(error).__mro__)


def is_place(name: str) -> bool:
    """Whether a name is written as a folder or file of this machine, and can be no hub id."""
    return name.startswith(("/", "./", "../", "~")) or name in (".", "..")


def is_folder(name: str) -> bool:
    """Whether there is a folder of this name, whatever the name is."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):  # far too long, or with NUL
        return False


def expanded(name: str) -> Path:
    """A folder as a person names it, in full. Raises ModelUnavailableError where it cannot be."""
    try:
        return Path(name).expanduser().resolve()
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelUnavailableError(f"{name!r} names no folder: {error}") from error


def check_checkpoint(folder: Path) -> None:
    """Look at a model's folder before anything of it is loaded or run.

    Nothing outside it is read, no room is made for what its configuration claims, and what runs in
    it, its chat template, is tried in a process with bounds.
    Raises ValueError, in one line, saying what is wrong with it, MissingExtraError where its format
    cannot be read here.
    """
    try:
        check_links(folder)
        config = read_object(folder / _CONFIG)
        if (folder / _ADAPTER_CONFIG).is_file():
            raise ValueError("it is an adapter: give its base as the model and it as the adapter")
        if config.get("use_pretrained_backbone"):
            raise ValueError("its configuration fetches the weights of another model")
        check_sizes(config, checkpoint_weights(folder))
        check_places(config, folder)
        for name in (*_PICTURE_CONFIGS, *_TOKENIZER_CONFIGS):
            if (folder / name).is_file():
                settings = read_object(folder / name)
                check_places(settings, folder)
                if name in _PICTURE_CONFIGS:
                    check_picture_sizes(settings)
        try_conversation(folder)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "safetensors", "transformers") from error
    except (OSError, RecursionError) as error:
        raise ValueError(str(error)) from error


def check_weights(path: Path) -> None:
    """Look at one file of weights. Raises ValueError; only safetensors files have a header."""
    if path.suffix == ".safetensors":
        read_header(path)


def load_whole(
    model_class: Any, checkpoint: Any, may_lack: tuple[str, ...] = (), **options: Any
) -> Any:
    """Load a model with every weight from its checkpoint.

    transformers itself gives weights that it does not find random values and goes on: a folder of
    another kind of model, or half of one, would answer untrained. ``may_lack`` holds beginnings of
    the names of weights that are not used.
    Raises ValueError where others are missing, and what transformers raises.
    """
    if Path(checkpoint).is_dir():
        options["use_safetensors"] = True  # never pickles, which can run code
        if not options.get("trust_remote_code"):
            check_room(model_class, Path(checkpoint), may_lack)
    model, report = model_class.from_pretrained(checkpoint, output_loading_info=True, **options)
    found_none = {*report["missing_keys"], *(names[0] for names in report["mismatched_keys"])}
    missing = sorted(name for name in found_none if not name.startswith(may_lack))
    if missing:
        raise ValueError(
            f"the checkpoint has no weights for {len(missing)} parts of the model, such as "
            f"{missing[0]}"
        )
    return model


def check_room(model_class: Any, folder: Path, may_lack: tuple[str, ...] = ()) -> None:
    """Hold what a model would take, built without memory, against the weights in its folder.

    A configuration may leave sizes out, and then those of the architecture count, unseen by
    ``check_checkpoint``. Raises TooLargeError, and what transformers raises.
    """
    import torch
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder)
    if getattr(config, "quantization_config", None):
        return  # built otherwise than its configuration alone says
    with torch.device("meta"):
        build = getattr(model_class, "from_config", None) or model_class
        model = build(config)
    held = checkpoint_weights(folder)
    used = unused = 0
    for name, weight in model.named_parameters():  # shared ones once
        if may_lack and name.startswith(may_lack):
            unused += weight.numel()
        else:
            used += weight.numel()
    buffers = sum(buffer.numel() for buffer in model.buffers())
    if used > held.size_bytes or unused > _MOST_UNUSED_NUMBERS or buffers > _MOST_BUFFER_NUMBERS:
        raise TooLargeError(
            f"its configuration asks for {used + unused + buffers:.3g} weights, and its files hold "
            f"{held.numbers:.3g}"
        )
