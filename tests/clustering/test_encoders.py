"""Every kind of encoder, with real weights or small random ones in local folders."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFilter, ImageOps

from clustering.encoders import EncoderChoice, load_encoder, parse_encoder
from pairset.errors import ModelUnavailableError, SettingsError
from pairset.torch_companions import fit_torch_companions
from tests.clustering.conftest import photo

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def check(choice: EncoderChoice) -> None:
    images = [photo("chelsea"), photo("coffee"), photo("chelsea")]
    vectors = load_encoder(choice).encode(images)
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
    vectors = load_encoder(parse_encoder("lite0")).encode([cat, *edits, photo("coffee")])
    assert (vectors[1:3] @ vectors[0]).min() > 0.6
    assert vectors[3] @ vectors[0] < 0.5


def test_an_open_clip_model_loads_from_a_local_checkpoint(tmp_path: Path):
    fit_torch_companions()
    import open_clip
    import torch

    tower = {"layers": 1, "width": 32, "heads": 2, "context_length": 8, "vocab_size": 64}
    vision = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16}
    config = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": tower}
    (tmp_path / "tiny-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    torch.save(open_clip.create_model("tiny-clip").state_dict(), tmp_path / "tiny.pt")
    check(parse_encoder(f"open_clip:tiny-clip/{tmp_path / 'tiny.pt'}"))


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
