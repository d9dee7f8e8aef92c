"""How close one text is to another. A failed reply is the empty text, and close to nothing."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics.chrf import CHRF

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

_CHRF_CHARACTERS: Mapping[Language, int] = {"en": 6, "zh": 2}
_BLEU_TOKENS: Mapping[Language, str] = {"en": "13a", "zh": "zh"}
_TOKEN = re.compile(r"[㐀-䶿一-鿿]|[^\W_㐀-䶿一-鿿]+")


def is_exact(said: str, expected: str) -> bool:
    """Word for word the same; runs of white space count as one space, and not at the ends."""
    return _plain(said) == _plain(expected)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def tokens(text: str) -> list[str]:
    """Words in lower case without punctuation; every Chinese character is a word of its own."""
    return _TOKEN.findall(text.lower())


class Tokenizer:
    """The same, as rouge-score wants it."""

    def tokenize(self, text: str) -> list[str]:
        return tokens(text)


def chrf(said: str, expected: str, language: Language) -> float:
    """Score chrF (Popović 2015) of one text, 0 to 100.

    Over runs of up to six characters in English, as its author has it, and up to two in Chinese,
    whose words are about that long.
    """
    return float(_chrf(language).sentence_score(said, [expected]).score)


@cache
def _chrf(language: Language) -> "CHRF":
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(char_order=_CHRF_CHARACTERS[language])


def rouge_l(said: str, expected: str) -> float:
    """F-measure of ROUGE-L (Lin 2004) over ``tokens``, 0 to 1."""
    return float(_rouge_l().score(expected, said)["rougeL"].fmeasure)


@cache
def _rouge_l() -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], tokenizer=Tokenizer())


@dataclass(frozen=True, slots=True)
class CorpusScores:
    """Measures that exist for many texts at once only."""

    bleu: float | None
    """BLEU-4, 0 to 100."""
    cider: float | None
    """CIDEr-D, 0 to 10."""


def corpus_scores(said: Sequence[str], expected: Sequence[str], language: Language) -> CorpusScores:
    """BLEU-4 and CIDEr-D of texts against one reference each."""
    return CorpusScores(bleu(said, expected, language), cider(said, expected))


def bleu(said: Sequence[str], expected: Sequence[str], language: Language) -> float | None:
    """BLEU-4 (Papineni et al. 2002), 0 to 100, as sacrebleu counts it; None of no texts.

    Tokens are those of mteval-13a in English, and single characters in Chinese.
    """
    if not expected:
        return None
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(tokenize=_BLEU_TOKENS[language], force=True)  # no advice about tokenized texts
    return float(metric.corpus_score(list(said), [list(expected)]).score)


def cider(said: Sequence[str], expected: Sequence[str]) -> float | None:
    """CIDEr-D (Vedantam et al. 2015) over ``tokens``, 0 to 10, by the code of COCO's captions.

    Words are weighed by how few of the references hold them, so where all references are the same
    every weight is zero and there is no figure.
    """
    references = [" ".join(tokens(text)) for text in expected]
    if len(set(references)) < 2:
        return None
    from pycocoevalcap.cider.cider import Cider

    score, _ = Cider().compute_score(
        {number: [text] for number, text in enumerate(references)},
        {number: [" ".join(tokens(text))] for number, text in enumerate(said)},
    )
    return float(score)
