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
    """Who is asked about the pairs of a set, and how."""

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
    """vllm: in this process, fastest for many pairs. server: any OpenAI-compatible endpoint.
    transformers: in this process, smallest install. Or the name of an engine that another
    package adds."""
    model: str | None = None
    """Hub id, local folder, or "starter" for the small stand-in that ships with the package.
    Default: Qwen/Qwen3-VL-8B-Instruct (one 24 GB GPU); with --server, the one it serves."""
    adapter: str | None = None
    """LoRA adapter: the name of one in this set (pairset adapters SET lists them), "best" for the
    one that pairset evaluate measured best, "starter-wider", which ships with the starter, a
    folder, a hub id, or the name a running server knows it by."""
    server: str | None = None
    """URL of an OpenAI-compatible endpoint, such as http://gpu-box:8000/v1; implies the engine
    server. A user and a password in it are never saved."""
    spawn: bool = False
    """Start a vLLM server for this run on the loopback interface, and stop it afterwards; implies
    the engine server."""
    prompt: Literal["auto", "full", "brief"] = "auto"
    """full: rules and all edit types, for instruct models. brief: one line, which the starter
    was trained on. auto: brief for the starter, full for all others."""
    exemplars: int = Field(default=0, ge=0, le=64)
    """Show so many reviewed pairs of the training side before each pair, those whose edits look
    most like its own. A running server must take two images for each, and two more."""
    guided: bool = True
    """Hold the reply to the JSON schema while it is written. Only for servers that cannot:
    --no-guided; their replies are checked all the same."""
    max_tokens: int = Field(default=1024, gt=0, le=131_072)
    """Longest reply, in tokens; longer ones become rows with the code "truncated"."""
    context_tokens: int = Field(default=8192, gt=0, le=4_194_304)
    """Longest prompt and reply together, in tokens, for engines that reserve memory for it."""
    max_pixels: int = Field(default=589_824, gt=0, le=178_956_970)
    """Larger images are scaled down to so many pixels before a model sees them."""
    concurrency: int = Field(default=32, gt=0, le=4096)
    """Requests in flight at once (server)."""
    batch_size: int = Field(default=8, gt=0, le=65_536)
    """Pairs in one forward pass (transformers)."""
    timeout_seconds: float = Field(default=300, gt=0, le=86_400)
    """Longest wait for one whole reply of a server."""
    start_timeout_seconds: float = Field(default=900, gt=0, le=86_400)
    """Longest wait for a spawned server to come up, download included."""
    retries: int = Field(default=5, ge=0, le=100)
    """More tries of a request after a transport error, 429 or 5xx (server)."""
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    """Number format of the weights; auto is the one they are stored in."""
    trust_remote_code: bool = False
    """Let the model's repository run its own Python code here."""
    pairs_per_shard: int = Field(default=256, gt=0, le=1_000_000)
    """Pairs written together; what an interrupted run loses at most."""
    retry_failed: bool = False
    """Ask again about pairs whose last reply failed."""
    limit: int | None = Field(default=None, gt=0, le=1_000_000_000)
    """Stop after so many pairs."""


class AnnotateSettings(AskSettings, ExecutorSettings):
    """Write an editing instruction, in English and Chinese, for each kept pair.

    An API token, where the server wants one, is read from $PAIRSET_API_KEY or $OPENAI_API_KEY.
    """

    verb: ClassVar[str] = "annotate"

    model_config = SettingsConfigDict(env_prefix="PAIRSET_ANNOTATE_")


EvidenceKind = Literal["critic", "samples", "contrasts"]


class ProbeSettings(AskSettings):
    """Ask a model again about what was annotated: more evidence for the confidence.

    Asked is the annotator that readers follow, as it was when it annotated, unless --model,
    --adapter, --server or --spawn name another, which is a critic from outside then.
    """

    verb: ClassVar[str] = "probe"

    model_config = SettingsConfigDict(env_prefix="PAIRSET_PROBE_")

    evidence: list[EvidenceKind] = Field(default=["critic", "samples", "contrasts"], min_length=1)
    """critic: is the instruction true, complete and not reversed? samples: what is said at random.
    contrasts: how likely the instruction is with the images swapped, the source twice, and a blank
    target."""
    samples: int = Field(default=1, gt=0, le=64)
    """Replies at random for each annotation; those that are there already count."""
    temperature: float = Field(default=1.0, gt=0, le=10)
    """Of these replies."""
    least_confidence: float = Field(default=0.0, ge=0, le=1)
    """Ask only about annotations that are at least so sure."""
    most_confidence: float = Field(default=1.0, ge=0, le=1)
    """Ask only about annotations that are at most so sure."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Of what is drawn at random. A running server draws by its own."""
