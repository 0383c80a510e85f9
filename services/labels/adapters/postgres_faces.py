"""Recorded faces, drawn faces and their labels in Postgres, as the role `labels`."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Self
from uuid import UUID

import asyncpg

from services.common.errors import TransientError
from services.common.postgres import AWAY
from services.common.vocabulary import Gender, Mood
from services.labels.domain.drawing import Drawn, Method, Wanted
from services.labels.domain.faces import Candidate, Estimate, LabelsError
from services.labels.domain.labels import Chosen, DrawnFace, Label, Progress

_CONNECT_S: Final = 5.0
# Reading the faces of a period takes as long as there are many; nothing waits for it.
_STATEMENT_S: Final = 3600.0
_ROWS_AT_ONCE: Final = 1000
_OTHER_COLUMNS: Final = "x.shadow_age_years, x.shadow_female_probability, x.shadow_emotion_probabilities"
# Where a shadow has looked at a face several times, the last time counts.
_SHADOW: Final = """
join lateral (select * from shadow_face x where (x.photo_id, x.face_index) = (f.photo_id, f.face_index)
              order by x.seen_at desc limit 1) x on true
"""
_COLUMNS: Final = """
select f.photo_id, f.face_index, f.local_day, c.slug as camera, s.slug as shop, p.captured_at, p.received_at, p.object_key,
       f.box_left_px, f.box_top_px, f.box_width_px, f.box_height_px, f.score, f.quality::text, p.classifier_version,
       f.age_years, f.age_low_years, f.age_high_years, f.female_probability, f.emotion_probabilities
"""
_RECORDED: Final = """
from face f
join photo p on p.photo_id = f.photo_id and p.local_day = f.local_day
join camera c on c.camera_id = p.camera_id
join shop s on s.shop_id = c.shop_id
{shadow}
where f.local_day between $1 and $2 and (cardinality($3::text[]) = 0 or s.slug = any($3)) and f.quality <> 'rejected'
"""
_NOT_DRAWN: Final = """
  and not exists (select from drawn_face d where (d.photo_id, d.face_index) = (f.photo_id, f.face_index))
"""
_KEEP: Final = """
insert into drawn_face (face_id, photo_id, face_index, local_day, camera, shop, captured_at, received_at, object_key,
    box_left_px, box_top_px, box_width_px, box_height_px, quality, chip, consent, drawn_by, score, doubt, classifier_version,
    age_years, age_low_years, age_high_years, female_probability, emotion_probabilities)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text::face_quality, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25)
on conflict do nothing returning face_id
"""
_LABEL: Final = """
insert into face_label (face_id, is_face, age_years, gender, emotion, labelled_by)
select d.face_id, i.is_face, i.age_years, i.gender::gender, i.emotion::mood, $6
from unnest($1::text[], $2::boolean[], $3::real[], $4::text[], $5::text[]) as i (face_id, is_face, age_years, gender, emotion)
join drawn_face d using (face_id)
returning face_id
"""
_DRAWN: Final = """
select d.*, l.is_face, l.age_years as label_age_years, l.gender::text as label_gender, l.emotion::text as label_emotion,
       l.labelled_by, l.labelled_at
from drawn_face d left join newest_label l using (face_id)
where $1 or l.face_id is null
order by d.doubt desc, d.face_id
"""
_PROGRESS: Final = """
select d.drawn_by, count(*) as drawn, count(*) filter (where l.is_face) as labelled,
       count(*) filter (where not l.is_face) as no_face, count(*) filter (where d.consent) as consent
from drawn_face d left join newest_label l using (face_id) group by 1 order by 1
"""
# Every part of a statement sees the table as it was before.
_CONSENT: Final = """
with chosen as (
    select face_id, consent from drawn_face
    where (cardinality($2::text[]) = 0 or face_id = any($2)) and (cardinality($3::text[]) = 0 or shop = any($3))
      and ($4::date is null or local_day >= $4) and ($5::date is null or local_day <= $5)
), changed as (
    update drawn_face set consent = $1 where face_id in (select face_id from chosen where consent <> $1)
)
select count(*), count(*) filter (where consent <> $1) from chosen
"""


class PostgresFaces:
    """The database. Every method raises TransientError where it is away."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str) -> AsyncIterator[Self]:
        """Connected while the block runs."""
        with _translated():
            connection = await asyncpg.connect(
                dsn, timeout=_CONNECT_S, command_timeout=_STATEMENT_S, server_settings={"application_name": "labels"}
            )
        try:
            yield cls(connection)
        finally:
            await connection.close(timeout=_CONNECT_S)

    async def candidates(self, wanted: Wanted) -> AsyncGenerator[Candidate, None]:
        """Faces that were not drawn yet, one by one.

        Raises:
            LabelsError: there is no such shop.
        """
        others = f", {_OTHER_COLUMNS}" if wanted.by is Method.DISAGREEMENT else ""
        query = f"{_COLUMNS}{others}{_recorded(wanted)}{_NOT_DRAWN}"
        with _translated():
            await self._check_shops(wanted.shops)
            async with self._connection.transaction(readonly=True):
                cursor = self._connection.cursor(query, *_where(wanted), prefetch=_ROWS_AT_ONCE)
                async for row in cursor:
                    yield _candidate(row)

    async def is_any(self, wanted: Wanted) -> bool:
        """Whether there is any such face, drawn or not."""
        query = f"select exists (select 1 {_recorded(wanted)})"
        with _translated():
            return bool(await self._connection.fetchval(query, *_where(wanted)))

    async def keep(self, faces: Sequence[tuple[Drawn, bytes]], *, consent: bool) -> int:
        """Keep faces and their chips; how many of them had not been drawn meanwhile."""
        with _translated():
            async with self._connection.transaction():
                kept = [
                    await self._connection.fetchval(_KEEP, *_values(drawn, chip, consent=consent))
                    for drawn, chip in faces
                ]
        return sum(face_id is not None for face_id in kept)

    async def label(self, labels: Mapping[str, Label], by: str) -> int:
        """Keep labels by face, all or none; how many faces are there. What was drawn and is gone is left out."""
        said = labels.values()
        with _translated():
            rows = await self._connection.fetch(
                _LABEL,
                list(labels),
                [label.is_face for label in said],
                [label.age_years for label in said],
                [label.gender for label in said],
                [label.emotion for label in said],
                by,
            )
        return len(rows)

    async def consent(self, chosen: Chosen, *, agreed: bool) -> tuple[int, int]:
        """Keep whether people agreed that nets learn from drawn faces; of how many, and how many of these it was not so before.

        Raises:
            LabelsError: there is no such shop.
        """
        with _translated():
            await self._check_shops(chosen.shops)
            ((meant, changed),) = await self._connection.fetch(
                _CONSENT, agreed, list(chosen.face_ids), list(chosen.shops), chosen.since, chosen.until
            )
        return meant, changed

    async def drawn(self, *, labelled_too: bool) -> AsyncGenerator[DrawnFace, None]:
        """Faces that were drawn, the most doubtful first, one by one."""
        with _translated():
            async with self._connection.transaction(readonly=True):
                cursor = self._connection.cursor(_DRAWN, labelled_too, prefetch=_ROWS_AT_ONCE // 10)
                async for row in cursor:
                    yield _drawn(row)

    async def progress(self) -> list[Progress]:
        """How far labelling is, by method."""
        with _translated():
            return [Progress(*row) for row in await self._connection.fetch(_PROGRESS)]

    async def _check_shops(self, shops: Sequence[str]) -> None:
        known = await self._connection.fetchval(
            "select array(select slug from shop where slug = any($1::text[]))", list(shops)
        )
        if missing := sorted(set(shops) - set(known)):
            raise LabelsError(f"there is no shop {missing[0]}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except AWAY as error:
        raise TransientError(f"Postgres is away: {type(error).__name__}") from error


def _recorded(wanted: Wanted) -> str:
    """Where faces are looked for; for `_where`."""
    return _RECORDED.format(shadow=_SHADOW if wanted.by is Method.DISAGREEMENT else "")


def _where(wanted: Wanted) -> tuple[object, ...]:
    return wanted.since, wanted.until, list(wanted.shops)


def _estimate(row: Any) -> Estimate:
    return Estimate(
        row["age_years"],
        row["female_probability"],
        tuple(row["emotion_probabilities"]),
        row["age_low_years"],
        row["age_high_years"],
    )


def _box(row: Any) -> tuple[int, int, int, int]:
    return row["box_left_px"], row["box_top_px"], row["box_width_px"], row["box_height_px"]


def _candidate(row: Any) -> Candidate:
    return Candidate(
        photo_id=UUID(int=row["photo_id"].int),
        face_index=row["face_index"],
        local_day=row["local_day"],
        camera=row["camera"],
        shop=row["shop"],
        captured_at=row["captured_at"],
        received_at=row["received_at"],
        object_key=row["object_key"],
        box=_box(row),
        score=row["score"],
        quality=row["quality"],
        classifier_version=row["classifier_version"],
        estimate=_estimate(row),
        other=Estimate(
            row["shadow_age_years"], row["shadow_female_probability"], tuple(row["shadow_emotion_probabilities"])
        )
        if "shadow_age_years" in row
        else None,
    )


def _values(drawn: Drawn, chip: bytes, *, consent: bool) -> tuple[object, ...]:
    face, estimate = drawn.candidate, drawn.candidate.estimate
    return (
        face.face_id, face.photo_id, face.face_index, face.local_day, face.camera, face.shop, face.captured_at, face.received_at,
        face.object_key, *face.box, face.quality, chip, consent, drawn.by, drawn.score, estimate.doubt, face.classifier_version,
        estimate.age_years, estimate.age_low_years, estimate.age_high_years, estimate.female_probability,
        list(estimate.emotion_probabilities),
    )  # fmt: skip


def _drawn(row: Any) -> DrawnFace:
    label = None
    if row["is_face"] is not None:
        gender, emotion = row["label_gender"], row["label_emotion"]
        label = Label(row["is_face"], row["label_age_years"], gender and Gender(gender), emotion and Mood(emotion))
    return DrawnFace(
        face_id=row["face_id"],
        photo_id=row["photo_id"].hex,
        chip=row["chip"],
        box=_box(row),
        camera=row["camera"],
        shop=row["shop"],
        captured_at=row["captured_at"],
        quality=row["quality"],
        consent=row["consent"],
        classifier_version=row["classifier_version"],
        estimate=_estimate(row),
        label=label,
        labelled_by=row["labelled_by"],
        labelled_at=row["labelled_at"],
    )
