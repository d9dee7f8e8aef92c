"""Settings of the verbs that ask a model: ``pairset annotate`` and ``pairset probe``."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pairset.settings import MOST_SEED, ExecutorSettings, VerbSettings

DEFAULT_MODEL = "Qwen/Qwen3-VL-8B-Instruct"

EngineName = Literal["server", "vllm", "transformers"]
"""The engines that are here; ``annotator.engines.registry`` knows those that packages add."""


class AskSettings(VerbSettings):
    """The model that answers questions about the pairs of a set, and how the model is asked."""

    stages: ClassVar[Mapping[str, str]] = {
        "executor": "where it runs",
        "engine": "who is asked",
        "prompt": "what is asked",
        "max_tokens": "how long and how large",
        "concurrency": "how fast, and how patiently",
        "dtype": "the model in this process",
        "pairs_per_shard": "which pairs",
        "evidence": "evidence",
    }

    engine: EngineName | str = "vllm"
    """vllm: the model runs in this process, fastest for many pairs. server: the model runs behind
    an OpenAI-compatible endpoint. transformers: the model runs in this process, with the smallest
    install. NAME: an engine that another package adds."""
    model: str | None = None
    """The model: a hub id, a local folder, or "starter" for the small model that ships with
    pairset. Default: Qwen/Qwen3-VL-8B-Instruct, which needs one GPU of 24 GB. Default with
    --server: the model that the server serves."""
    adapter: str | None = None
    """The LoRA adapter: the name of an adapter in this set (pairset adapters SET lists these
    names), a folder, a hub id, or the name that a running server has for the adapter. "best": the
    adapter that pairset evaluate measured best. "starter-wider": the adapter that ships with the
    starter model."""
    server: str | None = None
    """URL of an OpenAI-compatible endpoint, such as http://gpu-box:8000/v1. This flag implies
    --engine server. A user and a password in the URL are never saved."""
    spawn: bool = False
    """Start a vLLM server on the loopback interface, and stop the server after the run. This flag
    implies --engine server."""
    prompt: Literal["auto", "full", "brief"] = "auto"
    """Words that the model is asked with. full: rules and all edit types, for instruct models.
    brief: the one line that the starter model was trained on. auto: brief for the starter model,
    full for every other model."""
    prompt_file: str | None = Field(default=None, min_length=1)
    """Words of your own instead of --prompt: a Markdown file in the form of
    annotator/prompts/full.md. The file holds {edit_types}, which stands for the list of edit types,
    and names every key of the reply. Another text makes another annotator."""
    exemplars: int = Field(default=0, ge=0, le=64)
    """Number of reviewed pairs that the model sees before each question: the pairs of the training
    side whose edits look most like the edit in question. A running server must accept two images
    for each of these pairs, and two more."""
    guided: bool = True
    """Force the reply into the JSON schema while the model writes. --no-guided is for servers that
    cannot do so. Every reply is checked in both cases."""
    max_tokens: int = Field(default=1024, gt=0, le=131_072)
    """Longest reply, in tokens. A longer reply becomes a row with the code "truncated"."""
    context_tokens: int = Field(default=8192, gt=0, le=4_194_304)
    """Longest prompt and reply together, in tokens. Engines reserve memory for this length."""
    max_pixels: int = Field(default=589_824, gt=0, le=178_956_970)
    """Largest number of pixels (width x height) of an image that the model sees. Larger images are
    scaled down."""
    concurrency: int = Field(default=32, gt=0, le=4096)
    """Server: number of requests in flight at the same time."""
    batch_size: int = Field(default=8, gt=0, le=65_536)
    """Transformers: number of pairs in one forward pass."""
    timeout_seconds: float = Field(default=300, gt=0, le=86_400)
    """Server: longest wait for one whole reply, in seconds."""
    start_timeout_seconds: float = Field(default=900, gt=0, le=86_400)
    """Longest wait for the server of --spawn to start, in seconds. The download of the model
    counts."""
    retries: int = Field(default=5, ge=0, le=100)
    """Server: number of further tries after a transport error, status 429 or status 5xx."""
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    """Number format of the weights in memory. auto: the format that the weights are stored in."""
    trust_remote_code: bool = False
    """Let Python code from the model's repository run on this machine."""
    pairs_per_shard: int = Field(default=256, gt=0, le=1_000_000)
    """Number of pairs that are written together. An interrupted run loses at most this many."""
    retry_failed: bool = False
    """Ask again about the pairs whose latest reply failed."""
    limit: int | None = Field(default=None, gt=0, le=1_000_000_000)
    """Largest number of pairs in this run. Default: all pairs that are left."""


class AnnotateSettings(AskSettings, ExecutorSettings):
    """Write an editing instruction, in English and Chinese, for each kept pair.

    The API token of a server is read from $PAIRSET_API_KEY or $OPENAI_API_KEY.
    """

    verb: ClassVar[str] = "annotate"

    model_config = SettingsConfigDict(env_prefix="PAIRSET_ANNOTATE_")


EvidenceKind = Literal["critic", "samples", "contrasts"]


class ProbeSettings(AskSettings):
    """Ask a model again about finished annotations: more evidence for the confidence.

    By default the model is the annotator itself, with the settings of its own run. A flag --model,
    --adapter, --server or --spawn names another model. That model then judges the annotator from
    outside.
    """

    verb: ClassVar[str] = "probe"

    model_config = SettingsConfigDict(env_prefix="PAIRSET_PROBE_")

    evidence: list[EvidenceKind] = Field(default=["critic", "samples", "contrasts"], min_length=1)
    """Questions to ask. critic: is the instruction true, complete and not reversed? samples: which
    replies does the model draw at random? contrasts: how likely is the instruction if the images
    are swapped, if the source stands twice, and if the target is blank?"""
    samples: int = Field(default=1, gt=0, le=64)
    """Number of random replies for each annotation. Replies of earlier runs count."""
    temperature: float = Field(default=1.0, gt=0, le=10)
    """Sampling temperature of the random replies."""
    least_confidence: float = Field(default=0.0, ge=0, le=1)
    """Leave out annotations with a confidence below this number."""
    most_confidence: float = Field(default=1.0, ge=0, le=1)
    """Leave out annotations with a confidence above this number."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the random replies. A running server draws with a seed of its own."""
