"""What a run leaves: weights, and the card that goes with them."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import safetensors.torch
import torch

from models.dataset.manifest import About
from models.predict.classifier import EMOTIONS, GENDERS
from models.preprocess import FACE_SIZE_PX, MEAN_RGB, NET_SIZE_PX, SCALE
from models.registry import Accuracy, AgeCorrection, Card, TrainedCard, TrainedSource
from models.training.checkpoint import sync_folder, write_through
from models.training.config import TrainingConfig
from models.training.figures import Figures
from models.training.loop import Outcome

# What a look at less of the margin leaves out, pixels of the chip: models/preprocess.py has the same.
_MARGIN_PX: Final = 4
# Nobody knows an age more exactly than this.
_NARROWEST_YEARS: Final = 1.0
FIGURES: Final = "figures.json"
_MEASURES: Final = {
    "age_mae_years": "mean absolute error of age, years",
    "gender_accuracy": "share of genders right",
    "emotion_accuracy": "share of seven emotions right",
}
_CAVEATS: Final = (
    "Figures are of the test split of the data set it was trained on: other cameras and other people can differ. "
    "Gender is what annotators and earlier nets saw, two classes only. A facial expression is not a feeling: use it to "
    "compare groups, never persons."
)


def write_result(
    config: TrainingConfig,
    about: About,
    outcome: Outcome,
) -> list[Path]:
    """Write the files of a run that is done: the same ones if it is done again.

    Args:
        config: of the run.
        about: its data set.
        outcome: of the run.

    Returns:
        Weights, card, figures.
    """
    data = safetensors.torch.save({name: each.contiguous() for name, each in outcome.weights.items()})
    card = TrainedCard.model_validate(
        {
            "name": config.name,
            "architecture": config.architecture,
            "outputs": GENDERS + EMOTIONS,
            "licence": config.licence,
            "preprocessing": {
                "crop": "face-chip",
                "padding": round((config.sampling.crop_px / FACE_SIZE_PX - 1) / 2, 4),
                "side_px": NET_SIZE_PX,
                "mean_rgb": MEAN_RGB,
                "scale": SCALE,
            },
            "source": TrainedSource(
                dataset=about.name,
                dataset_version=about.version,
                dataset_sha256=about.sha256,
                training_data=about.drawn_from,
                config_sha256=config.digest(),
                initial_weights_sha256=outcome.initial_sha256,
                taught_by=tuple(outcome.taught_by),
                made_with=f"torch {torch.__version__}",
            ),
            "weights": {"file": f"{config.name}.safetensors", "sha256": hashlib.sha256(data).hexdigest()},
            "looks": _looks(config.sampling.crop_px),
            "age_correction": _age_interval(about, outcome.validation),
            "accuracy": _accuracy(about, outcome.test),
            "caveats": {"text": _CAVEATS},
        }
    )
    figures = {
        "seconds": outcome.seconds,
        "best_epoch": outcome.best_epoch,
        "validation": outcome.validation.flat("validation"),
        "test": outcome.test.flat("test") if outcome.test else {},
        "history": outcome.history,
    }
    paths = [config.output / card.weights.file, config.output / f"{config.name}.toml", config.output / FIGURES]
    for path, content in zip(
        paths, (data, card_toml(card).encode(), json.dumps(figures, indent=1).encode()), strict=True
    ):
        beside = path.with_name(f".{path.name}")
        write_through(beside, content)
        beside.rename(path)
    sync_folder(config.output)
    return paths


def card_toml(card: Card) -> str:
    """A card as its file."""
    values = card.model_dump(mode="json", exclude_none=True)
    lines = ["# Everything that must be known of one net travels with its weights. models/registry.py reads this."]
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items() if not _is_table(value)]
    for key, value in values.items():
        for heading, table in [(f"[{key}]", value)] if isinstance(value, dict) else []:
            lines += ["", heading, *(f"{name} = {json.dumps(each)}" for name, each in table.items())]
        for table in value if key == "accuracy" else []:
            lines += ["", f"[[{key}]]", *(f"{name} = {json.dumps(each)}" for name, each in table.items())]
    return "\n".join([*lines, ""])


def _looks(crop_px: int) -> dict[str, list[tuple[int, bool]]]:
    """As it was trained; more looks are those at its mirror image, and at a little more or less of the margin."""
    both = [(crop_px, False), (crop_px, True)]
    tighter = max(crop_px - _MARGIN_PX, 2)
    return {
        "fast": both[:1],
        "balanced": both,
        "thorough": [*both, (tighter, False), (tighter, True)],
    }


def _age_interval(about: About, validation: Figures) -> AgeCorrection | None:
    """Ages as they are, and an interval that holds nine of ten of the validation split; None where none has an age."""
    half_width = validation.labelled.age_error_90_years
    if half_width is None:
        half_width = validation.predicted.age_error_90_years
    if half_width is None:
        return None
    return AgeCorrection(
        from_years=0.0,
        offset=0.0,
        slope=0.0,
        interval_ages=(0.0,),
        interval_half_widths=(max(round(half_width, 2), _NARROWEST_YEARS),),
        fitted_on=f"{about.name} {about.version}, validation split, {validation.faces} faces",
    )


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(each, dict) for each in value))


def _accuracy(about: About, test: Figures | None) -> list[Accuracy]:
    if test is None:
        return []
    found = []
    for rightness, against in ((test.labelled, "against labels"), (test.predicted, "against what it was taught by")):
        data = f"{about.name} {about.version}, test split, {test.faces} faces, {against}"
        for name, measure in _MEASURES.items():
            if (value := getattr(rightness, name)) is not None:
                found.append(Accuracy(data=data, measure=measure, value=round(value, 4)))
    return found
