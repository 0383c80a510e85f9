"""What cameras were told, and when. Pure."""

from collections import Counter

from bench.chaos.cameras import KEPT, LEFT, Try


class Chronicle:
    """Every try of every camera."""

    def __init__(self) -> None:
        self.tries: list[Try] = []
        # When each photo was acknowledged first; seconds since the epoch.
        self.acknowledged: dict[str, float] = {}

    def add(self, one: Try) -> None:
        """Note what a camera says."""
        self.tries.append(one)
        if one.answer == KEPT:
            self.acknowledged.setdefault(one.photo_id, one.ended_at)

    def answers(self, began: float, ended: float) -> Counter[str]:
        """How often cameras were told what between two times; seconds since the epoch."""
        return Counter(one.answer for one in self.tries if began <= one.ended_at <= ended)

    def refused(self, began: float, ended: float) -> int:
        """How many uploads failed between two times, by no will of the camera's."""
        answers = self.answers(began, ended)
        return answers.total() - answers[KEPT] - answers[LEFT]

    def longest_silence(self, began: float, ended: float) -> float:
        """The longest time without a photo that was kept; seconds."""
        kept = sorted(one.ended_at for one in self.tries if one.answer == KEPT and began <= one.ended_at <= ended)
        return max(b - a for a, b in zip([began, *kept], [*kept, ended], strict=True))

    def oldest_after(self, count: int, now: float) -> float:
        """For how long the first photo has waited that is not among the first so many; seconds."""
        times = sorted(self.acknowledged.values())
        return now - times[count] if count < len(times) else 0.0
