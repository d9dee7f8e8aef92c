"""Settings of ``pairset train``, ``evaluate``, ``adapters`` and ``merge``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from annotator.weights.lora_ranks import VLLM_LORA_RANKS
from pairset.app.command.fields import Metavar, Positional
from pairset.app.command.suggestions import choose_among
from pairset.settings import MOST_SEED, FiguresSettings, VerbSettings


class SplitSettings(VerbSettings):
    """Which reviewed pairs are held out of training; train and evaluate must agree on them."""

    held_out_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of the scenes that training leaves out. These scenes measure what training is worth."""
    split_seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the split. Another seed holds out other scenes."""


class TrainSettings(SplitSettings):
    """Fine-tune a model on reviewed pairs: a LoRA adapter that is kept in the set.

    After a kill the same command goes on from the last checkpoint.
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
    """Learn also from annotations that triage accepted and nobody reviewed."""
    model: str | None = None
    """The base model: a hub id, a local folder, or "starter" for the small model that ships with
    pairset. Default: Qwen/Qwen3-VL-8B-Instruct."""
    method: Literal["supervised", "preference"] = "supervised"
    """supervised: the model learns to write the replies that reviewers approved or corrected.
    preference (DPO): the model learns to prefer the corrected reply to its own reply. Preference
    training starts from a supervised adapter, which --start-from names."""
    name: str | None = None
    """Name of the new adapter. Default: the method, and a hash of data and settings."""
    start_from: Annotated[str | None, Metavar("ADAPTER")] = None
    """Adapter that training starts from: a name in this set, or a folder. Default: new weights."""
    prompt: Literal["auto", "full", "brief"] = "auto"
    """Words that the model is asked with, as in pairset annotate."""
    prompt_file: str | None = Field(default=None, min_length=1)
    """Words of your own instead of --prompt, as in pairset annotate."""
    exemplars: int = Field(default=0, ge=0, le=64)
    """Number of other examples that the model sees before each example. They are chosen as in
    pairset annotate."""
    query_dropout: float = Field(default=0.2, ge=0, lt=1)
    """Share of the examples that come without exemplars, drawn anew in each epoch. The model then
    still knows how to answer without exemplars."""
    epochs: float = Field(default=3, gt=0, le=10_000)
    """Number of passes through all examples."""
    batch_size: int = Field(default=8, gt=0, le=65_536)
    """Number of examples in one forward pass."""
    gradient_accumulation_steps: int = Field(default=1, gt=0, le=65_536)
    """Number of forward passes for one optimizer step."""
    learning_rate: float = Field(default=2e-4, gt=0, le=1e30)
    """Highest learning rate of the AdamW optimizer."""
    warm_up_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps in which the learning rate rises. After these steps the learning rate
    falls as a cosine."""
    weight_decay: float = Field(default=0.0, ge=0, le=10)
    """Weight decay of the AdamW optimizer."""
    rank: int = 16
    """LoRA rank. vLLM serves the ranks 1, 8, 16, 32, 64, 128, 256, 320 and 512."""
    alpha: int = Field(default=32, gt=0, le=65_536)
    """LoRA alpha. The LoRA weights are scaled by alpha / rank."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    """Dropout rate of the LoRA layers."""
    unchanged_share: float = Field(default=0.1, ge=0, lt=1)
    """Largest share of the examples that are copies, which mining rejected. Copies teach the model
    to answer that nothing changed. Review never shows such pairs. 0: no copies."""
    oversample: int = Field(default=3, gt=0, le=1000)
    """Largest number of times that an example is repeated. Examples of edit types that reviewers
    corrected often are repeated most."""
    beta: float = Field(default=0.1, gt=0, le=1000)
    """Preference: beta of DPO. A larger beta keeps the model closer to the model that training
    starts from."""
    anchor: float = Field(default=1.0, ge=0, le=1000)
    """Preference: weight of the supervised loss on every good reply, accepted replies included.
    With weight 0 the model unlearns what was right before."""
    error_weights: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(
        default={"wrong_position": 2.0, "wrong_object": 1.5, "invented_change": 1.5}
    )
    """Preference: weight of a correction, by the worst error that the reviewer named. Errors that
    are not listed have weight 1."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """Number format of the weights of the base model. auto: bfloat16 on a GPU, float32 on a CPU."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them. Training becomes slower and needs much
    less memory."""
    context_tokens: int = Field(default=8192, gt=0, le=4_194_304)
    """Longest example, in tokens. Longer examples are left out, with a reason in the table of
    examples."""
    max_pixels: int = Field(default=589_824, gt=0, le=178_956_970)
    """Largest number of pixels (width x height) of an image that the model sees. Larger images are
    scaled down, as in pairset annotate."""
    picture_gigabytes: float = Field(default=8.0, ge=0, le=100_000)
    """Memory for the output of the vision tower, in GB. If the output of all images fits, the
    vision tower runs once. Otherwise images are opened again in every epoch."""
    checkpoint_steps: int = Field(default=100, gt=0, le=1_000_000_000)
    """Number of optimizer steps between two checkpoints."""
    samples: int = Field(default=8, ge=0, le=1000)
    """Number of held-out pairs on the training page, each with the replies before and after
    training. 0: the model is not asked."""
    dataloader_workers: int = Field(default=0, ge=0, le=64)
    """Number of processes that prepare batches. 0: the training process prepares batches itself."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the LoRA weights and of the order of the examples."""
    trust_remote_code: bool = False
    """Let Python code from the model's repository run on this machine."""

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
    """Measure annotators on reviewed pairs that nobody trained on, and write a page of the results.

    The API token of the judge's server is read from $PAIRSET_API_KEY or $OPENAI_API_KEY.
    """

    verb: ClassVar[str] = "evaluate"
    stages: ClassVar[Mapping[str, str]] = {
        "held_out_share": "what is measured on",
        "adapters": "who is compared",
        "bootstrap_draws": "intervals",
        "shown_pairs": "the page",
        "judge_server": "a judge",
    }
    model_config = SettingsConfigDict(
        env_prefix="PAIRSET_EVALUATE_",
    )

    include_auto: bool = False
    """Measure also on annotations that triage accepted and nobody reviewed. These pairs are counted
    apart. No model is measured against its own annotations."""
    adapters: list[str] = Field(default=[])
    """Annotators to compare, by the name of the adapter, or of the model if there is no adapter.
    "base": every model without an adapter. Default: all annotators of held-out pairs."""
    against: Annotated[str | None, Metavar("ADAPTER")] = None
    """Annotator that the others are tested against, named as in --adapters. Default: each adapter
    is tested against its model without the adapter."""
    bootstrap_draws: int = Field(default=1_000, ge=100, le=100_000)
    """Number of times that the bootstrap draws the scenes for the 95 % intervals."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the bootstrap."""
    shown_pairs: int = Field(default=6, ge=0, le=1000)
    """Number of pairs on the page that gained most, and of pairs that lost most."""
    thumbnail_pixels: int = Field(default=320, ge=64, le=2048)
    """Longer side of each image on the page, in pixels."""
    judge_server: str | None = None
    """URL of an OpenAI-compatible endpoint. The model there decides whether two English
    instructions in different words mean the same. Default: no judge."""
    judge_model: str | None = None
    """Name of the judge's model at the endpoint."""
    judge_pairs: int = Field(default=200, gt=0, le=1_000_000_000)
    """Largest number of reviewed pairs on which the judge is first compared with the reviewers."""


class AdaptersSettings(FiguresSettings):
    """List the adapters that were trained in a set."""

    verb: ClassVar[str] = "adapters"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_ADAPTERS_")


class MergeSettings(VerbSettings):
    """Merge an adapter into its base: a plain checkpoint that needs no PEFT."""

    verb: ClassVar[str] = "merge"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_MERGE_")

    adapter: Positional[str]
    """Name of an adapter in the set."""
    output: Annotated[Positional[Path], Metavar("FOLDER")]
    """Folder for the checkpoint. The folder must be empty or missing."""
    model: str | None = None
    """The base model of the adapter. Default: the model that the adapter's card names."""
