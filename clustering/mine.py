"""The verb ``mine``: scan → embed → cells → candidates → pairs, each stage in shards."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from clustering import candidates, cells, embed, pairs
from clustering.corpus import scan
from clustering.corpus.doubts import Doubt, find_doubts, save_doubts
from clustering.corpus.listing import Survey, find_sources
from clustering.corpus.scan_plan import plan_images, with_options
from clustering.corpus.unread import unread_files
from clustering.earlier_runs.known_pairs import places_of_known
from clustering.earlier_runs.known_vectors import shards_of_known
from clustering.encoders import EncoderChoice, load_encoder, parse_encoder
from clustering.gates.rules import gates_of
from clustering.keys import run_key
from clustering.neighbors import choose
from clustering.settings import MineSettings
from pairset.decoding import ImageErrorCode
from pairset.errors import EmptyCorpusError
from pairset.formats.image_formats import EXTRA
from pairset.locking.locks import writing
from pairset.records.ids import content_id
from pairset.records.pair import PairStatus
from pairset.rows.planned import PlannedShards, planned_shards, standing_images
from pairset.running.executors import Executor, fitting_workers, local_executor, run_shards
from pairset.running.ray_cluster import RayCluster
from pairset.running.shards import Counts, RunShard, ShardSpec, inputs_json, unfinished
from pairset.sources.registry import kind_named
from pairset.stage_marks import settings_for
from pairset.store import PairSet, Stage, create_set
from pairset.terminal.console import say


def mine(settings: MineSettings) -> None:
    """Fill a set with images, embeddings, clusters and pairs; run again, it goes on.

    Raises EmptyCorpusError before any work, or once it is found to be nothing but empty containers;
    SettingsError for an encoder that is none, ModelUnavailableError or MissingExtraError before any
    image is read.
    """
    encoder = parse_encoder(settings.encoder, settings.dtype)
    survey = find_sources(settings.corpus, besides=settings.set_url)
    _say_survey(survey, settings)
    if settings.executor == "local":
        workers = fitting_workers(settings.workers)
        settings = settings.model_copy(update={"workers": workers})
    pair_set = create_set(settings.set_url)
    with writing(pair_set, settings.verb):
        pair_set.save_run(settings.verb, settings.model_dump(mode="json"))
        failed = partial(unread_files, pair_set, encoder.key())
        sources = with_options(survey.sources, scan.read_options(settings))
        shards = plan_images(pair_set, sources, settings.images_per_shard, failed)
        Mining(pair_set, settings, encoder, tuple(shards), survey).run()


def _say_survey(survey: Survey, settings: MineSettings) -> None:
    """What of the corpus is not read, and why."""
    if strange := survey.passed_over - sum(survey.wanting.values()):
        say(f"{strange} files passed over: no images by their name")
    for suffix, count in sorted(survey.wanting.items()):
        say(f"{count} {suffix} files passed over: pip install 'pairset[{EXTRA}]' reads them")
    for folder in survey.sets:
        say(f"{folder} passed over: it is a set")
    by_kind: dict[str, list[str]] = defaultdict(list)
    for source in survey.sources:
        by_kind[source.kind].append(source.uri)
    for kind, uris in by_kind.items():
        for line in kind_named(kind).notices(uris, scan.read_options(settings)):
            say(line)


@dataclass(frozen=True)
class Mining:
    """The stages of one run, each in a folder named after all it is made from."""

    pair_set: PairSet
    settings: MineSettings
    encoder: EncoderChoice
    planned: tuple[str, ...]
    """Every planned shard of images."""
    survey: Survey
    """What the corpus holds now."""

    def run(self) -> None:
        """Bring every stage up to date, then let readers follow."""
        if unfinished([self._embedding_spec(name) for name in self.shards]):
            load_encoder(self.encoder)  # a missing model is told before hours of scanning
        scanning = [self._spec("images", None, name) for name in self.planned]
        if passed_over := self._map(scan.run_shard, scanning).passed_over:
            say(f"{passed_over} members of containers passed over: no images by their name")
        files = any(kind_named(source.kind).is_single for source in self.survey.sources)
        if not files and self._counted_images().keys() <= {ImageErrorCode.EMPTY}:
            raise EmptyCorpusError(f"No images in {', '.join(self.settings.corpus)}: all is empty.")
        self._map(embed.run_shard, self._embedding_specs(), self.settings.gpus_per_shard)
        self._map(cells.run_shard, list(self._cell_specs()))
        specs = list(self._candidate_specs())
        if unfinished(specs):
            self._say_how_neighbors_are_found()
        self._map(candidates.run_shard, specs)
        self._map(pairs.run_shard, list(self._pair_specs()))
        self.pair_set.publish("clusters", self.candidate_key)
        self.pair_set.publish("pairs", self.pair_key)
        self._summarize()

    @cached_property
    def _planned_shards(self) -> PlannedShards:
        return planned_shards(self.pair_set.stage("images"), only_finished=False)

    @cached_property
    def shards(self) -> tuple[str, ...]:
        """The planned shards of images that hold rows which stand."""
        gone = self._planned_shards.replaced_wholly
        return tuple(name for name in self.planned if name not in gone)

    @cached_property
    def _doubts(self) -> dict[str, Doubt]:
        """Once all images are scanned: which places are gone or showed another picture."""
        sources, places = self.survey.sources, self.settings.corpus
        return find_doubts(self.pair_set, self._planned_shards, sources, places)

    @cached_property
    def embedding_key(self) -> str:
        return self.encoder.key()

    @cached_property
    def cell_key(self) -> str:
        doubts = [f"{uri} {doubt}" for uri, doubt in sorted(self._doubts.items())]
        doubted = [content_id("doubts", *doubts)] if doubts else []
        return self._key("cells", (self.embedding_key, *self.shards, *doubted))

    @cached_property
    def candidate_key(self) -> str:
        return self._key("candidates", (self.cell_key,))

    @cached_property
    def pair_key(self) -> str:
        return f"{self._measure_key}-{self._key('pairs', (self.candidate_key,))}"

    @cached_property
    def _measure_key(self) -> str:
        """Runs whose keys begin with it have measured pairs in the same way."""
        return self._key("measures", ())

    def _key(self, stage: str, upstream: Sequence[str]) -> str:
        return run_key(stage, (*upstream, *gates_of(stage)), settings_for(self.settings, stage))

    def _spec(self, stage: str, key: str | None, shard: str, inputs: str = "{}") -> ShardSpec:
        settings = self.settings.model_dump_json()
        return ShardSpec(self.pair_set.url, stage, key, shard, settings, inputs)

    def _map(
        self, run_shard: RunShard, specs: Sequence[ShardSpec], gpus_per_shard: float = 0
    ) -> Counts:
        return run_shards(self._executor(gpus_per_shard), run_shard, specs)

    def _executor(self, gpus_per_shard: float) -> Executor:
        if self.settings.executor == "ray":
            return RayCluster(self.settings.address, tuple(self.settings.corpus), gpus_per_shard)
        return local_executor(self.settings.workers)

    def _embedding_spec(self, shard: str, earlier: Sequence[str] = ()) -> ShardSpec:
        inputs = inputs_json(embed.EmbedInputs(tuple(earlier)))
        return self._spec("embeddings", self.embedding_key, shard, inputs)

    def _embedding_specs(self) -> list[ShardSpec]:
        """With the shards that have vectors of the same images already."""
        embeddings = self.pair_set.stage("embeddings", self.embedding_key)
        new = [spec.shard for spec in unfinished(list(map(self._embedding_spec, self.shards)))]
        known = shards_of_known(self.pair_set, embeddings, self._planned_shards, new)
        return [self._embedding_spec(name, known.get(name, ())) for name in self.shards]

    def _cell_specs(self) -> Iterator[ShardSpec]:
        embeddings = self.pair_set.stage("embeddings", self.embedding_key)
        cells.save_centroids(self._cells, embeddings, self.shards, self.settings)
        save_doubts(self._cells, self._doubts)
        inputs = inputs_json(cells.CellInputs(self.embedding_key))
        for name in self.shards:
            yield self._spec("cells", self.cell_key, name, inputs)

    @property
    def _cells(self) -> Stage:
        return self.pair_set.stage("cells", self.cell_key)

    def _candidate_specs(self) -> Iterator[ShardSpec]:
        count = cells.saved_cells(self._cells)
        threads = max(1, self.settings.workers // count)
        for cell in range(count):
            inputs = inputs_json(candidates.CandidateInputs(cell, self.cell_key, threads))
            yield self._spec("candidates", self.candidate_key, candidates.cell_shard(cell), inputs)

    def _say_how_neighbors_are_found(self) -> None:
        images, dimensions = cells.largest_cell(self._cells)
        if images:
            search = candidates.search_of(self.settings, threads=1)
            how = choose(images, dimensions, search)[1]
            say(f"neighbours in the largest cell, {images} images: {how}")

    def _pair_specs(self) -> Iterator[ShardSpec]:
        stage = self.pair_set.stage("candidates", self.candidate_key)
        inputs: dict[str, pairs.PairInputs] = {}
        pair_ids: dict[str, list[str]] = {}
        for shard in stage.shards():
            table = stage.read(shard, ["pair_id", "cluster"])
            clusters = table["cluster"].to_pylist()
            for first, rows in pairs.slices(clusters, self.settings.candidates_per_shard):
                name = f"{shard}-{first:07d}"
                inputs[name] = pairs.PairInputs(shard, self.candidate_key, first, rows)
                pair_ids[name] = table["pair_id"].slice(first, rows).to_pylist()
        known = places_of_known(self.pair_set, self._measure_key, pair_ids)
        for name, read in inputs.items():
            made_from = inputs_json(replace(read, known_in=tuple(known.get(name, ()))))
            yield self._spec("pairs", self.pair_key, name, made_from)

    def _summarize(self) -> None:
        images = self._counted_images()
        found = _counted(self.pair_set.stage("pairs", self.pair_key), "status")
        failed = sum(count for code, count in images.items() if code)
        kept = found.pop(PairStatus.KEPT, 0)
        say(
            f"{images.total()} images ({failed} unusable) → {kept + found.total()} candidates → "
            f"{kept} pairs kept"
        )
        if found:
            reasons = ", ".join(f"{count} {reason}" for reason, count in found.most_common())
            say(f"rejected: {reasons}")

    def _counted_images(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for shard in self.shards:
            rows = standing_images(self.pair_set, shard, ["uri", "error_code"])
            counts.update(rows["error_code"].to_pylist())
        return counts


def _counted(stage: Stage, column: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for table in stage.tables([column]):
        counts.update(table[column].to_pylist())
    return counts
