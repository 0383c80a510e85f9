"""Faces and their labels as JSON tasks of Label Studio.

Source: Label Studio's documentation, "Label Studio JSON format of annotated tasks" and "Import pre-annotated data".
"""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from services.common.visitors import EMOTIONS
from services.labels.domain.faces import GENDERS, LabelsError
from services.labels.domain.labels import OLDEST_YEARS, DrawnFace, Label, parse_face_id

_NOT_USABLE: Final = "no usable face"
_CHOICES: Final = "choices"
_NUMBER: Final = "number"


def config() -> str:
    """What is asked, as the XML that Label Studio takes as a project's labelling interface."""
    choices = {
        name: "\n".join(f'    <Choice value="{value}"/>' for value in values)
        for name, values in (("gender", GENDERS), ("emotion", EMOTIONS), ("usable", (_NOT_USABLE,)))
    }
    return f"""<View>
  <Image name="image" value="$image"/>
  <Header value="Age in years"/>
  <Number name="age" toName="image" min="0" max="{OLDEST_YEARS:g}"/>
  <Header value="Gender"/>
  <Choices name="gender" toName="image" choice="single-radio" showInline="true">
{choices["gender"]}
  </Choices>
  <Header value="Emotion"/>
  <Choices name="emotion" toName="image" choice="single-radio" showInline="true">
{choices["emotion"]}
  </Choices>
  <Header value="Not usable"/>
  <Choices name="usable" toName="image" choice="multiple">
{choices["usable"]}
  </Choices>
</View>
"""


class LabelStudioTasks:
    """A file that is written while the block runs.

    Args:
        file: that is made.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self.made = (self._path,)

    def __enter__(self) -> Self:
        """Begin."""
        self._file = self._path.open("x", encoding="utf-8")
        self._before = "[\n"
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        """It is whole, or nothing is left of it."""
        with self._file:
            self._file.write("\n]\n" if self._before != "[\n" else "[]\n")
        if failure:
            self._path.unlink()

    def add(self, face: DrawnFace) -> None:
        """A task."""
        self._file.write(self._before + json.dumps(_task(face)))
        self._before = ",\n"


def _task(face: DrawnFace) -> dict[str, object]:
    predicted = Label(True, float(round(face.estimate.age_years)), face.estimate.gender, face.estimate.emotion)
    task: dict[str, object] = {
        "data": {
            "image": f"data:image/png;base64,{base64.b64encode(face.chip).decode()}",
            "face_id": face.face_id,
            "shop": face.shop,
            "camera": face.camera,
            "captured_at": f"{face.captured_at:%Y-%m-%d %H:%M:%S}",
        },
        "predictions": [{"model_version": face.classifier_version, "result": _result(predicted)}],
    }
    if face.label is not None:
        task["annotations"] = [{"result": _result(face.label)}]
    return task


def _result(label: Label) -> list[dict[str, object]]:
    said: list[tuple[str, str, object]] = []
    if label.age_years is not None:
        said.append(("age", _NUMBER, label.age_years))
    if label.gender is not None:
        said.append(("gender", _CHOICES, [label.gender]))
    if label.emotion is not None:
        said.append(("emotion", _CHOICES, [label.emotion]))
    if not label.is_face:
        said.append(("usable", _CHOICES, [_NOT_USABLE]))
    return [{"from_name": name, "to_name": "image", "type": kind, "value": {kind: value}} for name, kind, value in said]


def read(file: Path) -> dict[str, Label]:
    """The labels of an export in the format JSON, by face; tasks that nobody has done are left out.

    Raises:
        LabelsError: the file or a task is wrong; which one.
    """
    labels: dict[str, Label] = {}
    for number, task in enumerate(_tasks(file), 1):
        try:
            if "data" not in task and "face_id" in task:
                raise LabelsError("it is of the format JSON-MIN: export in the format JSON")
            face_id = parse_face_id(str(task["data"]["face_id"]))
            if face_id in labels:
                raise LabelsError(f"the face {face_id} is there twice")
            label = _label(task.get("annotations") or ())
        except LabelsError as error:
            raise LabelsError(f"{file}, task {number}: {error}") from error
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise LabelsError(f"{file}, task {number}: it is no task of these faces") from error
        if label is not None:
            labels[face_id] = label
    return labels


def _tasks(file: Path) -> list[Any]:
    try:
        tasks = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise LabelsError(f"{file}, line {error.lineno}: it is no JSON: {error.msg}") from error
    except RecursionError as error:
        raise LabelsError(f"{file} is nested too deep") from error
    except (OSError, ValueError) as error:  # not UTF-8, or a number of too many digits
        raise LabelsError(f"{file} cannot be read: {error}") from error
    if not isinstance(tasks, list):
        raise LabelsError(f"{file} is no list of tasks")
    return tasks


def _label(annotations: Sequence[Mapping[str, Any]]) -> Label | None:
    """What the newest of a task says."""
    done = [one for one in annotations if not one.get("was_cancelled")]
    if not done:
        return None
    newest = max(done, key=lambda one: str(one.get("updated_at", "")))
    said = {one["from_name"]: one["value"] for one in newest["result"]}
    gender, emotion, usable = (said.get(name, {}).get(_CHOICES, [""])[0] for name in ("gender", "emotion", "usable"))
    if usable not in ("", _NOT_USABLE):
        raise LabelsError(f"{str(usable)[:40]!r} is not what was asked")
    if usable:
        # What was predicted, and filled in, is still there.
        return Label(is_face=False)
    age = said.get("age", {}).get(_NUMBER, "")
    return Label.parsed("", str(age), str(gender), str(emotion))
