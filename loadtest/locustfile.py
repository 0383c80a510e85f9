"""What Locust runs: `python -m loadtest` starts it with a plan, in a process of its own.

By hand: locust -f loadtest/locustfile.py --plan build/load/<run>/plan.json
"""

import itertools
import math
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from locust import LoadTestShape, User, events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtest.camera_users import (
    Camera,
    KeepsSession,
    KeepsTlsSession,
    LogsInEachTime,
    LogsInEachTimeByTls,
    SendsBursts,
    Shops,
)
from loadtest.endless_photos import EndlessPhotos
from loadtest.face_api_users import FaceApiClient
from loadtest.figures import Request, judge_step
from loadtest.ftp_session import believing_context
from loadtest.logins import Login, read_logins
from loadtest.plan import PERIOD_S, Plan, read_plan
from loadtest.reader_users import Reader
from loadtest.recording import RequestsFile, write_beginning
from loadtest.shapes import Day, Ramp, Shape, cameras_for, shape_of

__all__ = [
    "FaceApiClient",
    "KeepsSession",
    "KeepsTlsSession",
    "LogsInEachTime",
    "LogsInEachTimeByTls",
    "PlannedShape",
    "Reader",
    "SendsBursts",
]
_SPAWN_PER_S: Final = 100
_FAILURE_LETTERS: Final = 120


class Run:
    """A run as it goes on.

    Args:
        plan: what is to be done.
        logins: of all cameras.
    """

    def __init__(self, plan: Plan, logins: list[Login]) -> None:
        self.plan = plan
        now = datetime.now(UTC)
        self._offsets_h = {login.camera: login.offset_h(now) for login in logins}
        self.shape: Shape = shape_of(plan, tuple(self._offsets_h.values()))
        self.began_at = time.time()
        self._step = 0
        self._recent: list[Request] = []
        self._logins = itertools.cycle(logins)
        self._count = len(logins)
        self._file = RequestsFile(plan.folder)

    def begin(self) -> None:
        """Now."""
        self.began_at, self._step = time.time(), 0
        self._recent.clear()
        write_beginning(self.plan.folder, self.began_at)

    def next_login(self) -> Login:
        """Of a camera whose shop is open; of any where all are closed."""
        for login in itertools.islice(self._logins, self._count):
            if self.is_open(login):
                return login
        return next(self._logins)

    def is_open(self, login: Login) -> bool:
        """Whether a camera's shop is open at this moment of the run."""
        if not isinstance(self.shape, Day):
            return True
        return self.shape.is_open(self._offsets_h[login.camera], time.time() - self.began_at)

    def record(
        self, *, request_type: str, name: str, response_time: float, exception: BaseException | str | None,
        context: dict[str, Any], **_: object,
    ) -> None:  # fmt: skip
        """Write down what became of a request."""
        failure = str(exception)[:_FAILURE_LETTERS] or type(exception).__name__ if exception else ""
        ended_at = context.get("ended_at", time.time())
        request = Request(ended_at, request_type, name, response_time, failure, context.get("photo_id", ""))
        self._file.add(request)
        if request.is_upload and isinstance(self.shape, Ramp):
            self._recent.append(request)

    def record_bug(self, *, user_instance: User, exception: Exception, **_: object) -> None:
        """An error that no user expects must not make a run look better."""
        self._file.add(Request(time.time(), "bug", type(user_instance).__name__, 0, type(exception).__name__))

    def rate(self) -> float | None:
        """Photos a second at this moment; None when the run is over, for a ramp when a step did not hold."""
        at_s = time.time() - self.began_at
        if isinstance(self.shape, Ramp) and (step := self.shape.step(at_s)) > self._step:
            over, self._step = self._step, step
            if not self._holds(self.shape, over):
                return None
        return self.shape.rate(at_s)

    def _holds(self, ramp: Ramp, step: int) -> bool:
        judged = judge_step(ramp, step, self.began_at, self._recent, self.plan.limits)
        self._recent.clear()
        print(
            f"{judged.per_s:g} photos/s: {judged.answered_per_s:.1f} answered, p99 {judged.p99_s:.2f} s, "
            f"{judged.failed_share:.2%} failed: {'held' if judged.held else 'too much'}"
        )
        return judged.held

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


class PlannedShape(LoadTestShape):
    """As many cameras as the plan asks for at each moment, and those who read and ask, all the time."""

    run: ClassVar[Run]
    others: ClassVar[int] = 0

    def reset_time(self) -> None:
        """The run begins."""
        self.run.begin()

    def tick(self) -> tuple[int, float] | None:
        """Users at this moment; None ends the run."""
        rate = self.run.rate()
        return None if rate is None else (cameras_for(rate) + self.others, _SPAWN_PER_S)


def _add_arguments(parser: LocustArgumentParser) -> None:
    what = "what `python -m loadtest` has planned"
    # As text: a master sends its options to its workers, and a path is nothing that Locust can send.
    parser.add_argument("--plan", required=True, help=what, include_in_web_ui=False)


def _prepare(environment: Environment, **_: object) -> None:
    assert environment.parsed_options is not None
    plan = read_plan(Path(environment.parsed_options.plan))
    photos = EndlessPhotos.read(plan.photos)
    run = Run(plan, read_logins(plan.logins))
    PlannedShape.run = run
    Camera.shops = Shops(
        plan.host, plan.port, believing_context(), photos.next, run.next_login, run.is_open, plan.knows_rows
    )
    FaceApiClient.next_photo = staticmethod(photos.next)
    FaceApiClient.host, FaceApiClient.fixed_count = plan.face_api_url, 0
    Reader.host, Reader.email, Reader.fixed_count = plan.report_url, plan.reader, 0
    if plan.face_api_url:
        FaceApiClient.fixed_count = math.ceil(plan.face_api_rate * PERIOD_S)
    if plan.report_url:
        Reader.fixed_count = plan.readers
    others: list[type[User]] = [FaceApiClient, Reader]
    PlannedShape.others = sum(user.fixed_count for user in others)
    environment.user_classes = [user for user in environment.user_classes if user not in others or user.fixed_count > 0]
    environment.events.request.add_listener(run.record)
    environment.events.user_error.add_listener(run.record_bug)
    environment.events.quit.add_listener(lambda **_: run.close())


events.init_command_line_parser.add_listener(_add_arguments)
events.init.add_listener(_prepare)
