"""detect and classify, asked over NATS: whichever of them takes the question."""

from facetally.v1.question_pb2 import EstimateRequest, FacesEstimated, LookRequest, PhotoLooked

from services.common.messaging import MessageBus
from services.common.streams import ESTIMATE_SUBJECT, LOOK_SUBJECT


class NatsModels:
    """See `services.faceapi.handler.ask_faces.Models`.

    Args:
        bus: the connection.
        within_s: how long an answer may take.
    """

    def __init__(self, bus: MessageBus, within_s: float) -> None:
        self._bus = bus
        self._within_s = within_s

    async def look(self, question: LookRequest) -> PhotoLooked:
        """Ask a detect."""
        answer = await self._bus.ask(LOOK_SUBJECT, question.SerializeToString(), self._within_s)
        return PhotoLooked.FromString(answer)

    async def estimate(self, question: EstimateRequest) -> FacesEstimated:
        """Ask a classify."""
        answer = await self._bus.ask(ESTIMATE_SUBJECT, question.SerializeToString(), self._within_s)
        return FacesEstimated.FromString(answer)
