"""Who may publish and hear what, and what may cross."""

from services.provision.domain.nats_rights import kept_in_cell, nats_permissions
from services.provision.domain.site import Site


def test_each_service_may_write_the_next_stream_and_listen_to_nobody_else() -> None:
    rights = nats_permissions()
    answers = {"detect": ("examine.photo", "look.photo", "$SRV.>"), "classify": ("estimate.faces", "$SRV.>")}
    assert "photos.>" in rights["ingest"].publish
    assert "faces.>" in rights["detect"].publish
    assert "results.>" in rights["classify"].publish
    for user, permissions in rights.items():
        if user != "admin":
            assert permissions.subscribe == (f"_INBOX_{user}.>", *answers.get(user, ()))
            assert ">" not in permissions.publish
            assert not any(subject.startswith("$JS.API.STREAM.DELETE") for subject in permissions.publish)


HEADQUARTERS, CELL = Site("hq", cells=("europe", "asia")), Site("europe", headquarters="hq")


def test_users_of_a_cell_are_those_that_work_there() -> None:
    assert nats_permissions(CELL).keys() == {"admin", "ingest", "detect", "classify", "backfill", "operator"}
    for user, rights in nats_permissions(CELL).items():
        assert rights == nats_permissions()[user]


def test_a_link_may_carry_what_is_sourced_and_mirrored_and_nothing_else() -> None:
    users = nats_permissions(HEADQUARTERS)
    links = {user: rights for user, rights in users.items() if rights.is_link}
    assert links.keys() == {"cell-europe", "cell-asia"} == users.keys() - nats_permissions().keys()
    for user, rights in links.items():
        cell, other = ("europe", "asia") if user == "cell-europe" else ("asia", "europe")
        assert f"from.{cell}.>" in rights.publish
        assert f"to.{cell}.>" in rights.subscribe
        for subject in (*rights.publish, *rights.subscribe):
            assert other not in subject
            assert subject.startswith(("from.", "to.", "$JS.FC.", f"$JS.{cell}.API.", "$JS.hq.API.", "$JSC.R."))
            assert not subject.endswith("API.>")


def test_a_cell_keeps_what_has_pixels_to_itself() -> None:
    incoming, outgoing = kept_in_cell("europe")
    for subjects in (incoming, outgoing):
        assert {"photos.>", "faces.>", "held.>", "dead.>", "look.photo", "_INBOX_classify.>", "$JS.ACK.>"} <= set(
            subjects
        )
    for stream in ("PHOTOS", "HELD", "FACES", "DEAD"):
        assert f"$JS.europe.API.CONSUMER.CREATE.{stream}" in incoming
    link = nats_permissions(HEADQUARTERS)["cell-europe"]
    assert not set(incoming) & set(link.subscribe), "what headquarters is to ask for is not refused"
    assert not set(outgoing) & set(link.publish)
