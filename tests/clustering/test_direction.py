"""Whether images change as their captions do, by a small CLIP of the real architecture."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clustering.corpus.scan import image_row
from clustering.direction import direction
from clustering.embed import Batches, embed
from clustering.encoders import parse_encoder
from clustering.encoders.choice import load_text_encoder
from clustering.encoders.protocol import unit_rows
from clustering.settings import DirectionSettings
from pairset.app.cli import main
from pairset.errors import MissingStageError, SettingsError
from pairset.models.torch_companions import fit_torch_companions
from pairset.outcome import NothingAnsweredError
from pairset.records import Annotation, Embedding, Image, Pair, rows_of, table_of
from pairset.records.pair import PairStatus, pair_id_of
from pairset.rows.places import PlacedImage
from pairset.rows.tables import connect_tables, stream_rows
from pairset.sources import Found
from pairset.store import PairSet, create_set
from review.calibration.reading import read_known
from tests.clustering.conftest import encoded, photo

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
SCENES = ("chelsea", "coffee", "astronaut")
CAPTIONS = {
    "chelsea": ("a cat looks up", "a dark picture of a cat"),
    "coffee": ("a cup of coffee", "a cup"),
    "astronaut": ("a woman in a suit", "a woman"),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """MODEL/CHECKPOINT of an open_clip model with random weights."""
    fit_torch_companions()
    import open_clip

    folder = tmp_path_factory.mktemp("clip")
    vision = {"image_size": 64, "layers": 2, "width": 64, "head_width": 16, "patch_size": 8}
    text = {"layers": 1, "width": 32, "heads": 2, "context_length": 16, "vocab_size": 49408}
    config = {"embed_dim": 64, "vision_cfg": vision, "text_cfg": text}
    (folder / "told-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    torch.manual_seed(0)
    torch.save(open_clip.create_model("told-clip").state_dict(), folder / "told.pt")
    return f"told-clip/{folder / 'told.pt'}"


@pytest.fixture
def annotated(tmp_path: Path) -> PairSet:
    """Three scenes, each beside a darker copy, with captions."""
    pair_set = create_set(str(tmp_path / "set"))
    images, pairs = [], []
    for scene in SCENES:
        whole = photo(scene, 160)
        ends = [
            _written(tmp_path / f"{scene}-{number}.png", encoded(each, "png"))
            for number, each in enumerate((whole, whole.point(lambda value: value // 2)))
        ]
        images += ends
        pairs.append(_pair(*ends, scene))
    pair_set.stage("images").write("00000", table_of(Image, images))
    pair_set.stage("pairs", "drawn").write("00000", table_of(Pair, pairs))
    pair_set.publish("pairs", "drawn")
    annotate(pair_set, [_annotation(pair) for pair in pairs])
    return pair_set


def annotate(pair_set: PairSet, rows: list[Annotation], key: str = "model-run") -> None:
    pair_set.stage("annotations", key).write("00000", table_of(Annotation, rows))
    pair_set.publish("annotations", key)


def _written(path: Path, content: bytes) -> Image:
    path.write_bytes(content)
    return image_row(Found(str(path), content))


def _pair(source: Image, target: Image, scene: str) -> Pair:
    ids = source.image_id, target.image_id
    return Pair(
        pair_id=pair_id_of(*ids),
        reverse_pair_id=pair_id_of(*reversed(ids)),
        source_id=source.image_id,
        target_id=target.image_id,
        source_uri=source.uri,
        target_uri=target.uri,
        cluster=scene,
        status=PairStatus.KEPT,
    )


def _annotation(pair: Pair) -> Annotation:
    source, target = CAPTIONS[str(pair.cluster)]
    return Annotation(
        annotation_id=f"annotation of {pair.cluster}",
        pair_id=pair.pair_id,
        model="some/model",
        adapter=None,
        prompt_id="full",
        engine="vllm",
        attempt=1,
        instruction_en="Darken the image.",
        edit_type="lighting",
        is_changed=True,
        source_caption=source,
        target_caption=target,
        confidence=0.9,
    )


def run(pair_set: PairSet, clip: str, **changes: Any) -> list[dict[str, Any]]:
    """The rows that are there afterwards, by scene."""
    direction(
        DirectionSettings(
            set_url=pair_set.url, encoder=f"open_clip:{clip}", dtype="fp32", **changes
        )
    )
    with connect_tables(pair_set) as tables:
        return list(stream_rows(tables, "FROM probes ORDER BY annotation_id, attempt"))


def by_the_library(clip: str, scene: str) -> float:
    """The same by open_clip's own functions."""
    import open_clip

    model, transform = open_clip.create_model_from_pretrained(*clip.split("/", 1))
    whole = photo(scene, 160)
    shown = torch.stack([transform(each) for each in (whole, whole.point(lambda v: v // 2))])
    told = open_clip.get_tokenizer("told-clip")(list(CAPTIONS[scene]))
    with torch.inference_mode():
        images = model.eval().encode_image(shown, normalize=True).numpy()
        texts = model.encode_text(told, normalize=True).numpy()
    seen, said = (unit_rows(each[1:] - each[:1]) for each in (images, texts))
    return float((seen * said).sum())


def test_the_number_is_that_of_the_library(annotated: PairSet, clip: str) -> None:
    rows = run(annotated, clip)

    assert [row["kind"] for row in rows] == ["direction"] * 3
    for row, scene in zip(rows, sorted(SCENES), strict=True):
        assert row["annotation_id"] == f"annotation of {scene}"
        assert row["direction"] == pytest.approx(by_the_library(clip, scene), abs=2e-3)
        assert row["error_code"] is None
    assert len({round(row["direction"], 3) for row in rows}) == 3


def test_the_size_of_batches_and_shards_changes_nothing(annotated: PairSet, clip: str) -> None:
    told = [row["direction"] for row in run(annotated, clip)]
    stage = next(iter(annotated.runs("probes")))
    for shard in stage.shards():
        annotated.filesystem.rm(stage.shard_path(shard))
    again = run(annotated, clip, batch_size=1, annotations_per_shard=2)

    assert [row["direction"] for row in again] == pytest.approx(told, abs=1e-4)


def test_vectors_of_the_set_are_taken_where_they_are(annotated: PairSet, clip: str) -> None:
    choice = parse_encoder(f"open_clip:{clip}", "fp32")
    encoder = load_text_encoder(choice)
    with connect_tables(annotated) as tables:
        names = [row["image_id"] for row in stream_rows(tables, "FROM images")]
        paths = dict(tables.execute("SELECT image_id, uri FROM images").fetchall())
    # Of another scene each: who encodes the files would find other numbers.
    others = [PlacedImage(None, (paths[names[(place + 2) % 6]],)) for place, _ in enumerate(names)]
    found_rows = (row for batch in Batches(encoder, others, 8) for row in embed(encoder, batch))
    rows = [replace(row, image_id=name) for row, name in zip(found_rows, names, strict=True)]
    annotated.stage("embeddings", choice.key()).write("00000", table_of(Embedding, rows))
    found = {row["annotation_id"]: row["direction"] for row in run(annotated, clip)}

    differences = [abs(found[f"annotation of {s}"] - by_the_library(clip, s)) for s in SCENES]
    assert max(differences) > 0.01


def test_the_same_command_adds_what_is_missing(annotated: PairSet, clip: str) -> None:
    before = run(annotated, clip)
    assert run(annotated, clip) == before
    stage = annotated.current("annotations")
    assert stage is not None
    first = replace(_annotation(_kept_pair(annotated)), annotation_id="annotation of one more")
    stage.write("00001", table_of(Annotation, [first]))
    after = run(annotated, clip)

    assert len(after) == 4
    assert [row for row in after if row["annotation_id"] != first.annotation_id] == before


def _kept_pair(pair_set: PairSet) -> Pair:
    with connect_tables(pair_set) as tables:
        row = next(iter(stream_rows(tables, "FROM pairs WHERE cluster = 'coffee'")))
    return Pair(**row)


def test_what_cannot_be_compared_is_a_row_with_its_reason(annotated: PairSet, clip: str) -> None:
    pair = _kept_pair(annotated)
    told = _annotation(pair)
    rows = [
        replace(told, annotation_id="a silent one", source_caption=None),
        replace(told, annotation_id="b twice the same", target_caption=told.source_caption),
        replace(told, annotation_id="c as it should be"),
    ]
    annotate(annotated, rows, key="another-run")
    found = run(annotated, clip)
    assert [row["error_code"] for row in found] == ["no_caption", "no_direction", None]
    Path(pair.target_uri).unlink()
    annotate(annotated, rows[2:], key="a-third-run")
    with pytest.raises(NothingAnsweredError, match="image_missing"):
        run(annotated, clip)
    gone = [row for row in run(annotated, clip) if row["error_code"] == "image_missing"]
    assert len(gone) == 1
    assert str(pair.target_id) in gone[0]["error"]
    Path(pair.target_uri).write_bytes(encoded(photo("coffee", 160), "png"))
    with pytest.raises(NothingAnsweredError, match="image_changed"):
        run(annotated, clip, retry_failed=True)


@pytest.mark.parametrize("how", ["no captions", "no pictures"])
def test_where_nothing_can_be_compared_it_ends_with_an_error(
    annotated: PairSet, clip: str, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (pairs,) = annotated.stage("pairs", "drawn").tables()
    kept = list(rows_of(Pair, pairs))
    if how == "no captions":
        annotate(annotated, [replace(_annotation(pair), source_caption=None) for pair in kept])
    for pair in kept if how == "no pictures" else ():
        Path(pair.source_uri).unlink()
    words = ["direction", annotated.url, "--encoder", f"open_clip:{clip}"]
    code = "no_caption" if how == "no captions" else "image_missing"

    assert main(words) == 1
    assert f"None of the 3 annotations was compared: 3 {code}" in capsys.readouterr().err
    assert main(words) == 0
    assert f"0 compared, 3 without an answer. Reasons: 3 {code}" in capsys.readouterr().out


def test_calibration_reads_it(annotated: PairSet, clip: str) -> None:
    rows = run(annotated, clip)
    known = read_known(annotated)

    assert {each.annotation_id: each.direction for each in known.evidence} == {
        row["annotation_id"]: row["direction"] for row in rows
    }


@pytest.mark.parametrize("name", ["lite0", "dinov2:some/model", "chinese_clip:some/model"])
def test_an_encoder_that_reads_no_english_is_refused(annotated: PairSet, name: str) -> None:
    with pytest.raises(SettingsError, match="open_clip"):
        direction(DirectionSettings(set_url=annotated.url, encoder=name))


def test_without_annotations_the_message_says_what_makes_some(tmp_path: Path) -> None:
    pair_set = create_set(str(tmp_path / "empty"))
    pair_set.save_run("mine", {})

    with pytest.raises(MissingStageError, match="pairset annotate"):
        direction(DirectionSettings(set_url=pair_set.url))


def test_altclip_reads_texts_by_its_own_tokenizer(tmp_path: Path) -> None:
    fit_torch_companions()
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import AltCLIPConfig, AltCLIPModel, PreTrainedTokenizerFast

    from tests.clustering.encoders.test_encoders import SMALL, VISION, save_processor

    text = SMALL | {"project_dim": 16}
    config = AltCLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    model = AltCLIPModel(config).eval()
    model.save_pretrained(tmp_path)
    save_processor(tmp_path)
    words = {"<pad>": 1, "<unk>": 3, "a": 4, "cat": 5, "cup": 6, "<s>": 0, "</s>": 2}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", model_max_length=32
    )
    wrapped.save_pretrained(tmp_path)
    encoder = load_text_encoder(parse_encoder(f"altclip:{tmp_path}", "fp32"))
    ours = encoder.encode_texts(["a cat", "a cup"])
    with torch.inference_mode():
        theirs = model.get_text_features(**wrapped(["a cat", "a cup"], return_tensors="pt"))
    theirs = theirs if isinstance(theirs, torch.Tensor) else theirs.pooler_output

    assert np.allclose(ours, unit_rows(theirs.numpy()), atol=1e-5)
    assert not np.allclose(ours[0], ours[1])
