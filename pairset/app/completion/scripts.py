"""Completion scripts, written from the table of verbs and from their settings."""

import importlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pairset.app.command.described import Described
from pairset.app.command.fields import choices_of, is_positional, type_of
from pairset.app.command.parser import flags_of
from pairset.app.completion.settings import CompletionSettings, Shell
from pairset.app.verbs import VERBS, Verb
from pairset.terminal.console import say_data


@dataclass(frozen=True, slots=True)
class Words:
    """What may follow one verb."""

    verb: Verb
    flags: Mapping[str, tuple[str, ...]]
    """By flag, the words that it may be followed by; empty where they are any, or none."""
    without_value: frozenset[str]
    choices: tuple[str, ...]
    """Of the argument without a flag, where it is one of a few."""


def completion(settings: CompletionSettings) -> None:
    """Print the script of one shell."""
    scripts: dict[Shell, Callable[[list[Words]], str]] = {
        "bash": bash_script,
        "zsh": zsh_script,
        "fish": fish_script,
    }
    say_data(scripts[settings.shell]([_words_of(verb) for verb in VERBS]))


def _words_of(verb: Verb) -> Words:
    module, model = verb.settings.split(":")
    settings: type[Described] = getattr(importlib.import_module(module), model)
    flags: dict[str, tuple[str, ...]] = {"--help": ()}
    switches = {"--help"}
    for name, flag in flags_of(settings).items():
        field = settings.model_fields[name]
        if type_of(field) is bool:
            flag = f"--no-{flag[2:]}" if field.default is True else flag
            switches.add(flag)
        flags[flag] = tuple(choices_of(field))
    placed = (field for field in settings.model_fields.values() if is_positional(field))
    choices = tuple(choice for field in placed for choice in choices_of(field))
    return Words(verb, flags, frozenset(switches), choices)


def bash_script(verbs: list[Words]) -> str:
    """A function for ``complete -F``; files are offered where nothing of ours fits."""
    seconds = "\n".join(
        f"    {first}) if [ $COMP_CWORD -eq 2 ]; then words={shlex.quote(' '.join(rest))}; "
        f'else verb="{first} ${{COMP_WORDS[2]}}"; fi ;;'
        for first, rest in _under(verbs).items()
    )
    values = "\n".join(
        f"    {shlex.quote(f'{each.verb.name} {flag}')}) words={shlex.quote(' '.join(choices))} ;;"
        for each in verbs
        for flag, choices in each.flags.items()
        if choices
    )
    flags = "\n".join(
        f"      {shlex.quote(each.verb.name)}) words={shlex.quote(' '.join(sorted(each.flags)))} ;;"
        for each in verbs
    )
    places = "\n".join(
        f"      {shlex.quote(each.verb.name)}) words={shlex.quote(' '.join(each.choices))} ;;"
        for each in verbs
        if each.choices
    )
    return _BASH.format(
        firsts=" ".join(_firsts(verbs)), seconds=seconds, values=values, flags=flags, places=places
    )


def zsh_script(verbs: list[Words]) -> str:
    """The same function, through zsh's own layer for those of bash."""
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash_script(verbs)}"


def fish_script(verbs: list[Words]) -> str:
    """A line for each verb and flag. fish's own condition would take a set for a verb."""
    lines = "\n".join(line for each in verbs for line in _fish_lines(each))
    return f"{_FISH}{lines}"


def _fish_lines(words: Words) -> Iterator[str]:
    first, _, second = words.verb.name.partition(" ")
    begun = f"__pairset_begins {first}"
    seen = f"__pairset_begins {words.verb.name}"
    said = _fish_quoted(words.verb.summary)
    if second:
        yield f"complete -c pairset -f -n __fish_use_subcommand -a {first}"
        yield f"complete -c pairset -f -n '{begun} -' -a {second} -d {said}"
    else:
        yield f"complete -c pairset -f -n __fish_use_subcommand -a {first} -d {said}"
    if words.choices:
        yield f"complete -c pairset -f -n '{seen}' -a '{' '.join(words.choices)}'"
    for flag, choices in words.flags.items():
        takes = "" if flag in words.without_value else " -r"
        values = f" -f -a '{' '.join(choices)}'" if choices else ""
        yield f"complete -c pairset -n '{seen}' -l {flag[2:]}{takes}{values}"


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _firsts(verbs: list[Words]) -> list[str]:
    return list(dict.fromkeys(each.verb.name.split(" ")[0] for each in verbs))


def _under(verbs: list[Words]) -> dict[str, list[str]]:
    """The second words of verbs of two, by the first."""
    found: dict[str, list[str]] = {}
    for each in verbs:
        first, _, second = each.verb.name.partition(" ")
        if second:
            found.setdefault(first, []).append(second)
    return found


_FISH = """\
function __pairset_begins -d 'whether the words before the cursor begin so; - stands for their end'
  set -l words (commandline -opc) -
  set -l last (math (count $argv) + 1)
  test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end
"""
_BASH = """\
_pairset() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
  local verb="${{COMP_WORDS[1]}}" words=""
  COMPREPLY=()
  if [ $COMP_CWORD -eq 1 ]; then
    COMPREPLY=($(compgen -W '{firsts} --help --version' -- "$cur"))
    return
  fi
  case "$verb" in
{seconds}
  esac
  case "$verb $prev" in
{values}
  esac
  if [ -z "$words" ]; then
    case "$cur" in
    -*) case "$verb" in
{flags}
      esac ;;
    *) case "$verb" in
{places}
      esac ;;
    esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
}}
complete -o default -F _pairset pairset
"""
