"""A small estate for tests: four shops in three regions, far apart on the clock."""

from services.estate.adapters.postgres_registry import PostgresRegistry
from services.estate.adapters.system_chance import SystemChance
from services.estate.domain import CameraLine
from services.estate.handler import import_estate
from tests.servers.postgres import Database


def line(region: str, city: str, shop: str, time_zone: str) -> CameraLine:
    """A shop with one camera."""
    return CameraLine(region, region.title(), city, city.title(), shop, shop.title(), time_zone, f"{shop}-cam")


LINES = [
    line("europe", "berlin", "berlin-mitte", "Europe/Berlin"),
    line("europe", "berlin", "berlin-ost", "Europe/Berlin"),
    line("asia", "tokyo", "tokyo-ginza", "Asia/Tokyo"),
    line("america", "denver", "denver-union", "America/Denver"),
]


async def register(database: Database, lines: list[CameraLine] | None = None) -> None:
    """Put the estate into a database."""
    async with PostgresRegistry.connect(database.dsn("estate")) as registry:
        await import_estate(lines or LINES, registry, SystemChance())
