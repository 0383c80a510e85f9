"""What a service says on /readyz."""

from typing import Final

import aiohttp

from services.operate.domain.findings import NotWorkingError

# The service itself asks its dependencies for two seconds.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=6.0, connect=3.0)


async def read_readiness(name: str, url: str) -> tuple[int, list[str]]:
    """The status of HTTP, and what the service waits for.

    Raises:
        NotWorkingError: nobody answers.
    """
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.get(url) as response:
            if response.content_type != "application/json":
                return response.status, []
            said = await response.json()
            missing = said.get("missing", []) if isinstance(said, dict) else []
            return response.status, [str(one) for one in missing]
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise NotWorkingError(
            f"It does not answer at {url}: {type(error).__name__}.",
            f"See that {name} runs, and read its log. Its address is in FACETALLY_OPERATE_HEALTH_URLS.",
        ) from error
