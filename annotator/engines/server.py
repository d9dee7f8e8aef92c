"""Any OpenAI-compatible endpoint: one that runs already, or vLLM started for this run."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from annotator.engines.chat_api import (
    api_address,
    choice_body,
    draw_body,
    encode_body,
    read_choice,
    read_completion,
    read_tokens,
    request_body,
    score_body,
)
from annotator.engines.protocol import (
    Answer,
    Choice,
    Draws,
    EnginePlan,
    Numbered,
    Question,
    Statement,
    T,
    Tokens,
)
from annotator.prompting.prompt import Prompt
from annotator.prompting.reply import ReplyError, ReplyErrorCode
from pairset.errors import MissingExtraError, ModelUnavailableError, SettingsError
from pairset.network.addresses import ServerAddress
from pairset.terminal.console import complain

try:
    from annotator.engines.http import (
        Backoff,
        TransientError,
        check_alive,
        connect,
        down,
        list_models,
        send,
        token_from_environment,
    )
    from pairset.network.http_client import BoundedClient
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "httpx", "transformers") from error

MakeBody = Callable[[], dict[str, object]]

_MADE_FOR_EACH_SENT = 2
"""Requests that are made ready, pictures encoded, for each that may be in flight."""
_MOST_NAMES = 10
FAILURES_IN_A_ROW = 5
"""So many pairs whose retries all failed, one after the other, and the server counts as down."""


@contextmanager
def open_server(plan: EnginePlan) -> Iterator["ServerEngine"]:
    """Connect to the server, starting it first with ``spawn``."""
    with ExitStack() as stack:
        if plan.settings.server:
            address, token = api_address(plan.settings.server), token_from_environment()
        else:
            from annotator.engines.spawn import spawned_server

            url, token = stack.enter_context(spawned_server(plan))
            address = ServerAddress(url)
        runner = stack.enter_context(asyncio.Runner())
        seconds, concurrency = plan.settings.timeout_seconds, plan.settings.concurrency
        client = connect(address, token, seconds, concurrency)
        stack.callback(lambda: runner.run(client.aclose()))
        yield ServerEngine(plan, client, runner, Backoff(plan.settings.retries))


@dataclass(frozen=True, slots=True)
class _Places:
    """Bounds: a request is made before there is a place for it in flight, so that none is idle."""

    made: asyncio.Semaphore
    sent: asyncio.Semaphore


class ServerEngine:
    """Asks with bounded concurrency, and tells one bad pair from a server that is down."""

    def __init__(
        self,
        plan: EnginePlan,
        client: BoundedClient,
        runner: asyncio.Runner,
        backoff: Backoff,
    ) -> None:
        self._settings = plan.settings
        self._served_name = plan.adapter.name if plan.adapter else plan.model.name
        self._client = client
        self._runner = runner
        self._backoff = backoff
        self._has_answered = False

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered[Answer]]:
        """Ask about all pairs, so many at once; answers come as they arrive."""
        model, most, guided = self._served_name, self._settings.max_tokens, self._settings.guided
        return self._each(
            [partial(request_body, model, prompt, each, most, guided) for each in questions],
            [read_completion] * len(questions),
        )

    def sample(self, prompt: Prompt, draws: Sequence[Draws]) -> Iterator[Numbered[Answer]]:
        """One request for each reply: not every server gives several at once."""
        numbers = [number for number, each in enumerate(draws) for _ in range(each.count)]
        model, guided = self._served_name, self._settings.guided
        bodies = [partial(draw_body, model, prompt, draws[number], guided) for number in numbers]
        for place, answer in self._each(bodies, [read_completion] * len(bodies)):
            yield numbers[place], answer

    def score(self, prompt: Prompt, statements: Sequence[Statement]) -> Iterator[Numbered[Tokens]]:
        """Replies as the beginning of the model's own turn; only vLLM tells their tokens."""
        return self._each(
            [partial(score_body, self._served_name, prompt, each) for each in statements],
            [partial(read_tokens, reply=each.reply) for each in statements],
        )

    def choose(self, choices: Sequence[Choice]) -> Iterator[Numbered[float]]:
        """One constrained token each."""
        return self._each(
            [partial(choice_body, self._served_name, each) for each in choices],
            [partial(read_choice, words=each.words) for each in choices],
        )

    def _each(
        self, bodies: Sequence[MakeBody], readers: Sequence[Callable[[object], T]]
    ) -> Iterator[Numbered[T]]:
        """Send all, and read what comes as it arrives."""
        answers = self._answers(bodies, readers)
        try:
            while (numbered := self._runner.run(_next(answers))) is not None:
                yield numbered
        finally:
            self._runner.run(answers.aclose())

    async def _answers(
        self, bodies: Sequence[MakeBody], readers: Sequence[Callable[[object], T]]
    ) -> AsyncGenerator[Numbered[T], None]:
        """Answers as they arrive; failures of the server are held back until it answers again."""
        concurrency = self._settings.concurrency
        places = _Places(
            asyncio.Semaphore(_MADE_FOR_EACH_SENT * concurrency), asyncio.Semaphore(concurrency)
        )
        tasks = [
            asyncio.create_task(self._answer(places, number, body, reader))
            for number, (body, reader) in enumerate(zip(bodies, readers, strict=True))
        ]
        held: list[Numbered[T]] = []
        try:
            for arriving in asyncio.as_completed(tasks):
                number, answer = await arriving
                if not isinstance(answer, TransientError | SettingsError):
                    self._has_answered |= not isinstance(answer, ReplyError)
                    held.append((number, answer))
                    while held:
                        yield held.pop(0)
                    continue
                held.append((number, _of_this_one_alone(answer)))
                if isinstance(answer, SettingsError):
                    if not self._has_answered or len(held) >= FAILURES_IN_A_ROW:
                        raise answer
                elif len(held) >= FAILURES_IN_A_ROW:
                    raise down(str(self._client.base_url), str(answer))
            if held:
                await check_alive(self._client)
            for numbered in held:
                yield numbered
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(
        self, places: "_Places", number: int, body: MakeBody, reader: Callable[[object], T]
    ) -> tuple[int, T | ReplyError | TransientError | SettingsError]:
        """Send one request; what went wrong with this one alone is returned, not raised."""
        async with places.made:
            try:
                made = await asyncio.to_thread(lambda: encode_body(body()))
                async with places.sent:
                    answer = await send(self._client, made, self._backoff)
                return number, reader(answer)
            except (ReplyError, TransientError, SettingsError) as error:
                return number, error


def _of_this_one_alone(error: TransientError | SettingsError) -> ReplyError:
    """What failed, as the row of one pair has it.

    A gateway that has answered others may refuse one by 401, 403 or 404: for what is in it.
    """
    if isinstance(error, TransientError):
        return ReplyError(error.code, str(error))
    return ReplyError(ReplyErrorCode.REQUEST_REJECTED, str(error))


async def _next(answers: AsyncGenerator[Numbered[T], None]) -> Numbered[T] | None:
    return await anext(answers, None)


def choose_served_model(server: str, model: str | None, adapter: str | None) -> str:
    """Name of the model to ask a running server for: the one given, or the only one there.

    A model that is given is asked for even where the server does not list it, as gateways do not
    list all that they pass on. Raises EngineDownError where no server answers,
    ModelUnavailableError where it serves no such adapter, or several models and none was given.
    """
    address = api_address(server)
    served = list_models(address, token_from_environment())
    bases = [name for name, parent in served.items() if parent is None]
    if adapter and adapter not in served:
        raise ModelUnavailableError(
            f"The server at {address.url} has no adapter {adapter!r}, it serves: "
            f"{_listed(served)}. Start it with --enable-lora --lora-modules NAME=FOLDER and give "
            "--adapter NAME."
        )
    if model and model not in served:
        complain(
            f"The server at {address.url} does not list {model!r}, and is asked for it all the "
            f"same. It lists: {_listed(served)}."
        )
    if model is None and len(bases) != 1:
        raise ModelUnavailableError(
            f"The server at {address.url} serves {_listed(served)}: choose one with --model."
        )
    return model or bases[0]


def _listed(served: Collection[str]) -> str:
    names = ", ".join(sorted(served)[:_MOST_NAMES])
    more = len(served) - _MOST_NAMES
    return (f"{names} and {more} more" if more > 0 else names) or "nothing"
