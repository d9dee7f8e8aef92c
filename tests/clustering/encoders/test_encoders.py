"""Every kind of encoder, with real weights or small random ones in local folders."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFilter, ImageOps

from clustering.embed import Batches, embed
from clustering.encoders import EncoderChoice, load_encoder, parse_encoder
from clustering.encoders.device import has_x86_bfloat16, is_bfloat16_faster, number_type
from clustering.encoders.pixels import transform_of
from clustering.encoders.protocol import unit_rows
from pairset.decoding import DecodedImage
from pairset.errors import ModelUnavailableError, SettingsError
from pairset.models.torch_companions import fit_torch_companions
from pairset.records.image import image_id_of
from pairset.rows.places import PlacedImage
from tests.clustering.conftest import encoded, photo

SCENES = ("chelsea", "coffee", "astronaut", "rocket", "brick")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def decoded(image: Pillow.Image) -> DecodedImage:
    return DecodedImage(image, "PNG", image.mode, image.size)


def encoded_by(choice: EncoderChoice, images: list) -> np.ndarray:
    encoder = load_encoder(choice)
    return encoder.encode([encoder.prepare(decoded(image)) for image in images])


def check(choice: EncoderChoice) -> None:
    images = [photo("chelsea"), photo("coffee"), photo("chelsea")]
    vectors = encoded_by(choice, images)
    assert vectors.shape[0] == 3
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("lite0", EncoderChoice("lite0", "")),
        ("open_clip:ViT-B-32/openai", EncoderChoice("open_clip", "ViT-B-32", "openai")),
        ("open_clip:ViT-B-32:openai", EncoderChoice("open_clip", "ViT-B-32", "openai")),
        ("open_clip:ViT-B-32//data/x.pt", EncoderChoice("open_clip", "ViT-B-32", "/data/x.pt")),
        ("dinov2:facebook/dinov2-base", EncoderChoice("dinov2", "facebook/dinov2-base")),
    ],
)
def test_names_are_read(name, choice):
    assert parse_encoder(name) == choice


@pytest.mark.parametrize("name", ["", "clip", "open_clip:", "open_clip:ViT-B-32", "lite0:x"])
def test_a_name_that_is_none_is_an_error(name):
    with pytest.raises(SettingsError):
        parse_encoder(name)


def test_the_offline_encoder_holds_on_to_edits_and_lets_go_of_others():
    cat = photo("chelsea")
    edits = [cat.filter(ImageFilter.GaussianBlur(5)), ImageOps.grayscale(cat).convert("RGB")]
    vectors = encoded_by(parse_encoder("lite0"), [cat, *edits, photo("coffee")])
    assert (vectors[1:3] @ vectors[0]).min() > 0.6
    assert vectors[3] @ vectors[0] < 0.5


@pytest.fixture
def small_clip(tmp_path: Path) -> str:
    """An open_clip model with weights of its own in a local checkpoint: MODEL/CHECKPOINT."""
    fit_torch_companions()
    import open_clip
    import torch

    tower = {"layers": 1, "width": 32, "heads": 2, "context_length": 8, "vocab_size": 64}
    vision = {"image_size": 64, "layers": 4, "width": 64, "head_width": 16, "patch_size": 8}
    config = {"embed_dim": 64, "vision_cfg": vision, "text_cfg": tower}
    (tmp_path / "small-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    torch.manual_seed(0)
    torch.save(open_clip.create_model("small-clip").state_dict(), tmp_path / "small.pt")
    return f"small-clip/{tmp_path / 'small.pt'}"


def test_an_open_clip_model_loads_from_a_local_checkpoint(small_clip):
    check(parse_encoder(f"open_clip:{small_clip}"))


def open_clip_of(small_clip: str) -> tuple[Any, Any]:
    """open_clip's own model and transform."""
    import open_clip

    model, transform = open_clip.create_model_from_pretrained(*small_clip.split("/", 1))
    return model.eval(), transform


def by_open_clip(small_clip: str, photos: list) -> np.ndarray:
    """Vectors of open_clip's own transform and model, in float32."""
    import torch

    model, transform = open_clip_of(small_clip)
    with torch.inference_mode():
        batch = torch.stack([transform(each) for each in photos])
        return model.encode_image(batch, normalize=True).numpy()


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_from_jpeg_to_vector_we_agree_with_open_clip_in_float32(small_clip, tmp_path, dtype):
    """Vectors of random weights crowd together: their mean is taken off before they are compared.

    In float32 what is left is what reduced decoding loses.
    """
    photos = [photo(name, side) for name in SCENES for side in (200, 512, 700)]
    for number, each in enumerate(photos):
        (tmp_path / f"{number}.jpg").write_bytes(encoded(each, quality=90))
    opened = [Pillow.open(tmp_path / f"{number}.jpg") for number in range(len(photos))]
    theirs = by_open_clip(small_clip, opened)
    encoder = load_encoder(parse_encoder(f"open_clip:{small_clip}", dtype))
    places = [str(tmp_path / f"{number}.jpg") for number in range(len(photos))]
    images = [PlacedImage(None, (place,)) for place in places]
    rows = [row for batch in Batches(encoder, images, 4) for row in embed(encoder, batch)]
    ours = np.array([row.vector for row in rows], dtype=np.float32)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    centred = [unit_rows(vectors - theirs.mean(axis=0)) for vectors in (ours, theirs)]
    assert (centred[0] * centred[1]).sum(axis=1).min() > 0.995


def test_a_tower_that_ends_with_its_class_token_gives_the_same_vector(small_clip):
    from clustering.encoders.towers import ClassTokenBlock

    photos = [photo(name, 64) for name in SCENES]
    choice = parse_encoder(f"open_clip:{small_clip}", "fp32")
    tower = load_encoder(choice)._model.visual
    assert isinstance(tower.transformer.resblocks[-1], ClassTokenBlock)
    ours = encoded_by(choice, photos)
    assert np.abs(ours - by_open_clip(small_clip, photos)).max() < 1e-5


def test_in_bfloat16_patches_and_perceptrons_are_computed_otherwise_to_the_same_vector(small_clip):
    import torch

    from clustering.encoders.towers import BlockedMlp, Patches

    photos = [photo(name, 64) for name in SCENES]
    encoder = load_encoder(parse_encoder(f"open_clip:{small_clip}", "bf16"))
    tower = encoder._model.visual
    assert isinstance(tower.conv1, Patches)
    assert isinstance(tower.transformer.resblocks[0].mlp, BlockedMlp) == has_x86_bfloat16()
    ours = encoder.encode([encoder.prepare(decoded(each)) for each in photos])
    plain, transform = open_clip_of(small_clip)
    plain.visual.to(torch.bfloat16)
    with torch.inference_mode():
        batch = torch.stack([transform(each) for each in photos]).bfloat16()
        theirs = unit_rows(plain.encode_image(batch).float().numpy())
    assert (ours * theirs).sum(axis=1).min() > 0.9995


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("resize_mode", ["shortest", "squash"])
@pytest.mark.parametrize("size", [(512, 341), (301, 640), (224, 224), (100, 90), (90, 1000)])
def test_pixels_are_open_clips_within_two_levels(size, resize_mode, interpolation):
    import torch

    fit_torch_companions()
    from open_clip.transform import PreprocessCfg, image_transform_v2

    told = PreprocessCfg(resize_mode=resize_mode, interpolation=interpolation)
    image = photo("chelsea").resize(size)
    transform = transform_of(asdict(told))
    assert transform is not None
    ours = transform.normalised(transform.pixels(np.array(image))[None])[0]
    theirs = image_transform_v2(told, is_train=False)(image)
    apart = (ours - theirs).abs() * torch.tensor(told.std)[:, None, None] * 255
    assert apart.max() < 2.001
    assert apart.mean() < 0.25


@pytest.mark.parametrize("told", [{"resize_mode": "longest"}, {"size": (224, 336)}])
def test_other_transforms_are_left_to_open_clip(told):
    fit_torch_companions()
    from open_clip.transform import PreprocessCfg

    assert transform_of(asdict(PreprocessCfg(**told))) is None


@pytest.mark.parametrize("name", ["lite0", "open_clip"])
def test_vectors_do_not_depend_on_the_size_of_batches(small_clip, tmp_path, name):
    for scene in SCENES:
        (tmp_path / f"{scene}.jpg").write_bytes(encoded(photo(scene)))
    images = [PlacedImage(None, (str(tmp_path / f"{scene}.jpg"),)) for scene in SCENES]
    encoder = load_encoder(parse_encoder(name if name == "lite0" else f"open_clip:{small_clip}"))
    by_size = [
        np.array(
            [
                row.vector
                for batch in Batches(encoder, images, size)
                for row in embed(encoder, batch)
            ],
            dtype=np.float32,
        )
        for size in (1, 2, 5)
    ]
    for vectors in by_size[1:]:
        assert (vectors * by_size[0]).sum(axis=1).min() > 0.9995


def test_an_image_that_went_away_is_a_row_with_its_reason_in_its_place(tmp_path):
    (tmp_path / "cat.jpg").write_bytes(encoded(photo("chelsea")))
    encoder = load_encoder(parse_encoder("lite0"))
    cat = image_id_of((tmp_path / "cat.jpg").read_bytes())
    named = (("gone", "gone"), (cat, "cat"), ("another picture", "cat"))
    images = [PlacedImage(image_id, (str(tmp_path / f"{n}.jpg"),)) for image_id, n in named]
    rows = [row for batch in Batches(encoder, images, 2) for row in embed(encoder, batch)]
    assert [row.image_id for row in rows] == ["gone", cat, "another picture"]
    assert [row.error_code for row in rows] == ["missing", None, "changed"]


def test_auto_takes_bfloat16_only_where_it_is_the_faster():
    import torch

    cpu = torch.device("cpu")
    expected = torch.bfloat16 if is_bfloat16_faster(cpu) else torch.float32
    assert number_type("auto", cpu) == expected
    assert number_type("bf16", cpu) == torch.bfloat16
    assert number_type("fp32", cpu) == torch.float32


def test_a_dtype_that_was_asked_for_has_a_folder_of_its_own():
    keys = {parse_encoder("open_clip:a/b", each).key() for each in ("auto", "bf16", "fp32")}
    assert len(keys) == 3


def save_processor(folder: Path) -> None:
    from transformers import CLIPImageProcessor

    size = {"shortest_edge": 32}
    CLIPImageProcessor(size=size, crop_size={"height": 32, "width": 32}).save_pretrained(folder)


SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "vocab_size": 64,
}
VISION = SMALL | {"image_size": 32, "patch_size": 16}
del VISION["vocab_size"]


def test_dinov2_loads_from_a_local_folder(tmp_path: Path):
    fit_torch_companions()
    from transformers import Dinov2Config, Dinov2Model

    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    Dinov2Model(Dinov2Config(image_size=32, patch_size=16, **sizes)).save_pretrained(tmp_path)
    save_processor(tmp_path)
    check(parse_encoder(f"dinov2:{tmp_path}"))


def test_altclip_loads_from_a_local_folder(tmp_path: Path):
    fit_torch_companions()
    from transformers import AltCLIPConfig, AltCLIPModel

    config = AltCLIPConfig(
        text_config=SMALL | {"project_dim": 16}, vision_config=VISION, projection_dim=16
    )
    AltCLIPModel(config).save_pretrained(tmp_path)
    save_processor(tmp_path)
    check(parse_encoder(f"altclip:{tmp_path}"))


def test_chinese_clip_loads_from_a_local_folder(tmp_path: Path):
    fit_torch_companions()
    from transformers import ChineseCLIPConfig, ChineseCLIPModel

    config = ChineseCLIPConfig(text_config=SMALL, vision_config=VISION, projection_dim=16)
    ChineseCLIPModel(config).save_pretrained(tmp_path)
    save_processor(tmp_path)
    check(parse_encoder(f"chinese_clip:{tmp_path}"))


@pytest.mark.parametrize("kind", ["dinov2", "altclip", "chinese_clip"])
def test_a_folder_of_another_kind_of_model_is_no_untrained_encoder(tmp_path: Path, kind: str):
    fit_torch_companions()
    from transformers import ViTConfig, ViTModel

    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ViTModel(ViTConfig(image_size=32, patch_size=16, **sizes)).save_pretrained(tmp_path)
    save_processor(tmp_path)
    with pytest.raises(ModelUnavailableError, match="--encoder lite0"):
        load_encoder(parse_encoder(f"{kind}:{tmp_path}"))


def test_other_weights_have_another_key(tmp_path: Path):
    checkpoint = tmp_path / "a.pt"
    keys = set()
    for content in (b"one", b"two"):
        checkpoint.write_bytes(content)
        keys.add(parse_encoder(f"open_clip:ViT-B-32/{checkpoint}").key())
    assert len(keys) == 2


def test_a_missing_checkpoint_is_no_other_encoder(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailableError, match="--encoder lite0"):
        load_encoder(parse_encoder("open_clip:ViT-B-32/no-such-tag"))
