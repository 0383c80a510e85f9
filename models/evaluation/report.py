"""docs/accuracy.md: every figure, how it was measured, and what it does not say."""

import os
import platform
from collections.abc import Callable, Mapping
from typing import Final

from models.evaluation import markdown as md
from models.evaluation.calibration import ADULT_YEARS
from models.evaluation.dataset import SOURCES
from models.evaluation.detection import UTK, WEB, WIDTHS_PX
from models.evaluation.figures import THRESHOLDS, AgeFigures, by_band, group_rows, headline
from models.evaluation.frames import Condition
from models.evaluation.measurement import Results
from models.evaluation.metrics import BINS, RESAMPLES, Measured
from models.evaluation.protocol import PROTOCOL

_UTK: Final = "UTKFace is among the training data of the age and gender net, so that these figures flatter it."
_SETS: Final = {"fer2013": "FER2013", "web": "web"}
_PERCENT: Final = (
    "gender_acc_16plus",
    "age_coverage_16plus",
    "age_coverage_all",
    *(f"emotion_acc_{source}{all_}" for source in SOURCES for all_ in ("", "_all")),
    *(
        f"ece_{name}"
        for name in ("gender", "gender_before", "emotion", "emotion_before", "emotion_all", "emotion_all_before")
    ),
)
_HEADLINE_NAMES: Final = {
    "age_mae_16plus": "age, mean absolute error, 16 and older, years ¹",
    "age_mae_all": "age, mean absolute error, all ages, years ¹",
    "age_bias_16plus": "age, bias, 16 and older, years ¹",
    "age_coverage_16plus": "true ages in their intervals, 16 and older ¹",
    "age_coverage_all": "true ages in their intervals, all ages ¹",
    "age_interval_years_16plus": "width of the interval, 16 and older, years ¹",
    "gender_acc_16plus": "gender right, 16 and older ¹",
    "emotion_acc_fer2013": "emotion right, FER2013, good faces",
    "emotion_acc_fer2013_all": "emotion right, FER2013, all faces found",
    "emotion_acc_web": "emotion right, web, good faces",
    "emotion_acc_web_all": "emotion right, web, all faces found",
    "ece_gender": "calibration error, gender, 16 and older ¹",
    "ece_gender_before": "… before temperature scaling ¹",
    "ece_emotion": "calibration error, emotion, good faces",
    "ece_emotion_before": "… before temperature scaling",
    "ece_emotion_all": "calibration error, emotion, all faces found",
    "ece_emotion_all_before": "… before temperature scaling",
}


def render(results: Results, images: Mapping[str, str]) -> str:
    """The document.

    Args:
        results: what was measured.
        images: paths of the plots, seen from the document, by name; empty where there are none.
    """
    parts = [
        _introduction(results),
        _headline(results),
        _detection(results, images),
        _age(results, images),
        _gender(results),
        _groups(results),
        _emotion(results, images),
        _calibration(results, images),
        _cost(results, images),
        PROTOCOL,
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(results: Results) -> str:
    notes = "\n\n**Only every tenth face was measured: a trial run.**" if results.quick else ""
    if results.classification.held_out is None:
        notes += (
            "\n\n**These are faces of another folder than the project's.** What is said of where faces come from is said of "
            "the project's, and nothing was fitted on these."
        )
    return f"""# Accuracy

Written by `make eval`; do not edit. How good detection and estimates are on labelled faces that are not part of the project:
nobody may publish them. `python -m models.evaluation --data FOLDER` measures the same on other faces.
Each figure stands with its 95 % confidence interval ({RESAMPLES} bootstrap resamples); an interval of one point means that all
answers were right, not that the next must be. How each is measured is [at the end](#how-it-is-measured).

Read them with three things in mind. **{_UTK}**
Labels are what annotators saw: an age guessed from a photo, one of two genders, one of seven expressions; people who look at FER2013's
faces agree with its labels on 65 ± 5 % ([Goodfellow et al. 2013](https://arxiv.org/abs/1307.0414)). And a photo from the web
is not one from an exit camera: compare shops and hours by these estimates, never judge a person by one.{notes}"""


def _headline(results: Results) -> str:
    seen, method = results.detection, results.method
    split, held_out = results.classification.all_rows, results.classification.held_out
    blank = [] if held_out is None else [""]
    rows = [
        ["faces found, web", md.share(recall := seen.recall(method, WEB)), str(recall.n), *blank],
        ["faces found, UTKFace", md.share(recall := seen.recall(method, UTK)), str(recall.n), *blank],
        [
            "boxes in 500 frames without faces",
            md.count(wrong := seen.false_positives(method)),
            f"{wrong.n} frames",
            *blank,
        ],
    ]
    figures = headline(split)
    held = {} if held_out is None else headline(held_out)
    for key, name in _HEADLINE_NAMES.items():
        other = [f"{_figure(key, held[key])}, n = {held[key].n}"] if held else []
        rows.append([name, _figure(key, figures[key]), str(figures[key].n), *other])
    headings = ["", "all faces", "n"]
    note = ""
    if held_out is not None:
        headings.append("held-out half")
        note = (
            "\n\nTemperatures, the correction of age and its intervals are fitted on the faces in even rows of the labels; "
            "the held-out half are those in odd rows, which nothing was fitted on."
        )
    return f"""## In short

Faces are found by {results.method}, and estimated with the crops of the plan {results.classification.plan}: what is in service
unless settings say otherwise. Moods are reported of good faces only (sharp, bright, close and turned to the camera), so that
emotions are counted over these, and over all faces found beside them.

{md.table(headings, rows)}

¹ {_UTK}{note}"""


def _detection(results: Results, images: Mapping[str, str]) -> str:
    seen = results.detection
    by_condition = [
        [f"{source}, {condition}", *_recalls(results, lambda m, s=source, c=condition: seen.recall(m, s, c))]  # type: ignore[misc]
        for source in (WEB, UTK)
        for condition in Condition
    ]
    by_size = [
        [f"{low} to {high}", *_recalls(results, lambda m, w=(low, high): seen.recall(m, WEB, widths_px=w))]  # type: ignore[misc]
        for low, high in WIDTHS_PX
    ]
    others = []
    for method in seen.methods:
        wrong, frames = seen.other_boxes(method)
        samples = seen.samples[method]
        others.append(
            [
                method,
                md.count(seen.false_positives(method)),
                f"{wrong} in {frames}",
                f"{samples.found} of {samples.heads}, {samples.others} too many",
                md.share(seen.recall(method, WEB, counted=True)),
                md.milliseconds(seen.cpu_ms(method)),
            ]
        )
    headings = [
        "",
        "boxes in 500 frames without faces",
        "boxes too many in frames with one",
        "heads in six demo photos",
        "web faces found and not rejected",
        "CPU ms per frame",
    ]
    return f"""## Finding faces

{_image(images, "detection", "Faces found, by condition and by size")}Faces found, each pasted into a frame of 1920 x 1080. UTKFace is among the training data of the age and gender net, which has
no part in finding:

{md.table(["", *seen.methods, "n"], by_condition)}

Plain web faces, by width of the pasted image in pixels; the face is about nine tenths of it:

{md.table(["", *seen.methods, "n"], by_size)}

What is found besides, and what it costs (one thread, decoding excluded, all frames; {_machine()}):

{md.table(headings, others)}"""


def _recalls(results: Results, recall: Callable[[str], Measured]) -> list[str]:
    figures = [recall(method) for method in results.detection.methods]
    return [*(md.share(figure) for figure in figures), str(figures[0].n)]


def _age(results: Results, images: Mapping[str, str]) -> str:
    ages = results.classification.all_rows.ages
    named = [("all", ages.age()), (f"{ADULT_YEARS}+", ages.age(ADULT_YEARS)), *by_band(ages.age)]
    headings = ["true age", "n", "mean absolute error", "bias", "in the interval", "width of the interval"]
    return f"""## Age

{_UTK}
{md.share(ages.found)} of {ages.found.n} faces are found. Years:

{md.table(headings, [_age_row(name, figures) for name, figures in named])}

{_image(images, "age", "Error of age, by true age")}Bias is estimated minus true age. An interval should hold nine true ages of ten over all ages together; within a band of true
age it holds more or fewer, because estimates lean towards the ages that are common."""


def _age_row(name: str, figures: AgeFigures) -> list[str]:
    return [
        name,
        str(figures.mae.n),
        md.years(figures.mae),
        md.signed_years(figures.bias),
        md.share(figures.covered, interval=False),
        md.years(figures.width, interval=False),
    ]


def _gender(results: Results) -> str:
    ages = results.classification.all_rows.ages
    rows = []
    for threshold in THRESHOLDS:
        right, known = ages.gender(threshold)
        rows.append([f"{threshold:g}", md.share(known, interval=False), md.share(right), str(right.n)])
    return f"""## Gender

{_UTK}
People of {ADULT_YEARS} and older. A gender is known where one of the two is at least so probable:

{md.table(["threshold", "known", "right, of those known", "n known"], rows)}"""


def _groups(results: Results) -> str:
    rows = [
        [
            name,
            str(group.labelled),
            md.share(group.found, interval=False),
            str(group.age_mae.n),
            md.years(group.age_mae),
            md.signed_years(group.age_bias),
            md.share(group.gender),
        ]
        for name, group in group_rows(results.classification.all_rows.ages)
    ]
    headings = ["", "images", "found", f"n of {ADULT_YEARS}+", "age, mean absolute error", "age, bias", "gender right"]
    return f"""## Who is estimated how well

{_UTK}
Groups are UTKFace's labels, which are what annotators took people for.
Found is the share of all images; the other figures are of people of {ADULT_YEARS} and older, so that children, who are easier in
age and harder in gender, do not blur the comparison. Groups differ in age, too: small differences are not the net's alone.

{md.table(headings, rows)}"""


def _emotion(results: Results, images: Mapping[str, str]) -> str:
    emotions = results.classification.all_rows.emotions
    rows = []
    for source in (*SOURCES, None):
        name = _SETS[source] if source else "both"
        found, good = emotions.found(source), emotions.good(source)
        for which, kept, part in (
            ("all found", None, 1.0),
            ("good", True, good.value),
            ("not good", False, 1 - good.value),
        ):
            right = emotions.accuracy(source, good=kept)
            part_of = md.share(Measured(part, part, part, good.n), interval=False)
            rows.append(
                [
                    f"{name}, {which}",
                    part_of,
                    md.share(right),
                    md.share(emotions.balanced(source, good=kept)),
                    str(right.n),
                ]
            )
        rows[-3][0] += f" ({md.share(found, interval=False)} of {found.n})"
    headings = ["faces", "share of those found", "right", "balanced", "n"]
    return f"""## Emotion

Seven classes. Balanced is the mean over emotions of the share of each that is recognised, so that rare ones count as much as
frequent ones. The product reports moods of good faces only.

{md.table(headings, rows)}

{_image(images, "confusion", "What each emotion is taken for")}FER2013's faces are grey and 48 pixels wide, enlarged tenfold here: no camera's photo is like that, and what counts as good among
them is what an enlargement leaves sharp enough."""


def _calibration(results: Results, images: Mapping[str, str]) -> str:
    rows = []
    parts = [("all faces", results.classification.all_rows), ("held-out half", results.classification.held_out)]
    for name, split in parts:
        if split is None:
            continue
        pairs = [
            ("gender, 16 and older", split.ages.calibration(before=True), split.ages.calibration()),
            (
                "emotion, good faces",
                split.emotions.calibration(before=True, good=True),
                split.emotions.calibration(good=True),
            ),
            ("emotion, all faces found", split.emotions.calibration(before=True), split.emotions.calibration()),
        ]
        for what, before, after in pairs:
            rows.append([f"{what}: {name}", md.share(before.error), md.share(after.error), str(after.error.n)])
    return f"""## How sure

An answer that is 80 % probable should be right eight times of ten. The expected calibration error is the mean distance between
the two over {BINS} bins of equal width; it is never quite 0 for a finite number of faces. One temperature per net divides its
logits; it changes no answer, only how sure each is.

{md.table(["", "before", "after", "n"], rows)}

{_image(images, "calibration", "Confidence beside accuracy, before and after temperature scaling")}Gender again: {_UTK}"""


def _cost(results: Results, images: Mapping[str, str]) -> str:
    rows = [
        [
            f"**{plan.name}** (in service)" if plan.name == results.classification.plan else plan.name,
            md.milliseconds(plan.cpu_ms_per_face),
            md.years(plan.ages.age(ADULT_YEARS).mae),
            md.share(plan.ages.gender()[0]),
            md.share(plan.emotions.accuracy("fer2013")),
            md.share(plan.emotions.accuracy("web")),
        ]
        for plan in results.classification.plans
    ]
    headings = [
        "crops",
        "CPU ms per face",
        "age error, 16+, years ¹",
        "gender, 16+ ¹",
        "emotion, FER2013",
        "emotion, web",
    ]
    return f"""## What accuracy costs

The nets look at one or more crops of each face; more cost more. Batches of eight faces, one thread,
{_machine()}; emotions of all faces found. What finding costs is in the table of methods above. Milliseconds vary by a third from run to run.

{md.table(headings, rows)}

¹ {_UTK}

{_image(images, "cost", "Accuracy beside CPU time")}""".rstrip()


def _figure(key: str, figure: Measured) -> str:
    return md.share(figure) if key in _PERCENT else md.years(figure)


def _image(images: Mapping[str, str], name: str, text: str) -> str:
    return f"![{text}]({images[name]})\n\n" if name in images else ""


def _machine() -> str:
    return f"a machine of {os.cpu_count()} cores, {platform.machine()}"
