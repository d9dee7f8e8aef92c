import math

import pytest

from annotator.confidence import TokenLogprob, ValueEvidence, tail_of, value_evidence

REPLY = '{"instruction_en":"Make it red.","instruction_zh":"变红。","edit_type":"recolor"}'


def tokens(*texts: str) -> list[TokenLogprob]:
    return [TokenLogprob(text, -float(number)) for number, text in enumerate(texts, start=1)]


def english(*texts: str) -> ValueEvidence | None:
    return value_evidence(tokens(*texts), "".join(texts), "instruction_en")


def test_only_the_tokens_of_the_value_count() -> None:
    evidence = english('{"instruction_en":"', "Make", " it", " red", ".", '","x":"y"}')
    assert evidence == ValueEvidence(["Make", " it", " red", "."], [-2, -3, -4, -5])
    assert evidence.probability == math.exp(-14)


def test_tokens_over_the_borders_count_whole_and_are_clipped() -> None:
    evidence = english('{"instruction_en', '":"Make', " it", ' red."', "}")
    assert evidence == ValueEvidence(["Make", " it", " red."], [-2, -3, -4])


def test_white_space_round_the_colon_is_scaffold() -> None:
    evidence = english('{\n "instruction_en"', ' : "', "No", " change.", '"\n}')
    assert evidence == ValueEvidence(["No", " change."], [-3, -4])


def test_escaped_quotes_do_not_end_a_value() -> None:
    evidence = english('{"instruction_en":"', 'Write \\"', 'HI\\"', ".", '"}')
    assert evidence is not None
    assert "".join(evidence.tokens) == 'Write \\"HI\\".'


def test_a_key_named_inside_a_text_is_no_key() -> None:
    evidence = english('{"a":"', '\\"instruction_en\\":\\"x', '","instruction_en":"', "Add.", '"}')
    assert evidence == ValueEvidence(["Add."], [-4])


@pytest.mark.parametrize(
    "pieces",
    [
        ["\ufffd", "\ufffd", "变", "红", "。"],  # parts of a character, then it comes out whole
        ["", "", "变", "红", "。"],
        ["变", "\ufffd", "\ufffd", "。"],  # it never comes out whole
        ["变", "红\ufffd", ""],
    ],
)
def test_parts_of_characters_are_kept_with_their_character(pieces: list[str]) -> None:
    given = tokens('{"instruction_en":"', "Make it red.", '","instruction_zh":"', *pieces, '","')
    evidence = value_evidence([*given, *tokens('edit_type":"recolor"}')], REPLY, "instruction_zh")
    assert evidence is not None
    assert "".join(evidence.tokens) == "变红。"
    assert len(evidence.tokens) == len(pieces)


def test_a_special_token_at_the_end_is_none_of_it() -> None:
    given = tokens('{"instruction_en":"', "Add.", '"}', "<|im_end|>")
    evidence = value_evidence(given, '{"instruction_en":"Add."}', "instruction_en")
    assert evidence == ValueEvidence(["Add."], [-2])


def test_without_the_key_or_without_tokens_there_is_no_evidence() -> None:
    assert value_evidence(tokens("{}"), "{}", "instruction_en") is None
    assert value_evidence([], REPLY, "instruction_en") is None
    assert value_evidence(tokens("something else"), REPLY, "instruction_en") is None


def test_probability_never_leaves_its_range() -> None:
    assert ValueEvidence(["a"], [1e-7]).probability == 1.0
    assert ValueEvidence(["a"], [-1e4]).probability == 0.0


def test_tokens_that_stop_after_the_value_are_enough_and_before_its_end_are_not() -> None:
    whole = tokens('{"instruction_en":"', "Make it", " red.", '","')
    assert value_evidence(whole, REPLY, "instruction_en") == ValueEvidence(
        ["Make it", " red."], [-2, -3]
    )
    assert value_evidence(whole[:2], REPLY, "instruction_en") is None


def test_a_reply_is_found_at_the_end_of_its_prompt_and_nowhere_else() -> None:
    reply = '{"instruction_en":"Add."}'
    prompt = tokens("Write", ' {"instruction_en":"', "Add.", '"}', "<|assistant|>")
    written = tokens('{"', 'instruction_en":"', "Add.", '"}')

    assert tail_of([*prompt, *written], reply) == written
    assert tail_of(prompt, reply) == ()
    assert tail_of([*prompt, *written[:-1]], reply) == ()
