"""The tokens of a reply that is given: where its text is cut, and which word begins with which."""

import math

from pairset.models.loaded import Tokenizer


def reply_token_ids(tokenizer: Tokenizer, reply: str, end: int) -> list[int]:
    """Ids of the tokens that write a reply, as far as those that begin before ``end``.

    The whole reply is cut into tokens, so that each is the one that the model wrote. Raises
    ValueError for a tokenizer that does not know where a token begins, as slow ones do not.
    """
    if not tokenizer.is_fast:
        raise ValueError("this model's tokenizer does not tell where a token begins")
    encoded = tokenizer(reply, add_special_tokens=False, return_offsets_mapping=True)
    starts = (start for start, _ in encoded["offset_mapping"])
    return [
        token_id
        for token_id, start in zip(encoded["input_ids"], starts, strict=True)
        if start < end
    ]


def first_token_ids(tokenizer: Tokenizer, words: tuple[str, str]) -> list[int]:
    """The token that each word begins with. Raises ValueError where it is the same."""
    ids = [tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in words]
    if ids[0] == ids[1]:
        raise ValueError(f"{words[0]!r} and {words[1]!r} begin with the same token")
    return ids


def token_text(tokenizer: Tokenizer, token_id: int) -> str:
    """What one token writes; may hold U+FFFD where it is a part of a character."""
    return str(tokenizer.decode([token_id], clean_up_tokenization_spaces=False))


def share_of_first(first: float, second: float) -> float:
    """Probability of the first of two log-probabilities where nothing else can be.

    Raises ValueError where that is no number, as after a model that computed none.
    """
    if math.isnan(second - first) or math.inf in (first, second):
        raise ValueError(f"the model gives no probabilities: {first} and {second}")
    return 1 / (1 + math.exp(min(second - first, 700.0)))
