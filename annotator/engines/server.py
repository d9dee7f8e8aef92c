"""Any OpenAI-compatible endpoint: one that runs already, or vLLM started for this run."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from annotator.engines.chat_api import api_url, read_completion, request_body
from annotator.engines.protocol import Answer, EnginePlan, Numbered, Question
from annotator.prompt import Prompt
from annotator.reply import ReplyError
from pairset.errors import MissingExtraError, ModelUnavailableError

try:
    import httpx

    from annotator.engines.http import (
        Backoff,
        TransientError,
        check_alive,
        client_options,
        down,
        list_models,
        send,
        token_from_environment,
    )
except ImportError as error:
    raise MissingExtraError(error.name or "httpx", "transformers") from error

FAILURES_IN_A_ROW = 5
"""So many pairs whose retries all failed, one after the other, and the server counts as down."""


@contextmanager
def open_server(plan: EnginePlan) -> Iterator["ServerEngine"]:
    """Connect to the server, starting it first with ``spawn``."""
    with ExitStack() as stack:
        if plan.settings.server:
            url, token = api_url(plan.settings.server), token_from_environment()
        else:
            from annotator.engines.spawn import spawned_server

            url, token = stack.enter_context(spawned_server(plan))
        runner = stack.enter_context(asyncio.Runner())
        client = httpx.AsyncClient(
            **client_options(url, token, plan.settings.timeout_seconds),
            limits=httpx.Limits(max_connections=plan.settings.concurrency),
        )
        stack.callback(lambda: runner.run(client.aclose()))
        yield ServerEngine(plan, client, runner, Backoff(plan.settings.retries))


class ServerEngine:
    """Asks with bounded concurrency, and tells one bad pair from a server that is down."""

    def __init__(
        self,
        plan: EnginePlan,
        client: httpx.AsyncClient,
        runner: asyncio.Runner,
        backoff: Backoff,
    ) -> None:
        self._settings = plan.settings
        self._served_name = plan.adapter.name if plan.adapter else plan.model.name
        self._client = client
        self._runner = runner
        self._backoff = backoff

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered]:
        """Ask about all pairs, so many at once; answers come as they arrive."""
        answers = self._answers(prompt, questions)
        try:
            while (numbered := self._runner.run(_next(answers))) is not None:
                yield numbered
        finally:
            self._runner.run(answers.aclose())

    async def _answers(
        self, prompt: Prompt, questions: Sequence[Question]
    ) -> AsyncGenerator[Numbered, None]:
        """Answers as they arrive; failures of the server are held back until it answers again."""
        free = asyncio.Semaphore(self._settings.concurrency)
        tasks = [
            asyncio.create_task(self._answer(free, number, prompt, question))
            for number, question in enumerate(questions)
        ]
        held: list[Numbered] = []
        try:
            for arriving in asyncio.as_completed(tasks):
                number, answer = await arriving
                if not isinstance(answer, TransientError):
                    held.append((number, answer))
                    while held:
                        yield held.pop(0)
                    continue
                held.append((number, ReplyError(answer.code, str(answer))))
                if len(held) >= FAILURES_IN_A_ROW:
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
        self, free: asyncio.Semaphore, number: int, prompt: Prompt, question: Question
    ) -> tuple[int, Answer | ReplyError | TransientError]:
        """Ask about one pair; what went wrong with this one alone is returned, not raised."""
        settings = self._settings
        async with free:
            try:
                body = await asyncio.to_thread(
                    request_body,
                    self._served_name,
                    prompt,
                    question,
                    settings.max_tokens,
                    settings.guided,
                )
                return number, read_completion(await send(self._client, body, self._backoff))
            except (ReplyError, TransientError) as error:
                return number, error


async def _next(answers: AsyncGenerator[Numbered, None]) -> Numbered | None:
    return await anext(answers, None)


def choose_served_model(server: str, model: str | None, adapter: str | None) -> str:
    """Name of the model to ask a running server for: the one given, or the only one there.

    Raises EngineDownError where no server answers, ModelUnavailableError where it serves no such
    model or adapter, or several and none was given.
    """
    url = api_url(server)
    served = list_models(url, token_from_environment())
    bases = [name for name, parent in served.items() if parent is None]
    listed = ", ".join(served)
    if adapter and adapter not in served:
        raise ModelUnavailableError(
            f"The server at {url} has no adapter {adapter!r}, it serves: {listed}. Start it with "
            "--enable-lora --lora-modules NAME=FOLDER and give --adapter NAME."
        )
    if model and model not in served:
        raise ModelUnavailableError(f"The server at {url} has no {model!r}, it serves: {listed}.")
    if model is None and len(bases) != 1:
        raise ModelUnavailableError(
            f"The server at {url} serves {listed or 'nothing'}: choose one with --model."
        )
    return model or bases[0]
