"""Settings of ``pairset triage`` and of ``pairset review serve, push, pull, agreement``."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from pairset.settings import MOST_SEED, FiguresSettings, VerbSettings

TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"  # noqa: S105 - the variable's name


class TriageSettings(FiguresSettings):
    """Accept sure annotations; queue doubtful ones, and a random share, for a person."""

    verb: ClassVar[str] = "triage"
    stages: ClassVar[Mapping[str, str]] = {
        "threshold": "what is accepted",
        "audit_share": "what goes to people",
    }
    model_config = SettingsConfigDict(env_prefix="PAIRSET_TRIAGE_")

    threshold: float = Field(default=0.9, ge=0, le=1)
    """Confidence from which an annotation is accepted; --precision finds one that is proven."""
    precision: float | None = Field(default=None, gt=0, lt=1)
    """Promise that at least this share of what is accepted is right, and accept nothing before
    people's verdicts prove it."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """With --precision: how sure the promise is, 0 to 1."""
    shift_level: float = Field(default=0.01, gt=0, lt=1)
    """With --precision: chance of taking pairs for another mix than was certified when they are
    not."""
    recertify: bool = False
    """With --precision: test thresholds again with the verdicts that came since. Each time has to
    be surer than the one before."""
    audit_share: float = Field(default=0.05, ge=0, le=1)
    """Share of the sure ones that a person looks at all the same, drawn at random, so that the
    acceptance rate stays known."""
    budget: int | None = Field(default=None, ge=0, le=1_000_000_000)
    """Queue at most so many for a person, the most useful first; the others wait."""
    queue_by: Literal["gain", "doubt", "random"] = "gain"
    """Who comes first: gain puts first what a look is likely to put right and to teach, over all
    scenes and edit types; doubt the least confident of each scene; random is a random order. With
    --precision, it is a random sample until something is certified."""
    accept_starter: bool = False
    """Accept sure annotations of the starter model outside the demo too, though its confidence
    means nothing there. --threshold 0 accepts them as well: it accepts everything."""
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    """Another number draws another audit."""


class StudioSettings(VerbSettings):
    """What it takes to reach a Label Studio."""

    stages: ClassVar[Mapping[str, str]] = {
        "url": "the server",
        "host": "a server of its own",
        "reviewers_per_pair": "who reviews how much",
        "tasks_per_request": "what is sent",
        "watch": "what is fetched",
    }

    url: str | None = None
    """A Label Studio that runs already, such as https://labels.example.org; default: the one that
    pairset review serve runs for this set."""
    token: SecretStr | None = Field(default=None, exclude=True)
    """Its API token; better through $LABEL_STUDIO_API_KEY, which no process list shows."""
    project: int | None = Field(default=None, gt=0, le=2_147_483_647)
    """Number of the project there, as its address shows it; needed with --url."""
    timeout_seconds: float = Field(default=60, gt=0, le=86_400)
    """Longest wait for one answer."""
    retries: int = Field(default=4, ge=0, le=100)
    """More tries after a time-out, a lost connection or a server error."""


class ServeSettings(StudioSettings):
    """Start a Label Studio for a set, with its labelling page ready, and print the link to it.

    It runs until Ctrl-C. With --url, the project is made on a server that runs already instead.
    """

    verb: ClassVar[str] = "review serve"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REVIEW_SERVE_")

    host: str = "127.0.0.1"
    """Address it listens on. Any other than loopback lets other machines reach it, unencrypted."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Port it listens on; default: a free one."""
    start_timeout_seconds: float = Field(default=300, gt=0, le=86_400)
    """Longest wait for its first answer."""
    reviewers_per_pair: int | None = Field(default=None, ge=1, le=1000)
    """How many people review each pair of the overlap; default: as the project has it, first 1."""
    overlap_share: float | None = Field(default=None, ge=0, le=1)
    """Share of the pairs that are in the overlap; default: as the project has it, first all."""


class PushSettings(StudioSettings):
    """Send the queued pairs to Label Studio, each once, with what the model says of it."""

    verb: ClassVar[str] = "review push"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REVIEW_PUSH_")

    tasks_per_request: int = Field(default=250, gt=0, le=10_000)
    """Tasks in one request."""
    mask: bool = True
    """Send the mask of what changed, to be corrected; several kilobytes for each pair."""
    image_url: str | None = None
    """Where reviewers' browsers find an image, such as https://images.example.org/{image_id}.jpg,
    if not on the set's own server."""


class PullSettings(StudioSettings):
    """Fetch what reviewers submitted, edited, skipped and deleted since the last pull."""

    verb: ClassVar[str] = "review pull"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_REVIEW_PULL_")

    watch: bool = False
    """Go on pulling until Ctrl-C."""
    interval_seconds: float = Field(default=30, gt=0, le=86_400)
    """Wait between two pulls with --watch."""
    webhook_port: int | None = Field(default=None, ge=1, le=65535)
    """With --watch, pull at once when a webhook of Label Studio calls this port of the loopback
    interface; verdicts arrive without it too."""
    overlap_seconds: float = Field(default=60, ge=0, le=31_536_000)
    """Look again at what changed so long before the latest change seen: a slow transaction may
    show up late."""
    tasks_per_request: int = Field(default=100, gt=0, le=10_000)
    """Tasks in one request."""
    everything: bool = False
    """Compare every task, not only those that changed."""


class AgreementSettings(FiguresSettings):
    """Show how far reviewers agree, the consensus, and the pairs that need another look."""

    verb: ClassVar[str] = "review agreement"
    model_config = SettingsConfigDict(
        env_prefix="PAIRSET_REVIEW_AGREEMENT_",
    )

    text_floor: float = Field(default=60, ge=0, le=100)
    """Two reviewers' texts agree from this chrF score on."""
    adjudicator: str | None = None
    """Reviewer whose word settles what the others disagree about."""
