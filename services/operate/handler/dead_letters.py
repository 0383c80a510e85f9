"""List dead letters, put them back onto the stream that they died on, or drop them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.operate.domain.letters import Letter, replay_id, replayable

# A list with filters looks at so many letters at most: each is read whole.
_MOST_LOOKED_AT = 5_000


class LetterBox(Protocol):
    """Where dead letters are. All of it raises NotWorkingError when NATS is away."""

    async def numbers(self) -> Sequence[int]:
        """Numbers of all letters that there are, rising."""
        ...

    async def letter(self, number: int) -> Letter | None:
        """A letter; None where it is not there."""
        ...

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        """Return once the message is on a stream's disk; the same id again is stored once."""
        ...

    async def remove(self, number: int) -> None:
        """Take a letter out for good."""
        ...


@dataclass(frozen=True, slots=True)
class Filters:
    """Which letters are meant; None: any."""

    stage: str | None = None
    reason: str | None = None

    def match(self, letter: Letter) -> bool:
        """Whether a letter is meant; of the reason a part will do, in any case."""
        return (self.stage is None or letter.stage == self.stage) and (
            self.reason is None or self.reason.lower() in letter.reason.lower()
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one letter.

    Args:
        done: it is no longer among the dead letters.
        says: a sentence.
    """

    number: int
    done: bool
    says: str


async def newest(box: LetterBox, filters: Filters, limit: int) -> AsyncIterator[Letter]:
    """The newest letters that are meant, at most `limit` of them."""
    found = 0
    for number in reversed((await box.numbers())[-_MOST_LOOKED_AT:]):
        letter = await box.letter(number)
        if letter is None or not filters.match(letter):
            continue
        yield letter
        found += 1
        if found >= limit:
            return


async def chosen(box: LetterBox, filters: Filters) -> list[int]:
    """Numbers of all letters that are meant, the oldest first. Those that die from now on are not among them."""
    numbers = await box.numbers()
    if filters == Filters():
        return list(numbers)
    return [number for number in numbers if (letter := await box.letter(number)) and filters.match(letter)]


async def replay(box: LetterBox, numbers: Sequence[int]) -> AsyncIterator[Outcome]:
    """Publish letters again; each is removed only once its stream has it.

    It can be broken off between any two steps: at worst a message is there twice then, which its consumer expects.
    """
    for number in numbers:
        letter = await box.letter(number)
        if letter is None:
            yield Outcome(number, done=False, says="is not there")
        elif not replayable(letter):
            yield Outcome(number, done=False, says="does not say what it died on; it can only be dropped")
        else:
            await box.publish(letter.subject, letter.body, replay_id(letter))
            await box.remove(number)
            yield Outcome(number, done=True, says=f"is on {letter.subject} again")


async def drop(box: LetterBox, numbers: Sequence[int]) -> AsyncIterator[Outcome]:
    """Remove letters for good."""
    for number in numbers:
        if await box.letter(number) is None:
            yield Outcome(number, done=False, says="is not there")
        else:
            await box.remove(number)
            yield Outcome(number, done=True, says="is dropped")
