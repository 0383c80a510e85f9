"""Faces and their labels as CSV, for a spreadsheet; the pictures lie in a folder beside it."""

import csv
import shutil
from pathlib import Path
from typing import Final, Self

from services.labels.domain.faces import LabelsError
from services.labels.domain.labels import NO_FACE, DrawnFace, Label, parse_face_id

_TOLD: Final = ("face_id", "picture", "shop", "camera", "captured_at", "quality")
_PREDICTED: Final = ("predicted_age_years", "predicted_gender", "predicted_emotion")
_ASKED: Final = ("usable", "age_years", "gender", "emotion")


class LabelCsv:
    """A file that is written while the block runs, and a folder of its pictures.

    Args:
        file: that is made.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._pictures = file.with_suffix("")
        self.made = (self._path, self._pictures)

    def __enter__(self) -> Self:
        """Begin; where one of the two is there, neither is made."""
        # A spreadsheet takes the file for UTF-8 by its first bytes.
        self._file = self._path.open("x", encoding="utf-8-sig", newline="")
        try:
            self._pictures.mkdir(mode=0o700)
        except OSError:
            self._file.close()
            self._path.unlink()
            raise
        self._writer = csv.writer(self._file)
        self._writer.writerow((*_TOLD, *_PREDICTED, *_ASKED))
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        """It is whole, or nothing is left of it."""
        self._file.close()
        if failure:
            self._path.unlink()
            shutil.rmtree(self._pictures)

    def add(self, face: DrawnFace) -> None:
        """A row, and a picture."""
        picture = self._pictures / f"{face.face_id}.png"
        picture.write_bytes(face.chip)
        estimate, label = face.estimate, face.label
        said: tuple[object, ...] = ("", "", "", "")
        if label is not None:
            said = ("yes" if label.is_face else NO_FACE, label.age_years, label.gender, label.emotion)
        self._writer.writerow(
            (
                face.face_id,
                f"{self._pictures.name}/{picture.name}",
                face.shop,
                face.camera,
                f"{face.captured_at:%Y-%m-%d %H:%M:%S}",
                face.quality,
                round(estimate.age_years),
                estimate.gender,
                estimate.emotion,
                *said,
            )
        )


def read(file: Path) -> dict[str, Label]:
    """The labels of a file, by face; rows where nothing was written are left out.

    Raises:
        LabelsError: the file or a row is wrong; in which line.
    """
    labels: dict[str, Label] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            # Spreadsheets of some countries write semicolons.
            heading = opened.readline()
            opened.seek(0)
            rows = csv.DictReader(
                opened, delimiter=";" if heading.count(";") > heading.count(",") else ",", strict=True
            )
            if missing := [name for name in ("face_id", *_ASKED) if name not in (rows.fieldnames or ())]:
                raise LabelsError(f"{file}: it has no column {missing[0]}")
            for row in rows:
                try:
                    face_id = parse_face_id(row["face_id"] or "")
                    usable, age, gender, emotion = (row[name] or "" for name in _ASKED)
                    label = Label.parsed(usable, age.replace(",", "."), gender, emotion)
                    if face_id in labels:
                        raise LabelsError(f"the face {face_id} is there twice")
                except LabelsError as error:
                    raise LabelsError(f"{file}, line {rows.line_num}: {error}") from error
                if label is not None:
                    labels[face_id] = label
    except UnicodeDecodeError as error:
        raise LabelsError(f"{file} cannot be read: save it as CSV UTF-8") from error
    except (OSError, csv.Error) as error:
        raise LabelsError(f"{file} cannot be read: {error}") from error
    return labels
