"""What an estimate comes to, in sentences. Pure."""

from typing import Final

from services.cost.domain.estimate import Estimate, Item
from services.cost.domain.words import about, dollars

NOT_COUNTED: Final = (
    "Not in it, unless put in as --other-usd: people, backups, the shops' lines, taxes, discounts. The face API's price is for its calls alone: keeping "
    "photos, results and reports would come on top of it."
)


NOT_BUILT: Final = (
    "Today facetally keeps all photos, for a day or more. Removing them once they have been looked at (0 days), keeping "
    "only those with a face in doubt, and encoding them anew are not built; what encoding takes was not measured."
)


def verdict(result: Estimate) -> str:
    """The last line: the total, beside the face API, and what is the most of it."""
    own, rented, api = result.own_usd, result.rented_usd, result.face_api_usd
    return (
        f"About {dollars(own)} a month on machines of your own and {dollars(rented)} on rented ones, against "
        f"{dollars(api)} for the cloud's face API: {_percent(own, api)} and {_percent(rented, api)} of it. "
        f"The largest part is {_largest([(item, item.own_usd) for item in result.items])} on your own, and "
        f"{_largest([(item, item.rented_usd) for item in result.items])} on rented ones."
    )


def power_words(result: Estimate) -> str:
    """What power and room are of the bill."""
    return (
        f"Machines and disks of your own draw {about(result.kw)} kW. Their electricity ({dollars(result.electricity_usd)}) and "
        f"room ({dollars(result.room_usd)}) are in their prices."
    )


def gpu_words(result: Estimate) -> str:
    """Whether a GPU could be worth its money."""
    verdict = (
        "it would cost more than it can save"
        if result.gpu_usd >= result.gpu_saves_usd
        else "it may pay; how many photos a second it looks at was not measured, and decides"
    )
    return (
        f"A GPU is not in it. It could take over {about(result.gpu_cores)} cores at the peak at most, which cost "
        f"{dollars(result.gpu_saves_usd)} a month to rent. One rented GPU costs {dollars(result.gpu_usd)}: {verdict}."
    )


def _largest(parts: list[tuple[Item, float | None]]) -> str:
    total = sum(usd or 0 for _, usd in parts)
    item, usd = max(parts, key=lambda part: part[1] or 0)
    return f"{item.name} ({_percent(usd or 0, total)})" if total else "nothing"


def _percent(part: float, whole: float) -> str:
    return f"{about(100 * part / whole)} %"
