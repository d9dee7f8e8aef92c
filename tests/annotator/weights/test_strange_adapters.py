"""Adapters that somebody else made: refused with a reason before anything loads them."""

import json
import os
import time
from pathlib import Path

import pytest

from annotator.engines import EnginePlan, open_engine
from annotator.settings import AnnotateSettings
from annotator.weights.lora_adapters import load_adapter
from annotator.weights.models import load_model
from pairset.errors import ModelUnavailableError
from tests.annotator.strangers import (
    Change,
    copied_adapter,
    copied_model,
    holds,
    links,
    says,
    tensor,
    tensors,
)

pytest.importorskip("safetensors")

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
ENDLESS = {
    "a group repeated": r"(a+)+b",
    "a group repeated by number": r"(?:.*x){20}",
    "ten wild cards": ".*.*.*.*.*.*.*.*.*.*x",
    "eight wild cards side by side": ".*.*.*.*.*.*.*.*x",
    "a group named before": r"(.*)\1\1x",
}
ADAPTERS: dict[str, Change] = {
    **{f"a rank of {rank!r}": says(CONFIG, r=rank) for rank in (0, -5, 10**9, "8", 8.0, True)},
    "no rank": says(CONFIG, r=None),
    "a rank of two million in a corner": says(CONFIG, rank_pattern={"q_proj": 2_000_000}),
    "ranks by a list": says(CONFIG, rank_pattern=[8]),
    "ranks by an endless name": says(CONFIG, rank_pattern={"(a+)+b": 8}),
    "alphas by an endless name": says(CONFIG, alpha_pattern={"(a*)*b": 8}),
    "an alpha that is no number": says(CONFIG, lora_alpha=float("nan")),
    "an alpha without end": says(CONFIG, lora_alpha=float("inf")),
    "an alpha of words": says(CONFIG, lora_alpha="32"),
    "an alpha in a corner": says(CONFIG, alpha_pattern={"q_proj": float("nan")}),
    "a dropout of two": says(CONFIG, lora_dropout=2),
    "another type": says(CONFIG, peft_type="BOFT"),
    "a type nobody knows": says(CONFIG, peft_type="EVIL"),
    "a type of number": says(CONFIG, peft_type=7),
    "a base of number": says(CONFIG, base_model_name_or_path=7),
    "a module to import": says(CONFIG, megatron_config={"a": 1}, megatron_core="os"),
    "layers repeated": says(CONFIG, layer_replication=[[0, 10**9]]),
    "files to unpickle": says(CONFIG, corda_config={"cache_file": "/tmp/evil"}),
    **{f"targets by {name}": says(CONFIG, target_modules=it) for name, it in ENDLESS.items()},
    "targets of no expression": says(CONFIG, target_modules="(q_proj"),
    "targets of a megabyte": says(CONFIG, target_modules="a|" * 500_000),
    "targets by a list of numbers": says(CONFIG, target_modules=[1, 2]),
    "targets by an object": says(CONFIG, target_modules={"q_proj": 1}),
    "targets that are no names": says(CONFIG, target_modules=["(a+)+b"]),
    "excepted without end": says(CONFIG, exclude_modules="(.+)+x"),
    "saved without end": says(CONFIG, modules_to_save=["../../etc"]),
    "a null config": holds(CONFIG, "null"),
    "a config of no UTF-8": holds(CONFIG, b"\xff"),
    "a config nested deeply": holds(CONFIG, '{"r": ' + "[" * 99_999 + "]" * 99_999 + "}"),
    "a config elsewhere": links(CONFIG, "/etc/hostname"),
    "weights elsewhere": links(WEIGHTS, "/etc/passwd"),
    "weights that are a pipe": lambda at: ((at / WEIGHTS).unlink(), os.mkfifo(at / WEIGHTS)),
    "pickled weights": lambda at: (at / WEIGHTS).rename(at / "adapter_model.bin"),
    "weights cut short": lambda at: os.truncate(at / WEIGHTS, 100_000),
    "shapes that lie": tensors(WEIGHTS, {"a.lora_A.weight": tensor([10**9], 0, 4)}, bytes(4)),
    "weights of no LoRA": tensors(WEIGHTS, {"lm_head.weight": tensor([1], 0, 4)}, bytes(4)),
}
MOST_SECONDS = 90


@pytest.mark.parametrize("change", ADAPTERS.values(), ids=ADAPTERS.keys())
def test_a_strange_adapter_is_refused_in_a_sentence(tmp_path: Path, change: Change) -> None:
    folder = copied_adapter(tmp_path / "adapter")
    change(folder)
    start = time.monotonic()
    with pytest.raises(ModelUnavailableError, match="no LoRA adapter") as refused:
        load_adapter(str(folder))
    assert time.monotonic() - start < MOST_SECONDS
    assert refused.value.exit_code == 3
    assert len(str(refused.value)) < 1000
    assert "\n" not in str(refused.value)


PATTERNS = [
    r".*(language_model|text_model)\..*\.(q|k|v|o|gate|up|down)_proj",
    r"^(?!.*visual)(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:q_proj|v_proj).*?)|"
    r"(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|mlp)\.(?:(?:q_proj|v_proj)))",
    r"^(language_model(?=\.).*\.(o_proj|down_proj))$",
    "all-linear",
    ["q_proj", "model.layers.0.self_attn.v_proj"],
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_other_trainers_write_is_taken(tmp_path: Path, pattern: str | list[str]) -> None:
    folder = copied_adapter(tmp_path / "adapter")
    says(CONFIG, target_modules=pattern, base_model_name_or_path="/etc")(folder)
    assert load_adapter(str(folder)).rank == 16


@pytest.mark.parametrize("adapter", ["./nothing", "/nothing/here", "~/nothing"])
def test_a_missing_folder_is_not_asked_of_a_hub(
    adapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "annotator.weights.lora_adapters.download", lambda *_: pytest.fail("asked a hub")
    )
    with pytest.raises(ModelUnavailableError, match="There is no folder"):
        load_adapter(adapter)


def plan(model: Path | str, adapter: Path | None = None) -> EnginePlan:
    settings = AnnotateSettings(set_url="unused", engine="transformers", dtype="float32")
    chosen = load_adapter(str(adapter)) if adapter else None
    return EnginePlan(settings, load_model(str(model)), chosen)


UNLOADABLE: dict[str, Change] = {
    "heads in words": says("config.json", text_config__num_attention_heads="six"),
    "no heads": says("config.json", text_config__num_attention_heads=0),
    "a kind nobody knows": says("config.json", model_type="evil"),
    "sizes left to the architecture": holds("config.json", json.dumps({"model_type": "qwen3_vl"})),
    "sizes for other weights": says("config.json", text_config__hidden_size=384),
    "a null part": says("config.json", text_config=None),
    "a part of another type": says("config.json", vision_config=[1, 2]),
    "ropes of words": says("config.json", text_config__rope_parameters={"rope_type": "evil"}),
    "an activation nobody knows": says("config.json", text_config__hidden_act="evil"),
    "a processor of an unknown class": says("processor_config.json", processor_class="Evil"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("change", UNLOADABLE.values(), ids=UNLOADABLE.keys())
def test_what_libraries_trip_over_is_a_sentence_too(tmp_path: Path, change: Change) -> None:
    pytest.importorskip("xgrammar")
    folder = copied_model(tmp_path / "model")
    change(folder)
    with (
        pytest.raises(ModelUnavailableError, match=r"Cannot load|no whole, sound"),
        open_engine("transformers", plan(folder)),
    ):
        pytest.fail("it was loaded")


@pytest.mark.filterwarnings("ignore")
def test_an_adapter_for_another_architecture_is_a_sentence_too(tmp_path: Path) -> None:
    pytest.importorskip("xgrammar")
    folder = copied_adapter(tmp_path / "adapter")
    says(CONFIG, target_modules=["no_such_module"])(folder)
    with (
        pytest.raises(ModelUnavailableError, match="does not fit this model"),
        open_engine("transformers", plan("starter", folder)),
    ):
        pytest.fail("it was loaded")
