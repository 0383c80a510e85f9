"""Faces that were drawn to be labelled, in Postgres: read as the person who asks, labelled as the role `account`."""

from typing import Any, Final

from services.common.vocabulary import Gender, Mood
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.review import FaceLabel, ReviewFace, ReviewProgress

_NAMES: Final = (
    "face_id", "shop", "camera", "captured_at", "consent", "age_years", "age_low_years", "age_high_years",
    "female_probability", "emotion_probabilities",
)  # fmt: skip
_COLUMNS: Final = ", ".join(f"d.{name}" for name in _NAMES)
_UNLABELLED: Final = "not exists (select from face_label l where l.face_id = d.face_id)"
# The most doubtful first; of those that are as doubtful, by id.
_NEXT: Final = f"""
select {_COLUMNS} from drawn_face d left join drawn_face a on a.face_id = $1
where {_UNLABELLED} and (a.face_id is null or d.doubt < a.doubt or (d.doubt = a.doubt and d.face_id > a.face_id))
order by d.doubt desc, d.face_id limit 1
"""  # noqa: S608 - the names are our own


_FACE: Final = f"""
select {_COLUMNS}, l.is_face, l.age_years as said_age_years, l.gender::text as said_gender, l.emotion::text as said_emotion
from drawn_face d
left join lateral (select * from face_label l where l.face_id = d.face_id order by l.label_id desc limit 1) l on true
where d.face_id = $1
"""  # noqa: S608 - as above


class PostgresReview:
    """The database.

    Args:
        tallies: shows what somebody may see.
        accounts: can add labels, and see no face.
    """

    def __init__(self, tallies: PostgresTallies, accounts: AccountDatabase) -> None:
        self._tallies = tallies
        self._accounts = accounts

    async def next(self, person_id: int, after: str) -> ReviewFace | None:
        """The most doubtful face that nobody has labelled yet, of those that come after another one."""
        return _face(await self._row(person_id, _NEXT, after))

    async def face(self, person_id: int, face_id: str) -> ReviewFace | None:
        """A face, labelled or not."""
        row = await self._row(person_id, _FACE, face_id)
        return _face(row, said=_said(row) if row else None)

    async def chip(self, person_id: int, face_id: str) -> bytes | None:
        """A face's picture, PNG."""
        row = await self._row(person_id, "select chip from drawn_face where face_id = $1", face_id)
        return None if row is None else bytes(row["chip"])

    async def progress(self, person_id: int) -> ReviewProgress:
        """How far it is."""
        query = f"select count(*), count(*) filter (where {_UNLABELLED}) from drawn_face d"  # noqa: S608 - as above
        return ReviewProgress(*await self._row(person_id, query))

    async def label(self, face_id: str, label: FaceLabel, by: str) -> bool:
        """Keep what somebody says; whether the face is still there."""
        rows = await self._accounts.fetch(
            "insert into face_label (face_id, is_face, age_years, gender, emotion, labelled_by) "
            "select d.face_id, $2, $3, $4::text::gender, $5::text::mood, $6 from drawn_face d where d.face_id = $1 "
            "returning true",
            face_id,
            label.is_face,
            label.age_years,
            label.gender,
            label.emotion,
            by,
        )
        return bool(rows)

    async def _row(self, person_id: int, query: str, *arguments: object) -> Any:
        async with self._tallies.seen_by(person_id) as reader:
            return await reader.connection.fetchrow(query, *arguments)


def _face(row: Any, *, said: FaceLabel | None = None) -> ReviewFace | None:
    if row is None:
        return None
    values = {name: row[name] for name in _NAMES} | {"emotion_probabilities": tuple(row["emotion_probabilities"])}
    return ReviewFace(**values, said=said)


def _said(row: Any) -> FaceLabel | None:
    if row["is_face"] is None:
        return None
    gender, emotion = row["said_gender"], row["said_emotion"]
    return FaceLabel(row["is_face"], row["said_age_years"], gender and Gender(gender), emotion and Mood(emotion))
