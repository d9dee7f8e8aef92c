"""The verb ``pairset demo``: corpus → mine → annotate → figures → page."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from annotator.annotate import annotate
from annotator.settings import AnnotateSettings
from clustering.mine import mine
from clustering.settings import MineSettings
from pairset.app.demo.planted_corpus import build_corpus
from pairset.app.demo.planted_figures import read_figures, say_figures
from pairset.app.demo.settings import DemoEngine, DemoSettings
from pairset.app.demo.truth import Truth, load_truth
from pairset.app.report.report import report
from pairset.app.report.settings import ReportSettings
from pairset.errors import SettingsError
from pairset.models.stand_in import STARTER, TRUTH_FILE
from pairset.store import open_set, write_atomically
from pairset.terminal.console import say, say_json


@dataclass
class Stopwatch:
    """Wall-clock seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - start, 2)


def demo(settings: DemoSettings) -> None:
    """Run the demo into ``settings.set_url``; run again, it goes on where it ended."""
    out = Path(settings.set_url).resolve()
    watch = Stopwatch()
    with watch.timing("corpus"):
        truth = corpus_in(out, settings.seed)
    say(f"corpus: {len(truth.files)} files, {len(truth.pairs)} planted pairs in {out / 'corpus'}")
    if settings.corpus_only:
        return
    engine = choose_engine(settings.engine)
    with watch.timing("mine"):
        mine(MineSettings(set_url=str(out), corpus=[str(out / "corpus")], encoder="lite0"))
    with watch.timing("annotate"):
        annotate(
            AnnotateSettings(
                set_url=str(out), model=STARTER, engine=engine, spawn=engine == "server"
            )
        )
    pair_set = open_set(str(out))
    figures = read_figures(pair_set, out / "corpus", truth)
    measured = figures.document(watch.seconds)
    document = json.dumps(measured, indent=1, ensure_ascii=False)
    write_atomically(pair_set, f"{pair_set.root}/demo.json", document.encode())
    report(ReportSettings(set_url=str(out)))
    if settings.json_output:
        say_json(measured)
    else:
        say_figures(figures, watch.seconds)
        say(f"page: {out / 'report' / 'index.html'}")


def choose_engine(wanted: DemoEngine) -> Literal["server", "vllm", "transformers"]:
    """The engine to run: as wanted, or for ``auto`` vLLM where it is installed."""
    if wanted != "auto":
        return wanted
    if find_spec("vllm") is not None:
        return "vllm"
    say("engine: vLLM is not installed here, so the starter model runs through transformers.")
    return "transformers"


def corpus_in(out: Path, seed: int) -> Truth:
    """The corpus in ``out``, built unless it is there already.

    Raises SettingsError where the folder holds another demo, or something else.
    """
    kept = out / TRUTH_FILE
    if kept.exists():
        truth = load_truth(kept)
        if truth.seed != seed:
            raise SettingsError(
                f"{out} holds the corpus of seed {truth.seed}: take another folder for seed {seed}."
            )
        return truth
    if out.exists() and any(path.name != "corpus" for path in out.iterdir()):
        raise SettingsError(f"{out} is not empty and holds no demo: take another folder.")
    truth = build_corpus(out / "corpus", seed)
    truth.save(kept)
    return truth
