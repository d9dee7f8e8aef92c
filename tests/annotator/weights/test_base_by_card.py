"""An adapter whose card names its base needs no --model, and no GPU for the default one."""

from pathlib import Path

import pytest

from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.weights import models
from pairset.errors import ModelUnavailableError
from pairset.models.stand_in import STARTER


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: False)


def asked(folder: Path, adapter: str | None) -> AnnotateSettings:
    return AnnotateSettings(set_url=str(folder), adapter=adapter, engine="transformers")


def test_an_adapter_of_the_starter_runs_on_the_starter(tmp_path: Path) -> None:
    annotator = resolve_annotator(asked(tmp_path, "starter-wider"))

    assert annotator.model.name == STARTER
    assert annotator.adapter is not None
    assert annotator.adapter.name == "starter-wider"


@pytest.mark.parametrize("adapter", [None, "nobody-made-this"])
def test_without_a_card_the_default_model_is_asked_for(tmp_path: Path, adapter: str | None) -> None:
    with pytest.raises(ModelUnavailableError, match="needs a GPU"):
        resolve_annotator(asked(tmp_path, adapter))
