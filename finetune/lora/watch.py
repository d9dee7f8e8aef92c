"""What a person sees of a run, and what is kept of it: the bar, the curve, sealed checkpoints."""

from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import TrainerCallback, TrainerState, TrainingArguments

from finetune.curve_file import CURVE, append_point
from finetune.lora.sealed_checkpoints import seal
from pairset.running.progress import Bar, open_bar


class Watch(TrainerCallback):
    """Draws the bar, keeps the curve, seals checkpoints."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bar: Bar

    def on_train_begin(
        self, args: object, state: TrainerState, control: object, **_: object
    ) -> None:
        self._bar = open_bar("train", total=state.max_steps, unit="step")
        self._bar.update(state.global_step)

    def on_step_end(self, args: object, state: TrainerState, control: object, **_: object) -> None:
        self._bar.update(1)

    def on_log(self, args: object, state: TrainerState, control: object, **kwargs: Any) -> None:
        logs: dict[str, float] = kwargs["logs"]
        if "loss" not in logs or not state.is_world_process_zero:
            return
        self._bar.set_postfix(loss=f"{logs['loss']:.3f}", refresh=False)
        names = ("loss", "learning_rate", "grad_norm", "epoch")
        point = {"step": state.global_step, **{name: logs.get(name) for name in names}}
        append_point(self._folder / CURVE, point)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: object, **_: object
    ) -> None:
        PartialState().wait_for_everyone()  # each process writes its random state into it
        if state.is_world_process_zero:
            seal(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}")

    def on_train_end(self, args: object, state: TrainerState, control: object, **_: object) -> None:
        self._bar.close()
