"""python -m services.faces."""

import asyncio

from services.classify.__main__ import classifying, work
from services.classify.settings import ClassifierSettings
from services.common.lifecycle import Runtime, run_service
from services.detect.__main__ import serve as detect
from services.detect.settings import DetectSettings
from services.faces.handler import PassOn


async def serve(settings: DetectSettings, runtime: Runtime) -> None:
    """Look at photos, and classify their faces, until asked to stop. classify's settings are read as its own process would."""
    classifier = ClassifierSettings()
    async with classifying(classifier, runtime.health) as (bus, classify_faces), asyncio.TaskGroup() as tasks:
        # Faces may have been left by separate services, or come back from the dead letters.
        tasks.create_task(work(bus, classify_faces, classifier, runtime.stopping))
        await detect(settings, runtime, PassOn(classify_faces))


if __name__ == "__main__":
    run_service("detect", DetectSettings, serve)
