from pathlib import Path

import numpy as np

from models.evaluation.calibration import ADULT_YEARS
from models.evaluation.classification import estimate, find_faces, the_face
from models.evaluation.dataset import read
from models.evaluation.figures import group_rows, headline
from models.evaluation.measurement import Results
from tests.models.evaluation.stand_ins import ConstantClassifier, Face, FixedFinder, MagentaFinder


def ignored(done: int) -> None:
    pass


def test_the_face_is_the_large_one_in_the_middle() -> None:
    middle, larger, far_off = Face(400, 400, 160, 160), Face(380, 380, 200, 200), Face(0, 0, 210, 210)
    assert the_face([middle, larger, far_off], (960, 960)) is larger


def test_faces_that_are_not_found_are_left_out(labelled: Path) -> None:
    paths = read(labelled).age_gender.paths[:3]
    assert find_faces(MagentaFinder(), paths, ignored).index.tolist() == [0, 1, 2]
    seen = find_faces(FixedFinder(), paths, ignored)
    assert seen.index.tolist() == []
    assert len(estimate(ConstantClassifier(), seen.chips, ignored).age_years) == 0


def test_figures_are_those_of_what_was_said(labelled: Path, results: Results) -> None:
    ages = read(labelled).age_gender.ages_years
    genders = read(labelled).age_gender.genders
    split = results.classification.all_rows
    adults = ages >= ADULT_YEARS
    assert split.ages.age().mae.value == np.abs(30 - ages).mean()
    assert split.ages.age(ADULT_YEARS).bias.value == (30 - ages[adults]).mean()
    assert split.ages.age().covered.value == ((ages >= 18) & (ages <= 42)).mean()
    right, known = split.ages.gender()
    assert right.value == (genders[adults] == 0).mean()
    assert known.value == 1
    assert split.ages.gender(0.95)[1].value == 0
    assert split.emotions.accuracy("web", good=True).value == split.emotions.accuracy("web").value == 1 / 7
    assert split.emotions.accuracy("web", good=False).n == 0
    assert split.emotions.confusion()[:, 1].tolist() == [4] * 7


def test_the_held_out_half_are_the_odd_rows(results: Results) -> None:
    split = results.classification.held_out
    assert split is not None
    assert split.ages.found.n == 20
    assert split.emotions.accuracy("fer2013").n == 14
    assert split.emotions.accuracy("web").n == 0
    assert headline(split)["emotion_acc_web"].n == 0


def test_groups_share_the_people_among_them(results: Results) -> None:
    rows = dict(group_rows(results.classification.all_rows.ages))
    assert len(rows) == 5 + 2 + 10
    assert rows["white"].labelled == 8
    assert rows["white, female"].labelled + rows["white, male"].labelled == 8
    assert rows["female"].gender.value == 1
    assert rows["male"].gender.value == 0
