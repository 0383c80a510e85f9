"""Ask detect which faces a photo shows, and classify what is wanted of them."""

from typing import Protocol

from facetally.v1.question_pb2 import EstimatedFace, EstimateRequest, FacesEstimated, LookRequest, PhotoLooked

from services.faceapi.domain.faces import Face, SeenPhoto, Wanted


class Models(Protocol):
    """Those who look and estimate, wherever they are."""

    async def look(self, question: LookRequest) -> PhotoLooked:
        """Faces of a photo.

        Raises:
            BadInputError: it cannot be decoded.
            TransientError: nobody answers, or not in time.
        """
        ...

    async def estimate(self, question: EstimateRequest) -> FacesEstimated:
        """Estimates of faces; errors as of `look`."""
        ...


class AskFaces:
    """A photo in, its faces and what is wanted of them out. Nothing is kept."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def __call__(self, photo: bytes, min_face_px: int, wanted: Wanted) -> SeenPhoto:
        """Return what the photo shows.

        Args:
            photo: the file.
            min_face_px: see `LookRequest`.
            wanted: of each face.

        Raises:
            BadInputError: the photo cannot be decoded.
            TransientError: detect or classify does not answer.
        """
        looked = await self._models.look(
            LookRequest(photo=photo, min_face_px=min_face_px, with_chips=wanted.estimates, with_noise=wanted.noise)
        )
        estimates, version = [EstimatedFace()] * len(looked.faces), ""
        if looked.faces and wanted.estimates:
            estimated = await self._models.estimate(
                EstimateRequest(
                    chips_rgb=[face.chip_rgb for face in looked.faces],
                    age_and_gender=wanted.age_and_gender,
                    emotion=wanted.emotion,
                    landmarks=wanted.landmarks,
                )
            )
            estimates, version = list(estimated.faces), estimated.classifier_version
        faces = tuple(Face(seen, estimate) for seen, estimate in zip(looked.faces, estimates, strict=True))
        return SeenPhoto(looked.width_px, looked.height_px, faces, looked.detector_version, version)
