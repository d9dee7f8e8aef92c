"""A prompt of one's own: a Markdown file like those of ``prompts/``, checked, and kept with a set.

Its text enters the prompt's id, so that a changed file makes another annotator. What was asked with
is kept beside the annotations: whoever asks again, or trains, takes it from there.
"""

import re

from annotator.prompting.prompt import EDIT_TYPES, Prompt, filled_in
from annotator.prompting.reply import KEYS
from pairset.errors import SettingsError
from pairset.files.storage import storage_faults
from pairset.files.uris import filesystem_of
from pairset.store import Stage, write_atomically
from pairset.text import printable

KEPT_PROMPT = "prompt.md"
"""Name of the file in the folder of an annotator, or of an adapter."""
MOST_BYTES = 64 << 10
_PLACEHOLDER = re.compile(r"\{[A-Za-z_]+\}")


class PromptFileError(SettingsError):
    """A prompt file that cannot be read, or that no model should be asked with."""


def own_prompt(wanted: str, file: str | None) -> Prompt | None:
    """The prompt in the file, None where no file is given.

    Raises PromptFileError for a bad file, SettingsError where ``--prompt`` names another prompt.
    """
    if file is None:
        return None
    if wanted != "auto":
        raise SettingsError(f"--prompt {wanted} and --prompt-file name two prompts. Give one.")
    return read_prompt_file(file)


def read_prompt_file(place: str) -> Prompt:
    """Read and check a prompt file: a path or fsspec URL. Raises PromptFileError."""
    text = _checked_text(place, _read(place))
    name = place.rstrip("/").rsplit("/", 1)[-1]
    return Prompt(f"in the file {name}", filled_in(text), own_text=text)


def keep_prompt(annotations: Stage, prompt: Prompt) -> str:
    """Keep a prompt of one's own beside its annotations, and return where."""
    path = f"{annotations.path}/{KEPT_PROMPT}"
    write_atomically(annotations.pair_set, path, prompt.own_text.encode())
    return _kept_at(annotations)


def kept_prompt(annotations: Stage | None) -> str | None:
    """Where the prompt of some annotations is kept, None where it is one that ships."""
    if annotations is None:
        return None
    path = f"{annotations.path}/{KEPT_PROMPT}"
    return _kept_at(annotations) if annotations.pair_set.filesystem.exists(path) else None


def _kept_at(annotations: Stage) -> str:
    url = annotations.pair_set.url.rstrip("/")
    return f"{url}/annotations/{annotations.key}/{KEPT_PROMPT}"


def _read(place: str) -> bytes:
    filesystem, path = filesystem_of(place)
    try:
        if filesystem.info(path)["type"] != "file":
            raise PromptFileError(f"The prompt file {place} is no plain file.")
        with filesystem.open(path, "rb") as file:
            content: bytes = file.read(MOST_BYTES + 1)
    except storage_faults() as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise PromptFileError(f"Cannot read the prompt file {place}: {reason}.") from error
    if len(content) > MOST_BYTES:
        raise PromptFileError(f"The prompt file {place} is larger than {MOST_BYTES >> 10} KiB.")
    return content


def _checked_text(place: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError as error:
        raise PromptFileError(
            f"The prompt file {place} is no UTF-8 text: see byte {error.start}."
        ) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if printable(line) != line:
            raise PromptFileError(
                f"The prompt file {place} holds a control or bidirectional character in line "
                f"{number}."
            )
    missing = [part for part in (EDIT_TYPES, *KEYS) if part not in text]
    if missing:
        raise PromptFileError(
            f"The prompt file {place} lacks {', '.join(missing)}. A prompt holds {EDIT_TYPES}, "
            "which stands for the list of edit types, and names every key of the reply."
        )
    unknown = [part for part in _PLACEHOLDER.findall(text) if part != EDIT_TYPES]
    if unknown:
        raise PromptFileError(
            f"The prompt file {place} holds {unknown[0]}, which stands for nothing. The only "
            f"placeholder is {EDIT_TYPES}."
        )
    return text
