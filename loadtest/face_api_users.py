"""Programs that were written against the Azure Face API, as Locust runs them."""

import os
from collections.abc import Callable
from typing import ClassVar, Final

from locust import FastHttpUser, constant_pacing, task

from loadtest.ftp_session import Photo
from loadtest.plan import PERIOD_S

KEY_VARIABLE: Final = "FACETALLY_LOADTEST_FACE_API_KEY"
_DETECT: Final = "/face/v1.0/detect?returnFaceId=false&returnFaceAttributes=age,gender,emotion"
_TIMEOUT_S: Final = 30.0


class FaceApiClient(FastHttpUser):
    """Asks who is to be seen in a photo, waits for the answer, and asks again."""

    fixed_count = 1  # the plan says how many, or that there is none
    next_photo: ClassVar[Callable[[], Photo]]
    wait_time = constant_pacing(PERIOD_S)
    connection_timeout = network_timeout = _TIMEOUT_S

    @task
    def detect(self) -> None:
        """Ask about one photo."""
        photo = type(self).next_photo()
        headers = {"Content-Type": "application/octet-stream"}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Ocp-Apim-Subscription-Key"] = key
        with self.client.post(
            _DETECT,
            b"".join((photo.head, photo.tail)),  # type: ignore[arg-type] # bytes are what the documentation promises
            headers=headers,
            name="detect",
            catch_response=True,
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
            elif not isinstance(_json(answer), list):
                answer.failure("the answer is not a list of faces")


def _json(answer: object) -> object:
    try:
        return answer.json()  # type: ignore[attr-defined]
    except ValueError:
        return None
