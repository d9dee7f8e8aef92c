"""Hold transformers' decoding to a JSON schema, and note how sure each choice was.

The counterpart of vLLM's structured output: the same grammar library, and log-probabilities taken
after its mask, so that both engines report the same numbers.
"""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    import xgrammar


class GrammarCompiler:
    """Compiles schemas for one tokenizer, each once."""

    def __init__(self, tokenizer: Any, vocabulary_size: int, stop_token_ids: list[int]) -> None:
        import xgrammar

        tokens = xgrammar.TokenizerInfo.from_huggingface(
            tokenizer, vocab_size=vocabulary_size, stop_token_ids=stop_token_ids
        )
        self._compile = cache(xgrammar.GrammarCompiler(tokens).compile_json_schema)

    def compile(self, schema: dict[str, object]) -> "xgrammar.CompiledGrammar":
        """Grammar of a schema; white space between its parts is free, as it is in vLLM."""
        return self._compile(json.dumps(schema))


class ConstrainedDecoding:
    """A logits processor for one ``generate`` call: masks, draws, and records the choice.

    ``generate`` decodes greedily and takes the largest score. At a temperature above 0 the scores
    get Gumbel noise, so that the largest is a draw from their softmax (Gumbel 1954; Maddison et
    al. 2014). The choice's log-probability is that at temperature 1, after the mask; it is known
    here, without keeping every step's scores for the whole vocabulary.
    """

    def __init__(
        self,
        grammar: "xgrammar.CompiledGrammar | None",
        rows: int,
        temperature: float = 0,
        generator: "torch.Generator | None" = None,
    ) -> None:
        import xgrammar

        self._matchers = [xgrammar.GrammarMatcher(grammar) for _ in range(rows)] if grammar else []
        self._bitmask = (
            xgrammar.allocate_token_bitmask(rows, grammar.tokenizer_info.vocab_size)
            if grammar
            else None
        )
        self._temperature = temperature
        self._generator = generator
        self.logprobs: list[list[float]] = []
        """For each step, the log-probability of each row's choice."""

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Mask one step. ``input_ids`` are (rows, length), ``scores`` (rows, vocabulary)."""
        import torch

        if self.logprobs:
            self._accept(input_ids[:, -1].tolist())
        masked = self._mask(scores.float())
        drawn = self._drawn(masked)
        chosen = masked.gather(-1, drawn.argmax(dim=-1, keepdim=True)).squeeze(-1)
        self.logprobs.append((chosen - torch.logsumexp(masked, dim=-1)).tolist())
        return drawn

    def _drawn(self, masked: "torch.Tensor") -> "torch.Tensor":
        import torch

        if not self._temperature:
            return masked
        exponential = torch.empty(masked.shape).exponential_(generator=self._generator)
        return masked / self._temperature - exponential.log().to(masked.device)

    def _accept(self, chosen: list[int]) -> None:
        for matcher, token_id in zip(self._matchers, chosen, strict=False):
            if not matcher.is_terminated():
                matcher.accept_token(token_id)

    def _mask(self, scores: "torch.Tensor") -> "torch.Tensor":
        import xgrammar

        if self._bitmask is None:
            return scores
        for row, matcher in enumerate(self._matchers):
            if not matcher.is_terminated():
                matcher.fill_next_token_bitmask(self._bitmask, row)
        on_host = scores.cpu()
        xgrammar.apply_token_bitmask_inplace(on_host, self._bitmask)
        return on_host.to(scores.device)
