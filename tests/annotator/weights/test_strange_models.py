"""Checkpoints that somebody else made: refused with a reason before anything of them is loaded."""

import json
import math
import os
import resource
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.weights.models import load_model
from pairset.errors import ModelUnavailableError
from tests.annotator.strangers import (
    Change,
    copied_model,
    holds,
    links,
    says,
    tensor,
    tensors,
    without,
)

pytest.importorskip("safetensors")

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
TEMPLATE, TOKENIZER = "chat_template.jinja", "tokenizer_config.json"
PICTURES = "preprocessor_config.json"
DEEP = "[" * 100_000 + "]" * 100_000
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{{ 1 }}{% endfor %}{% endfor %}"
MOST_SECONDS, MOST_KIB = 90, 300_000

CHECKPOINTS: dict[str, Change] = {
    "no config": without(CONFIG),
    "a config of nothing": holds(CONFIG, ""),
    "a null config": holds(CONFIG, "null"),
    "a list for a config": holds(CONFIG, "[1]"),
    "a config nested deeply": holds(CONFIG, f'{{"a": {DEEP}}}'),
    "a config of no UTF-8": holds(CONFIG, b'{"model_type": "\xff\xfe"}'),
    "a config that is a folder": lambda at: ((at / CONFIG).unlink(), (at / CONFIG).mkdir()),
    "a config that is a pipe": lambda at: ((at / CONFIG).unlink(), os.mkfifo(at / CONFIG)),
    "a config elsewhere": links(CONFIG, "/etc/hostname"),
    "weights elsewhere": links(WEIGHTS, "/etc/passwd"),
    "a link to a device": links("extra.safetensors", "/dev/zero"),
    "a folder elsewhere": links("additional_chat_templates", "/etc"),
    "a link to itself": links("vocab.json", "vocab.json"),
    "an adapter inside": says("adapter_config.json", base_model_name_or_path="/etc"),
    "weights of another model": says(CONFIG, use_pretrained_backbone=True, backbone="resnet50"),
    "a hidden size of a billion": says(CONFIG, text_config__hidden_size=10**9),
    "a million layers": says(CONFIG, text_config__num_hidden_layers=10**6),
    "a deep eye": says(CONFIG, vision_config__depth=10**5),
    "ten billion words": says(CONFIG, text_config__vocab_size=10**10),
    "a vocabulary within limits": says(CONFIG, text_config__vocab_size=5_000_000),
    "wide layers": says(CONFIG, text_config__intermediate_size=60_000_000),
    "ten billion labels": says(CONFIG, num_labels=10**10),
    "pictures of ten million": says(CONFIG, vision_config__image_size=10**7),
    "contexts without end": says(CONFIG, text_config__max_position_embeddings=10**12),
    "a number too large": holds(CONFIG, '{"text_config": {"hidden_size": 1e400}}'),
    "tokenizers elsewhere": says(TOKENIZER, vocab_file="/etc/passwd"),
    "tokenizers above": says(TOKENIZER, tokenizer_file="../../../../../../../../etc/passwd"),
    "a processor elsewhere": says("processor_config.json", audio__some_path="/etc"),
    "crops of a million": says(PICTURES, crop_size={"height": 10**6, "width": 10**6}),
    "pictures scaled up": says(PICTURES, image_processor_type="CLIP", size=10**5),
    "a least number of pixels": says(PICTURES, min_pixels=10**12),
    "no weights": without(WEIGHTS),
    "pickles alone": lambda at: (at / WEIGHTS).rename(at / "pytorch_model.bin"),
    "a checkpoint of lightning": lambda at: (at / WEIGHTS).rename(at / "last.ckpt"),
    "weights of seven bytes": holds(WEIGHTS, "weights"),
    "weights cut short": lambda at: os.truncate(at / WEIGHTS, 1_000_000),
    "a header over the file": holds(WEIGHTS, struct.pack("<Q", 2**60) + b"{}"),
    "a header of a gigabyte": holds(WEIGHTS, struct.pack("<Q", 2**30) + b"{}"),
    "a header of no JSON": tensors(WEIGHTS, b"{nothing}"),
    "a header nested deeply": tensors(WEIGHTS, DEEP.encode()),
    "shapes that lie": tensors(WEIGHTS, {"a": tensor([10**6], 0, 4)}, bytes(4)),
    "shapes below nothing": tensors(WEIGHTS, {"a": tensor([-1], 0, 4)}, bytes(4)),
    "shapes past all numbers": tensors(WEIGHTS, {"a": tensor([2**62, 2**62], 0, 4)}, bytes(4)),
    "tensors over each other": tensors(
        WEIGHTS, {"a": tensor([1], 0, 4), "b": tensor([1], 0, 4)}, bytes(4)
    ),
    "tensors behind the end": tensors(WEIGHTS, {"a": tensor([1], 96, 100)}, bytes(4)),
    "numbers of no type": tensors(WEIGHTS, {"a": tensor([1], 0, 4, "F7")}, bytes(4)),
    "a tensor named twice": tensors(
        WEIGHTS,
        b'{"a": %b, "a": %b}'
        % tuple(json.dumps(tensor([1], start, start + 4)).encode() for start in (4, 0)),
        bytes(8),
    ),
    "shapes of no number": tensors(WEIGHTS, {"a": tensor([math.nan], 0, 4)}, bytes(4)),
    "an index to above": says(INDEX, weight_map={"a": "../model.safetensors"}),
    "an index to the root": says(INDEX, weight_map={"a": "/etc/passwd"}),
    "an index of pickles": says(INDEX, weight_map={"a": "model.bin"}),
    "an index of numbers": says(INDEX, weight_map={"a": 1}),
    "an index of nothing": says(INDEX, weight_map=None),
    "an index to what is missing": says(INDEX, weight_map={"a": "other.safetensors"}),
    "a template that does not parse": holds(TEMPLATE, "{% for"),
    "a template of no UTF-8": holds(TEMPLATE, b"\xff\xfe"),
    "a template that reaches out": holds(
        TEMPLATE, "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    ),
    "a template over all numbers": holds(TEMPLATE, "{% for a in range(10**12) %}{% endfor %}"),
    "a template without end": holds(TEMPLATE, ENDLESS),
    "a template of gigabytes": holds(TEMPLATE, "{{ 'a' * 10**11 }}"),
    "a template of millions": holds(TEMPLATE, "{{ 'a' * 10**7 }}"),
    "a template that calls itself": holds(
        TEMPLATE, "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"
    ),
    "a second template": says(TOKENIZER, chat_template=[{"name": "tool_use", "template": "{% if"}]),
    "a template of no text": says(TOKENIZER, chat_template=7),
    "a tokenizer that is none": holds("tokenizer.json", '{"version": 3}'),
    "a tokenizer of null": holds("tokenizer.json", "null"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_model(tmp_path_factory.mktemp("sound") / "model")


@pytest.fixture
def bounded() -> Iterator[None]:
    """Neither hours nor gigabytes go by."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.monotonic() - start < MOST_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KIB


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("change", CHECKPOINTS.values(), ids=CHECKPOINTS.keys())
def test_a_strange_checkpoint_is_refused_in_a_sentence(tmp_path: Path, change: Change) -> None:
    folder = copied_model(tmp_path / "model")
    change(folder)
    with pytest.raises(ModelUnavailableError, match="no whole, sound checkpoint") as refused:
        load_model(str(folder))
    assert refused.value.exit_code == 3
    assert len(str(refused.value)) < 1000
    assert "\n" not in str(refused.value)


HARMLESS: dict[str, Change] = {
    "where it was made": says(CONFIG, _name_or_path="/etc"),
    "where its tokenizer was made": says(TOKENIZER, tokenizer_file="/home/nobody/tokenizer.json"),
    "code that is not run": says(CONFIG, auto_map={"AutoModel": "modeling_evil.Evil"}),
    "a pickle beside the weights": holds("pytorch_model.bin", b"cos\nsystem\n"),
    "a template for other messages": holds(TEMPLATE, "{{ raise_exception('text only') }}"),
    "a template that marks replies": holds(
        TEMPLATE, "{% generation %}{{ messages[0].role }}{% endgeneration %}"
    ),
    "a link inside": links("weights.safetensors", "model.safetensors"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_harms_nobody_is_no_reason_to_refuse(tmp_path: Path, change: Change) -> None:
    folder = copied_model(tmp_path / "model")
    change(folder)
    assert load_model(str(folder)).folder == folder


def test_a_snapshot_of_the_hub_may_link_to_its_blobs(tmp_path: Path, sound: Path) -> None:
    snapshot = tmp_path / "models--a--b" / "snapshots" / "0123"
    blobs = tmp_path / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for path in sound.iterdir():
        (blobs / path.name).write_bytes(path.read_bytes())
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    assert load_model(str(snapshot)).folder == snapshot
    (blobs / "away").symlink_to("/etc/passwd")
    (snapshot / "vocab.json").symlink_to("../../blobs/away")
    with pytest.raises(ModelUnavailableError, match=r"vocab\.json is a link that leads out"):
        load_model(str(snapshot))


@pytest.mark.parametrize(
    "model", ["./nothing", "/nothing/here", "~/nothing", "../nothing", "~no/x"]
)
def test_a_missing_folder_is_not_asked_of_a_hub(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotator.weights.models.download", lambda *_: pytest.fail("asked a hub"))
    with pytest.raises(ModelUnavailableError, match="folder"):
        load_model(model)


def test_a_file_in_place_of_a_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "model").write_text(json.dumps({}))
    with pytest.raises(ModelUnavailableError, match="There is no folder"):
        load_model(str(tmp_path / "model"))
