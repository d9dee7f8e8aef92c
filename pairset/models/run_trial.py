"""Try what a model or an adapter brings along, in a process that may not run for long.

Run as a script, by its file: chat templates are programs, and regular expressions can be. What to
try comes as JSON on standard input, what is wrong goes to standard output: ``null`` or a reason.
Imports nothing of ours, and no more than what it tries.
"""

import json
import re
import resource
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_MEMORY_BYTES = 4 << 30
MOST_CPU_SECONDS = 10
_LONGEST_PROMPT_CHARACTERS = 1_000_000
_PICTURES = [{"type": "image"}, {"type": "image"}]
_QUESTION = {
    "role": "user",
    "content": [*_PICTURES, {"type": "text", "text": "What has changed in the second image?"}],
}
_REPLY = {"role": "assistant", "content": [{"type": "text", "text": "Remove the red car."}]}
_CONVERSATIONS = ([_QUESTION], [_QUESTION, _REPLY, _QUESTION])
_HARD_TEXTS = tuple(letter * 4000 + "!" for letter in ("a", " ", "1", "\n", "é"))
_MODULE_NAMES = (
    "model.language_model.layers.10.self_attn.q_proj",
    "model.language_model.layers.10.mlp.down_proj",
    "base_model.model.model.visual.deepstack_merger_list.2.linear_fc1",
    "model.vision_tower.vision_model.encoder.layers.10.self_attn.out_proj",
    "model.visual.blocks.26.attn.qkv",
    "lm_head",
    ".".join(["model.layers"] * 12),
    "a" * 150,
)


def main() -> None:
    """Read what to try, and say what is wrong with it."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    json.dump(fault_of(asked), sys.stdout)


def fault_of(asked: dict[str, Any]) -> str | None:
    """What is wrong with the templates, the tokenizer or the patterns that were named."""
    try:
        for pattern in asked.get("patterns", []):
            _match(pattern)
        prompts = [
            prompt
            for name, template in asked.get("templates", {}).items()
            for prompt in _render(name, template, asked.get("tokens", {}))
        ]
        _tokenize(asked.get("tokenizer"), prompts)
    except _FoundFaultError as fault:
        return str(fault)
    except MemoryError:
        return f"it needs more than {MOST_MEMORY_BYTES >> 30} GiB to be tried"
    return None


class _FoundFaultError(Exception):
    """What is wrong."""


def _match(pattern: str) -> None:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise _FoundFaultError(f"{pattern[:100]!r} is no regular expression: {error}") from error
    for name in _MODULE_NAMES:
        compiled.fullmatch(name)
        compiled.fullmatch(f"{name}!")


def _render(name: str, template: str, tokens: dict[str, str]) -> list[str]:
    """The prompts that a template makes of pairs of pictures; none where it refuses those."""
    import jinja2
    from jinja2.exceptions import SecurityError, TemplateSyntaxError

    prompts = []
    try:
        compiled = _environment().from_string(template)
        for messages in _CONVERSATIONS:
            prompts.append(
                compiled.render(
                    messages=messages,
                    tools=None,
                    documents=None,
                    add_generation_prompt=True,
                    **tokens,
                )
            )
    except (TemplateSyntaxError, SecurityError, OverflowError, RecursionError) as error:
        raise _FoundFaultError(f"the chat template in {name} does not work: {error}") from error
    except (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError):
        return prompts  # it wants other messages, and its engine will say so
    if max(map(len, prompts)) > _LONGEST_PROMPT_CHARACTERS:
        raise _FoundFaultError(
            f"the chat template in {name} makes millions of characters of two pictures"
        )
    return prompts


def _environment() -> "ImmutableSandboxedEnvironment":
    """The sandbox in which transformers and vLLM render templates."""
    import jinja2
    from jinja2 import nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """``{% generation %}``, which marks what a model writes."""

        tags = {"generation"}  # noqa: RUF012 - as jinja declares it

        def parse(self, parser: "Parser") -> nodes.Node:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    def refuse(message: str) -> None:
        raise jinja2.TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(
        value, **{"ensure_ascii": False, **options}
    )
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = lambda _: "2000-01-01"
    return environment


def _tokenize(path: str | None, prompts: list[str]) -> None:
    if path is None:
        return
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return  # nothing here could load it either
    try:
        tokenizer = Tokenizer.from_file(path)
        for text in (*prompts, *_HARD_TEXTS):
            tokenizer.encode(text)
    except Exception as error:  # the library raises nothing more special
        raise _FoundFaultError(f"tokenizer.json does not work: {str(error)[:300]}") from error


if __name__ == "__main__":
    main()
