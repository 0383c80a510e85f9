"""People who read reports, as Locust runs them."""

import html
import os
import re
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

import numpy as np
from locust import HttpUser, between, task
from locust.exception import StopUser

from loadtest.browsing import Manager, address

SIGN_IN_VARIABLE: Final = "FACETALLY_LOADTEST_REPORT_PASSWORD"
_FORM: Final = re.compile(r'name="login" value="([^"]*)"')
_TIMEOUT_S: Final = 30.0


class Reader(HttpUser):
    """Signs in by the form, and then looks at a page, thinks, and asks for another."""

    fixed_count = 1  # the plan says how many, or that there is none
    email: ClassVar[str] = ""
    places: ClassVar[tuple[str, ...]] = ()
    wait_time = between(2, 6)

    def on_start(self) -> None:
        """Sign in; who cannot is counted as a failure and goes."""
        self._random = np.random.default_rng()
        self._manager = Manager(place="world", inside=self.places)
        page = self.client.get("/login", name="the login page", timeout=_TIMEOUT_S)
        found = _FORM.search(page.text)
        form = {
            "login": html.unescape(found[1]) if found else "",
            "next": "/",
            "email": self.email,
            "password": os.environ.get(SIGN_IN_VARIABLE, ""),
        }
        with self.client.post(
            "/login", form, name="signing in", timeout=_TIMEOUT_S, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code != 303:
                answer.failure(f"not signed in: {answer.status_code}")
                raise StopUser
            answer.success()

    @task
    def read(self) -> None:
        """Look at a page."""
        until = (datetime.now(UTC) - timedelta(days=1)).date()
        page, wanted = address(self._random, self._manager, until)
        with self.client.get(
            wanted, name=page, timeout=_TIMEOUT_S, allow_redirects=False, catch_response=True
        ) as answer:
            # Who is not signed in any more is sent to the login page.
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
