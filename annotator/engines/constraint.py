"""Hold transformers' greedy decoding to a JSON schema, and note how sure each choice was.

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

    def compile(self, schema: dict[str, Any]) -> "xgrammar.CompiledGrammar":
        """Grammar of a schema; white space between its parts is free, as it is in vLLM."""
        return self._compile(json.dumps(schema))


class ConstrainedGreedy:
    """A logits processor for one greedy ``generate`` call: masks, and records the best choice.

    Greedy decoding takes the largest masked score, so its log-probability is known here, without
    keeping every step's scores for the whole vocabulary.
    """

    def __init__(self, grammar: "xgrammar.CompiledGrammar | None", rows: int) -> None:
        import xgrammar

        self._matchers = [xgrammar.GrammarMatcher(grammar) for _ in range(rows)] if grammar else []
        self._bitmask = (
            xgrammar.allocate_token_bitmask(rows, grammar.tokenizer_info.vocab_size)
            if grammar
            else None
        )
        self.logprobs: list[list[float]] = []
        """For each step, the log-probability of each row's choice."""

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Mask one step. ``input_ids`` are (rows, length), ``scores`` (rows, vocabulary)."""
        import torch

        if self.logprobs:
            self._accept(input_ids[:, -1].tolist())
        masked = self._mask(scores.float())
        best = masked.max(dim=-1).values - torch.logsumexp(masked, dim=-1)
        self.logprobs.append(best.tolist())
        return masked

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
