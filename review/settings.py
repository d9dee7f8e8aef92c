"""Settings of ``pairset triage`` and of ``pairset review serve, push, pull, agreement``."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from pairset.app.command.fields import Metavar
from pairset.settings import MOST_SEED, FiguresSettings, VerbSettings

TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"  # noqa: S105 - the variable's name


class TriageSettings(FiguresSettings):
    """Accept sure annotations; queue doubtful annotations, and a random share, for people."""

    verb: ClassVar[str] = "triage"
    stages: ClassVar[Mapping[str, str]] = {
        "threshold": "what is accepted",
        "audit_share": "what goes to people",
    }
    model_config = SettingsConfigDict(env_prefix="PAIRSET_TRIAGE_")

    threshold: float = Field(default=0.9, ge=0, le=1)
    """Least confidence of an accepted annotation. With --precision triage finds the threshold
    itself."""
    precision: float | None = Field(default=None, gt=0, lt=1)
    """Share of the accepted annotations that must be right. Triage accepts nothing before the
    verdicts of people prove this share. Default: no share is proven."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """With --precision: confidence level of the proof."""
    shift_level: float = Field(default=0.01, gt=0, lt=1)
    """Chance of a false alarm when triage tests whether new pairs differ from the pairs that the
    proof is about. With --precision triage then accepts none of them; without it, triage warns."""
    recertify: bool = False
    """With --precision: test thresholds again with all verdicts that are there now. Each new test
    demands more certainty than the test before."""
    audit_share: float = Field(default=0.05, ge=0, le=1)
    """Share of the accepted annotations that a person reviews all the same. The share is drawn at
    random and keeps the error rate known."""
    budget: int | None = Field(default=None, ge=0, le=1_000_000_000)
    """Largest number of pairs in the queue for people, the most useful pairs first. All other pairs
    wait. Default: no limit."""
    queue_by: Literal["gain", "doubt", "random"] = "gain"
    """Order of the queue. gain: first the pairs where a review is likely to correct and to teach
    most, over all scenes and edit types. doubt: first the least confident pair of each scene.
    random: random order. With --precision the queue is a random sample until a threshold is
    proven."""
    accept_starter: bool = False
    """Accept annotations of the starter model outside the demo too. The confidence of the starter
    model means nothing there. --threshold 0 accepts every annotation, these included."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of all random draws. Another seed draws another audit."""


class StudioSettings(VerbSettings):
    """How to reach a Label Studio."""

    stages: ClassVar[Mapping[str, str]] = {
        "url": "the server",
        "host": "a server of its own",
        "reviewers_per_pair": "who reviews how much",
        "mask": "what is sent",
        "watch": "what is fetched",
    }

    url: str | None = None
    """URL of a Label Studio that runs already, such as https://labels.example.org. Default: the
    Label Studio that pairset review serve runs for this set."""
    token: SecretStr | None = Field(default=None, exclude=True)
    """API token of the Label Studio. $LABEL_STUDIO_API_KEY is a safer place for the token, because
    process lists show flags."""
    project: int | None = Field(default=None, gt=0, le=2_147_483_647)
    """Number of the project in the Label Studio, as the project's address shows. --url needs this
    flag."""
    timeout_seconds: float = Field(default=60, gt=0, le=86_400)
    """Longest wait for one answer of the Label Studio, in seconds."""
    retries: int = Field(default=4, ge=0, le=100)
    """Number of further tries after a time-out, a lost connection or a server error."""


class ServeSettings(StudioSettings):
    """Start a Label Studio for a set, with its labelling page ready, and print the link to it.

    The server runs until Ctrl-C. With --url the project is made on a server that runs already.
    """

    verb: ClassVar[str] = "review serve"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REVIEW_SERVE_")

    host: Annotated[str, Metavar("ADDRESS")] = "127.0.0.1"
    """Address that the server listens on. An address other than loopback lets other machines reach
    the server without encryption."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Port that the server listens on. Default: a free port."""
    start_timeout_seconds: float = Field(default=300, gt=0, le=86_400)
    """Longest wait for the first answer of the server, in seconds."""
    reviewers_per_pair: int | None = Field(default=None, ge=1, le=1000)
    """Number of people who review each pair of the overlap. Default: the number that the project
    has, 1 in a new project."""
    overlap_share: float | None = Field(default=None, ge=0, le=1)
    """Share of the pairs that belong to the overlap. Default: the share that the project has, all
    pairs in a new project."""


class PushSettings(StudioSettings):
    """Send the queued pairs to Label Studio, each pair once, with the annotation of the model."""

    verb: ClassVar[str] = "review push"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REVIEW_PUSH_")

    mask: bool = True
    """Send the mask of the changed area, which reviewers can correct. A mask takes several
    kilobytes."""
    image_url: str | None = None
    """Address where the browsers of reviewers find an image, such as
    https://images.example.org/{image_id}.jpg. Default: the set's own server."""
    tasks_per_request: int = Field(default=250, gt=0, le=10_000)
    """Number of tasks in one request."""


class PullSettings(StudioSettings):
    """Fetch what reviewers submitted, edited, skipped and deleted since the last pull."""

    verb: ClassVar[str] = "review pull"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REVIEW_PULL_")

    watch: bool = False
    """Pull again and again until Ctrl-C."""
    interval_seconds: float = Field(default=30, gt=0, le=86_400)
    """With --watch: wait between two pulls, in seconds."""
    webhook_port: int | None = Field(default=None, ge=1, le=65535)
    """With --watch: port of the loopback interface that a webhook of Label Studio calls. Each call
    pulls at once. Verdicts also arrive without a webhook."""
    overlap_seconds: float = Field(default=60, ge=0, le=31_536_000)
    """Time before the latest known change that each pull looks at again, in seconds. A slow
    transaction of the server may show up late."""
    tasks_per_request: int = Field(default=100, gt=0, le=10_000)
    """Number of tasks in one request."""
    everything: bool = False
    """Compare every task, changed or not."""


class AgreementSettings(FiguresSettings):
    """Show how far reviewers agree, the consensus, and the pairs that need another look."""

    verb: ClassVar[str] = "review agreement"
    model_config = SettingsConfigDict(
        env_prefix="PAIRSET_REVIEW_AGREEMENT_",
    )

    text_floor: float = Field(default=60, ge=0, le=100)
    """Least chrF score (0 to 100) at which the texts of two reviewers agree."""
    adjudicator: Annotated[str | None, Metavar("REVIEWER")] = None
    """Reviewer whose verdict decides where other reviewers disagree. Default: nobody."""
