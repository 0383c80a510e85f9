"""For how long everything is kept, and how much of the time the job that adds up may take. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

# A shop's day may begin fourteen hours before the day in UTC, and end twelve after it.
_ZONES: Final = timedelta(days=2)
# The job rests this many times as long as it has worked: it takes a twentieth of the time, and not more.
_REST: Final = 19
_LONGEST_PAUSE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days things are kept.

    Args:
        results_days: results photo by photo, and the ids of what was counted.
        camera_hours_days: what became of each camera's uploads, by the hour.
        tallies_days: tallies of visitors, and of cameras by the day.
        shadows_days: what releases in shadow say.
        photos_days: photos, by the store that keeps them; None: for ever.
    """

    results_days: int
    camera_hours_days: int
    tallies_days: int
    shadows_days: int = 90
    photos_days: int | None = None

    def oldest(self, now: datetime) -> datetime:
        """The earliest time of capture that is recorded.

        What is older was forgotten, perhaps together with the fact that it has been counted.
        """
        return now - timedelta(days=self.results_days)

    def results_before(self, now: datetime) -> date:
        """The first local day that may still be recorded; whole months before it can go."""
        return (self.oldest(now) - _ZONES).date()

    def camera_hours_before(self, now: datetime) -> date:
        """The first local day whose camera hours are kept."""
        return (now - timedelta(days=self.camera_hours_days) - _ZONES).date()

    def tallies_before(self, now: datetime) -> date:
        """The first local day whose tallies are kept."""
        return (now - timedelta(days=self.tallies_days) - _ZONES).date()

    def shadows_before(self, now: datetime) -> date:
        """The first local day of which it is kept what releases in shadow say."""
        return (now - timedelta(days=self.shadows_days) - _ZONES).date()

    def pictures_before(self, now: datetime) -> datetime | None:
        """The arrival of the earliest photo of which a picture may still be kept; None: all may."""
        return None if self.photos_days is None else now - timedelta(days=self.photos_days)

    def ids_before(self, now: datetime) -> datetime:
        """What was counted before this can be forgotten.

        No photo is dated more than minutes after its arrival, and none is counted before it arrives: what was counted
        that long ago was captured before `oldest`, and is refused when it comes again.
        """
        return self.oldest(now) - _ZONES


def pause_s(least_s: float, last_round_s: float) -> float:
    """How long to rest after a round, seconds."""
    return max(least_s, min(_REST * last_round_s, _LONGEST_PAUSE_S))
