"""Settings of ``pairset train``, ``evaluate``, ``adapters`` and ``merge``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from annotator.weights.lora_ranks import VLLM_LORA_RANKS
from pairset.app.command.fields import Positional
from pairset.app.command.suggestions import choose_among
from pairset.settings import MOST_SEED, FiguresSettings, VerbSettings


class SplitSettings(VerbSettings):
    """Which reviewed pairs nobody trains on; train and evaluate must say the same."""

    held_out_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of the scenes that nobody trains on, so that they can measure."""
    split_seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Another number holds out other scenes."""


class TrainSettings(SplitSettings):
    """Fine-tune a model on reviewed pairs: a LoRA adapter that is kept in the set.

    Killed, the same command goes on from the last checkpoint.
    """

    verb: ClassVar[str] = "train"
    stages: ClassVar[Mapping[str, str]] = {
        "held_out_share": "what is learnt from",
        "model": "what is trained",
        "prompt": "how it is asked",
        "epochs": "how it is trained",
        "rank": "the adapter",
        "unchanged_share": "how examples are weighed",
        "dtype": "numbers and memory",
        "checkpoint_steps": "the run",
    }
    model_config = SettingsConfigDict(env_prefix="PAIRSET_TRAIN_")

    include_auto: bool = False
    """Learn too what triage accepted by itself, where no person looked."""
    model: str | None = None
    """Base model: hub id, local folder, or "starter". Default: Qwen/Qwen3-VL-8B-Instruct."""
    method: Literal["supervised", "preference"] = "supervised"
    """supervised: write what reviewers stand by. preference (DPO): prefer the corrected reply to
    the model's own; begin it from a supervised adapter with --start-from."""
    name: str | None = None
    """Name of the adapter; default: the method and a hash of data and settings."""
    start_from: str | None = None
    """Adapter to go on from: a name in this set, or a folder."""
    prompt: Literal["auto", "full", "brief"] = "auto"
    """The prompt it will be asked with; auto as in pairset annotate."""
    exemplars: int = Field(default=0, ge=0, le=64)
    """Show so many others of the examples before each, chosen as in pairset annotate."""
    query_dropout: float = Field(default=0.2, ge=0, lt=1)
    """How often an example comes without its exemplars, drawn anew in each epoch: so the model
    goes on knowing what to do where none are shown."""
    epochs: float = Field(default=3, gt=0, le=10_000)
    """Times through the examples."""
    batch_size: int = Field(default=8, gt=0, le=65_536)
    """Examples in one forward pass."""
    accumulate: int = Field(default=1, gt=0, le=65_536)
    """Forward passes for one optimizer step."""
    learning_rate: float = Field(default=2e-4, gt=0, le=1e30)
    warm_up_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps over which the learning rate rises; it then falls as a cosine."""
    weight_decay: float = Field(default=0.0, ge=0, le=10)
    rank: int = 16
    """LoRA rank, one of those that vLLM serves: 1, 8, 16, 32, 64, 128, 256, 320 or 512."""
    alpha: int = Field(default=32, gt=0, le=65_536)
    """LoRA scale, over the rank."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    """LoRA dropout."""
    unchanged_share: float = Field(default=0.1, ge=0, lt=1)
    """Largest share of the examples that are pairs which mining rejected as copies: they teach to
    say that nothing changed, which review never shows. 0: none."""
    oversample: int = Field(default=3, gt=0, le=1000)
    """Examples of edit types that reviewers had to correct are repeated up to so many times."""
    beta: float = Field(default=0.1, gt=0, le=1000)
    """Preference: how hard to hold on to the model it began from."""
    anchor: float = Field(default=1.0, ge=0, le=1000)
    """Preference: weight of also writing every good reply, accepted ones too (the supervised
    loss); without it what was right before is unlearnt."""
    error_weights: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(
        default={"wrong_position": 2.0, "wrong_object": 1.5, "invented_change": 1.5}
    )
    """Preference: weight of a correction by the worst error the reviewer named; else 1."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """Number format of the base's weights; auto is bfloat16 on a GPU, float32 on a CPU."""
    gradient_checkpointing: bool = False
    """Compute activations twice and keep few: slower, in much less memory."""
    context_tokens: int = Field(default=8192, gt=0, le=4_194_304)
    """Longer examples are excluded, and say so."""
    max_pixels: int = Field(default=589_824, gt=0, le=178_956_970)
    """Larger images are scaled down to so many pixels, as in pairset annotate."""
    picture_gigabytes: float = Field(default=8.0, ge=0, le=100_000)
    """Memory for pictures as the vision tower sees them. Where it holds all of them the tower works
    once and not in every epoch; beyond that pictures are opened again each time."""
    checkpoint_steps: int = Field(default=100, gt=0, le=1_000_000_000)
    """Optimizer steps between two checkpoints."""
    samples: int = Field(default=8, ge=0, le=1000)
    """Held-out pairs on the training page, with the replies before and after; 0 asks none."""
    readers: int = Field(default=0, ge=0, le=64)
    """Processes that prepare batches; 0 does it in the training process."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    trust_remote_code: bool = False
    """Let the model's repository run its own Python code here."""

    @field_validator("rank")
    @classmethod
    def _is_served(cls, rank: int) -> int:
        if rank not in VLLM_LORA_RANKS:
            raise ValueError(f"vLLM serves the ranks {', '.join(map(str, VLLM_LORA_RANKS))}")
        return rank

    @field_validator("error_weights")
    @classmethod
    def _are_error_types(cls, weights: dict[str, float]) -> dict[str, float]:
        from pairset.records.verdict import ErrorType  # records load pyarrow, --help does not

        known = [str(each) for each in ErrorType]
        for name in weights:
            if name not in known:
                raise ValueError(f"{name} is no error type, {choose_among(known, name)}")
        return weights


class EvaluateSettings(SplitSettings, FiguresSettings):
    """Measure annotators on reviewed pairs that nobody trained on, and write a page about it.

    An API token, where the judge's server wants one, is read from $PAIRSET_API_KEY or
    $OPENAI_API_KEY.
    """

    verb: ClassVar[str] = "evaluate"
    stages: ClassVar[Mapping[str, str]] = {
        "held_out_share": "what is measured on",
        "adapters": "who is compared",
        "cards": "the page",
        "judge": "a judge",
    }
    model_config = SettingsConfigDict(
        env_prefix="PAIRSET_EVALUATE_",
    )

    include_auto: bool = False
    """Measure against what triage accepted by itself too, where no person looked, and count it
    apart; never a model against its own words, and never without pairs that somebody judged."""
    adapters: list[str] = Field(default=[])
    """Compare only these, by the name of the adapter or, where there is none, of the model; "base"
    is every model without an adapter. Default: all that annotated held-out pairs."""
    against: str | None = None
    """Whom the others are tested against. Default: each adapter against its model without it."""
    samples: int = Field(default=1_000, ge=100, le=100_000)
    """How often scenes are drawn again for the 95 % intervals."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of those draws."""
    cards: int = Field(default=6, ge=0, le=1000)
    """Pairs on the page for each of most gained and most lost."""
    thumbnail_pixels: int = Field(default=320, ge=64, le=2048)
    """Longer side of the images on the page."""
    judge: str | None = None
    """URL of an OpenAI-compatible endpoint whose model says whether an English instruction in
    other words means the same."""
    judge_model: str | None = None
    """Name of that model at that endpoint."""
    judge_pairs: int = Field(default=200, gt=0, le=1_000_000_000)
    """Most reviewed pairs on which the judge is first held against the reviewers."""


class AdaptersSettings(FiguresSettings):
    """List the adapters that were trained in a set."""

    verb: ClassVar[str] = "adapters"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_ADAPTERS_")


class MergeSettings(VerbSettings):
    """Merge an adapter into its base: a plain checkpoint that needs no PEFT."""

    verb: ClassVar[str] = "merge"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_MERGE_")

    adapter: Positional[str]
    """Name of the adapter in the set."""
    output: Positional[Path]
    """Folder to write; it must be empty or not there."""
    model: str | None = None
    """Its base, where that is not found under the name in the adapter's card."""
