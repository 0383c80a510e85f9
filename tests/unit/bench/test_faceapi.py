"""What bench-faceapi makes of answers, metrics and boxes."""

import numpy as np
import pytest
from prometheus_client import generate_latest

from bench.face_api import Box
from bench.faceapi.__main__ import missed_photos, summary
from bench.faceapi.clients import Answers, together
from bench.faceapi.load import Outcome
from bench.faceapi.ours import STEPS, steps_in
from bench.faceapi.request import Request
from bench.faceapi.small_faces import Seen, seen, wall
from bench.faceapi.tables import Case
from loadtest.photos import Person
from services.classify.adapters.face_classifier import BATCH_SECONDS
from services.detect.adapters.face_detector import STEP_SECONDS

FACE = Box(100, 100, 50, 50)


def outcome(per_s: float, took_ms: list[float], faces: list[int]) -> Outcome:
    result = Outcome()
    result.add(Answers(per_s, took_ms, list(range(len(faces))), faces), {"faceapi": 10.0, "nats": 2.0})
    return result


def test_clients_rates_add_up_and_all_their_answers_count() -> None:
    both = together([Answers(2.0, [500.0, 500.0], [0, 1], [1, 1]), Answers(1.5, [660.0], [1], [0])])
    assert both == Answers(3.5, [500.0, 500.0, 660.0], [0, 1, 1], [1, 1, 0])


def test_rounds_are_averaged_and_a_photo_has_a_face_when_it_has_one_each_time() -> None:
    result = outcome(10.0, [90.0, 110.0], [1, 2])
    result.add(Answers(20.0, [40.0, 60.0], [0, 1], [1, 0]), {"faceapi": 6.0, "nats": 2.0})
    assert result.rate == 15.0
    assert (result.times_ms.p50, result.times_ms.most) == (75.0, 110.0)
    assert (result.cpu_ms_each(), result.cpu_ms_each("faceapi")) == (5.0, 4.0)
    assert (result.with_a_face, len(result.faces)) == (1, 2)


def test_the_last_line_has_what_goals_are_about_for_both_sizes() -> None:
    outcomes: dict[Case, Outcome] = {}
    for size, factor in (("1 MB", 1.0), ("200 kB", 2.0)):
        for clients in (1, 4, 16):
            outcomes["facetally", size, clients] = outcome(20.0 * factor, [50.0, 40.0 + clients], [1, 1])
            outcomes["face-api.js, ssd", size, clients] = outcome(4.0, [250.0, 250.0], [1, 0])
    assert summary(outcomes) == {
        "rps_1": 20.0, "p50_ms_1": 45.5, "p99_ms_16": 56.0, "node_rps_1": 4.0, "ratio": 5.0,
        "rps_1_200kb": 40.0, "p50_ms_1_200kb": 45.5, "p99_ms_16_200kb": 56.0, "node_rps_1_200kb": 4.0, "ratio_200kb": 10.0,
    }  # fmt: skip
    assert missed_photos(outcomes) == []  # the peer may miss some
    outcomes["facetally", "1 MB", 4] = outcome(20.0, [50.0, 50.0], [1, 0])
    assert missed_photos(outcomes) == ["1 MB, 4 clients: 1 of 2"]


def test_steps_are_what_the_services_say_of_themselves() -> None:
    before = dict(steps_in(generate_latest().decode()))
    for step, seconds in (("decode", 0.010), ("find", 0.020), ("cut", 0.001)):
        STEP_SECONDS.labels(step).observe(seconds)
    BATCH_SECONDS.observe(0.005)
    after = dict(steps_in(generate_latest().decode()))
    assert set(after) == set(STEPS)
    grown = {step: after[step] - before.get(step, 0.0) for step in STEPS}
    assert grown == pytest.approx({"decode": 10.0, "find": 20.0, "cut": 1.0, "nets": 5.0})


def test_what_a_request_takes_adds_up() -> None:
    request = Request(100, outcome(20.0, [60.0, 50.0], [1, 1]), {"decode": 10.0, "nets": 20.0}, nats_ms=10.0)
    assert (request.mean_ms, request.http_ms) == (55.0, 15.0)


@pytest.mark.parametrize(
    ("boxes", "found", "wrong"),
    [
        ([], 0, 0),
        ([Box(90, 95, 60, 60)], 1, 0),
        ([Box(90, 95, 60, 60), Box(105, 100, 50, 70)], 1, 0),  # of one face twice
        ([Box(140, 100, 50, 50)], 0, 1),  # its middle is beside the face
        ([Box(70, 70, 110, 110)], 0, 1),  # more than twice as wide
        ([Box(115, 115, 20, 20)], 0, 1),
        ([Box(100, 100, 50, 50), Box(400, 400, 50, 50)], 1, 1),
    ],
)
def test_a_box_is_of_a_face_where_its_middle_and_its_width_are(boxes: list[Box], found: int, wrong: int) -> None:
    assert seen([FACE], boxes) == Seen(1, found, wrong)


def test_people_stand_before_the_wall_with_faces_as_wide_as_is_said() -> None:
    head = np.zeros((200, 200, 3), np.uint8)
    head[50:150, 50:150] = 255  # the face
    frame, faces = wall([Person(head, 100.0)] * 6, 50)
    assert frame.shape == (1080, 1920, 3)
    assert len({(face.left, face.top) for face in faces}) == 6
    for face in faces:
        left, top, width, height = (round(edge) for edge in face)
        assert (width, height) == (50, 50)
        assert frame[top : top + height, left : left + width].mean() == 255
        around = frame[top - 20 : top + height + 20, left - 20 : left + width + 20]
        assert around.sum() == 255 * 50 * 50 * 3  # the rest of the head is black
    assert frame[0, 0, 0] == 128
