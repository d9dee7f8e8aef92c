import json
import struct
from pathlib import Path

import pytest

from annotator.weights.lora_adapters import (
    load_adapter,
    refuse_vision_weights,
)
from annotator.weights.lora_ranks import lora_rank_for_vllm
from pairset.errors import ModelUnavailableError, SettingsError

LANGUAGE = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
VISION = "base_model.model.model.visual.blocks.0.attn.qkv.lora_A.weight"


def write_adapter(folder: Path, *names: str, value: bytes = b"\0\0\0\0", **config: object) -> Path:
    """An adapter of one number per tensor, in the safetensors format."""
    folder.mkdir(exist_ok=True)
    tensors = {
        name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * place, 4 * place + 4]}
        for place, name in enumerate(names)
    }
    header = json.dumps({"__metadata__": {"format": "pt"}, **tensors}).encode()
    content = struct.pack("<Q", len(header)) + header + value * len(names)
    (folder / "adapter_model.safetensors").write_bytes(content)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4} | config))
    return folder


def test_an_adapter_of_the_language_model_is_served(tmp_path: Path) -> None:
    adapter = load_adapter(str(write_adapter(tmp_path / "mended", LANGUAGE)))
    assert (adapter.name, adapter.rank, adapter.adapts_vision) == ("mended", 4, False)
    refuse_vision_weights(adapter)


@pytest.mark.parametrize("engine_words", ["--engine transformers", "--server URL"])
def test_an_adapter_of_the_vision_tower_is_refused_by_vllm(
    tmp_path: Path, engine_words: str
) -> None:
    adapter = load_adapter(str(write_adapter(tmp_path / "mended", LANGUAGE, VISION)))
    with pytest.raises(SettingsError, match=engine_words):
        refuse_vision_weights(adapter)


def test_the_names_of_tensors_are_read_without_the_metadata(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "mended", LANGUAGE, VISION)
    assert sorted(load_adapter(str(folder)).tensor_names()) == [LANGUAGE, VISION]


def test_other_weights_are_another_adapter(tmp_path: Path) -> None:
    first = load_adapter(str(write_adapter(tmp_path / "a", LANGUAGE)))
    same = load_adapter(str(write_adapter(tmp_path / "b", LANGUAGE)))
    other = load_adapter(str(write_adapter(tmp_path / "c", LANGUAGE, value=b"\1\0\0\0")))
    assert first.identity == same.identity != other.identity


def test_the_largest_rank_of_all_layers_counts(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", LANGUAGE, rank_pattern={"q_proj": 24})
    assert load_adapter(str(folder)).rank == 24


@pytest.mark.parametrize(("rank", "allowed"), [(1, 1), (4, 8), (8, 8), (17, 32), (300, 320)])
def test_ranks_are_rounded_up_to_what_vllm_allows(rank: int, allowed: int) -> None:
    assert lora_rank_for_vllm(rank) == allowed


def test_a_rank_over_the_largest_is_refused() -> None:
    with pytest.raises(SettingsError, match="512"):
        lora_rank_for_vllm(513)


@pytest.mark.parametrize(
    ("config", "weights"),
    [("{}", b"\2\0\0\0\0\0\0\0{}"), ('{"r": 4}', b"hi"), ('{"r": 4}', b"\xff" * 16), ("[", b"")],
)
def test_a_damaged_adapter_is_none(tmp_path: Path, config: str, weights: bytes) -> None:
    (tmp_path / "adapter_config.json").write_text(config)
    (tmp_path / "adapter_model.safetensors").write_bytes(weights)
    with pytest.raises(ModelUnavailableError, match="no LoRA adapter"):
        load_adapter(str(tmp_path))


def test_a_folder_without_an_adapter_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"adapter_config\.json"):
        load_adapter(str(tmp_path))
