"""A grade belongs to one deployment, one course and one pack, whatever is called alike."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from lti_tool.records import outbox
from lti_tool.records.tables import GradeRow, LineItemRow, PersonRow
from lti_tool.tenancy.launch import ContextClaim, LinkClaim
from tests.build import NOW, Studying, admit, launch, pack, registered, studying
from tests.records.test_outbox import study

LATER = NOW + timedelta(minutes=1)


def arrived(db, at, of, **claims):
    """A participant at the first session of a pack."""
    opened = launch(at, item=f"{of.id}/m1.s1", **claims)
    return Studying(at, of, admit(db, opened, of, "m1.s1", NOW))


def graded_at(place):
    """Claims of a link that is graded in a column of this name."""
    return {"link": LinkClaim(place, place), "line_item_url": f"https://lms.example/{place}"}


def owed_at(db):
    """The columns somebody is owed a grade in."""
    query = select(LineItemRow.url).join(GradeRow, GradeRow.line_item_id == LineItemRow.id)
    return [url.rpartition("/")[2] for url in db.scalars(query)]


def standing(db, person):
    """How the grade of the first session stands where somebody arrived."""
    admission = person.admission
    return outbox.grade_of(
        db, admission.context_row, admission.person_row, person.pack.id, "m1.s1"
    )


def test_work_in_one_deployment_owes_nothing_in_another(database):
    with database.transaction() as db:
        at = registered(db, "1", "2")
        here = arrived(db, at, pack(), deployment_id="1", **graded_at("here"))
        there = arrived(db, at, pack(), deployment_id="2", **graded_at("there"))
        study(db, here)

        assert here.admission.person_row == there.admission.person_row
        assert owed_at(db) == ["here"]


def test_work_on_one_pack_owes_nothing_for_the_same_session_of_another(database):
    with database.transaction() as db:
        at = registered(db)
        mine = arrived(db, at, pack(), **graded_at("mine"))
        arrived(db, at, pack(id="other", digest="e" * 64), **graded_at("other"))
        study(db, mine)

        assert owed_at(db) == ["mine"]


def test_of_two_packs_with_the_same_session_each_shows_its_own_grade(database):
    with database.transaction() as db:
        at = registered(db)
        other = arrived(db, at, pack(id="other", digest="e" * 64), **graded_at("other"))
        mine = arrived(db, at, pack(), **graded_at("mine"))
        study(db, mine)

        assert standing(db, mine).status == "owed"
        assert standing(db, other).status == "none"


def test_of_two_courses_with_the_same_session_each_shows_its_own_grade(database):
    with database.transaction() as db:
        at = registered(db)
        courses = {
            name: arrived(
                db, at, pack(), context=ContextClaim(name, name, name), **graded_at(name)
            )
            for name in ("autumn", "spring")
        }
        study(db, courses["spring"])
        for grade in outbox.claim_due(db, LATER, 10):
            if grade.line_item_url.endswith("spring"):
                outbox.settle_delivered(db, grade, LATER)

        assert standing(db, courses["autumn"]).status == "owed"
        assert standing(db, courses["spring"]).status == "delivered"


def test_the_grade_that_is_due_longest_is_claimed_first(database):
    with database.transaction() as db:
        first = studying(db)
        study(db, first)
        for sub in ("p2", "p3"):
            study(db, arrived(db, first.platform, first.pack, sub=sub))
        for sub, waited in (("p1", 1), ("p2", 2), ("p3", 3)):
            whose = select(PersonRow.id).where(PersonRow.sub == sub).scalar_subquery()
            due = update(GradeRow).where(GradeRow.person_id == whose)
            db.execute(due.values(due_at=LATER - timedelta(hours=waited)))

        claimed = [outbox.claim_due(db, LATER, 1)[0].sub for _ in range(3)]

        assert claimed == ["p3", "p2", "p1"]
