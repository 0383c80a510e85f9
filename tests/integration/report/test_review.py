"""Faces to be labelled: read as the person who asks, labelled by a role that sees none."""

from datetime import timedelta

import asyncpg

from services.common.vocabulary import Gender, Mood
from services.report.adapters.account_database import AccountDatabase
from services.report.adapters.postgres_review import PostgresReview
from services.report.adapters.postgres_tallies import PostgresTallies
from services.report.domain.review import FaceLabel
from tests.drawn_faces import CHIP, draw_face
from tests.estates import register
from tests.servers.postgres import Database


async def test_nobody_sees_a_face_of_a_place_that_is_not_theirs_and_the_most_doubtful_comes_first(
    database: Database,
) -> None:
    await register(database)
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        everywhere, in_tokyo = [
            await owner.fetchval(
                "with p as (insert into person (email, name, role) values ($1, $1, 'admin') returning person_id) "
                f"insert into access select person_id, scope_id from p, scope where {where} returning person_id",
                email,
            )
            for email, where in (
                ("ana@example.com", "kind = 'world'"),
                ("ben@example.com", "shop_id = (select shop_id from shop where slug = 'tokyo-ginza')"),
            )
        ]
        sure = await draw_face(owner, 1, "berlin-mitte", doubt=0.1)
        unsure = await draw_face(owner, 2, "berlin-mitte", doubt=2.0, after=timedelta(hours=1))
        far = await draw_face(owner, 3, "tokyo-ginza", doubt=1.0)
        async with (
            PostgresTallies.connect(database.dsn("report"), 2) as tallies,
            AccountDatabase.connect(database.dsn("account")) as accounts,
        ):
            review = PostgresReview(tallies, accounts)
            order, after = [], ""
            while face := await review.next(everywhere, after):
                order.append(after := face.face_id)
            assert order == [unsure, far, sure]
            theirs = await review.next(in_tokyo, "")
            assert theirs is not None
            assert theirs.face_id == far
            assert await review.next(in_tokyo, far) is None
            assert await review.face(in_tokyo, sure) is None
            assert await review.chip(in_tokyo, sure) is None
            assert await review.chip(in_tokyo, far) == CHIP
            said = FaceLabel(True, 30.5, Gender.FEMALE, Mood.FEAR)
            assert await review.label(unsure, said, "ana@example.com")
            again = await review.face(everywhere, unsure)
            assert again is not None
            assert again.said == said
            untouched = await review.face(everywhere, far)
            assert untouched is not None
            assert untouched.said is None
            assert not await review.label(unsure[:-1] + "9", said, "ana@example.com")
            next_one = await review.next(everywhere, "")
            assert next_one is not None
            assert next_one.face_id == far
            counted = [await review.progress(who) for who in (everywhere, in_tokyo)]
            assert [(progress.drawn, progress.left) for progress in counted] == [(3, 2), (1, 1)]
        rows = await owner.fetch("select face_id, age_years, gender, emotion, labelled_by from newest_label")
        assert [tuple(row) for row in rows] == [(unsure, 30.5, "female", "fear", "ana@example.com")]
    finally:
        await owner.close()
