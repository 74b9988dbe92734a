"""Grades: owed when earned, one row a line item, newest wins, claimed by one worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.errors import ContentSkipped, Incomplete
from lti_tool.records import outbox
from lti_tool.records.earning import owe_earned
from lti_tool.records.progress import Act, answers_of, done_of, keep_answers, record_done
from lti_tool.records.tables import GradeRow, LedgerRow, LineItemRow
from lti_tool.tenancy.launch import LinkClaim
from tests.build import FACILITATOR, NOW, admit, launch, pack, studying

RIGHT = {"q1": "0"}


def act(person, session=0, activity=0, answers=RIGHT, client_id="c"):
    chosen = person.pack.sessions[session]
    return Act(
        person.admission.enrolment_row,
        person.pack,
        chosen,
        chosen.activities[activity],
        answers,
        client_id,
    )


def study(db, person, session=0, at=NOW):
    for number, _ in enumerate(person.pack.sessions[session].activities):
        record_done(db, act(person, session, number), at + timedelta(seconds=number))


def grades(db):
    return db.execute(select(*GradeRow.__table__.columns)).all()


def test_nothing_is_owed_before_the_session_is_complete(database):
    with database.transaction() as db:
        person = studying(db)
        record_done(db, act(person), NOW)

        assert grades(db) == []


def test_the_completing_answer_owes_full_marks_with_its_true_moment(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        (grade,) = grades(db)

        assert (grade.given, grade.status, grade.attempts) == (1.0, "owed", 0)
        assert grade.submitted_at == NOW + timedelta(seconds=1)
        assert grade.at == grade.due_at == (NOW + timedelta(seconds=1)).replace(microsecond=0)


def test_doing_it_again_records_and_owes_nothing_and_keeps_the_first_answer(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        before = grades(db)
        again = act(person, answers={"q1": "1"}, client_id="another")
        record_done(db, again, NOW + timedelta(hours=1))

        assert grades(db) == before
        assert len(db.execute(select(LedgerRow.id)).all()) == 2
        assert answers_of(db, person.admission.enrolment_row, "m1.s1")["a1", "q1"] == "0"


def test_activities_out_of_order_are_refused_and_leave_nothing(database):
    with database.transaction() as db:
        person = studying(db)

        for skipped in (act(person, 0, 1), act(person, 1, 0)):
            with pytest.raises(ContentSkipped):
                record_done(db, skipped, NOW)
        assert done_of(db, person.admission.enrolment_row) == frozenset()
        assert answers_of(db, person.admission.enrolment_row, "m1.s1") == {}


def test_an_insufficient_answer_is_refused(database):
    with database.transaction() as db:
        person = studying(db)

        with pytest.raises(Incomplete):
            record_done(db, act(person, answers={"q1": ""}), NOW)
        assert done_of(db, person.admission.enrolment_row) == frozenset()


def test_drafts_are_kept_and_the_latest_stays(database):
    with database.transaction() as db:
        enrolment = studying(db).admission.enrolment_row
        keep_answers(db, enrolment, "m1.s1", "a1", {"q1": "one", "q2": "x\x00y"}, NOW)
        keep_answers(db, enrolment, "m1.s1", "a1", {"q1": "two"}, NOW)
        keep_answers(db, enrolment, "m1.s1", "a1", {}, NOW)

        assert answers_of(db, enrolment, "m1.s1") == {("a1", "q1"): "two", ("a1", "q2"): "xy"}


def test_staff_and_the_ungraded_are_never_owed_a_grade(database):
    with database.transaction() as db:
        person = studying(db)
        admit(db, launch(person.platform, standing=FACILITATOR), person.pack, "m1.s1", NOW)
        study(db, person)

        assert grades(db) == []


def test_a_link_without_a_line_item_owes_nothing(database):
    with database.transaction() as db:
        person = studying(db, line_item_url=None)
        study(db, person)

        assert grades(db) == []


def test_a_line_item_we_may_not_score_owes_nothing(database):
    with database.transaction() as db:
        study(db, studying(db, can_score=False))

        assert grades(db) == []


def test_work_done_before_a_link_existed_is_credited_when_it_appears(database):
    with database.transaction() as db:
        person = studying(db, line_item_url=None)
        study(db, person)
        later = launch(person.platform, link=LinkClaim("l2", "Graded"))
        admission = admit(db, later, person.pack, "m1.s1", NOW + timedelta(days=7))
        assert admission.may_be_owed
        enrolment = admission.enrolment_row
        done = done_of(db, enrolment)
        owe_earned(db, enrolment, person.pack, done, NOW + timedelta(days=7))
        (grade,) = grades(db)

        assert grade.submitted_at == NOW + timedelta(seconds=1)
        assert grade.at == (NOW + timedelta(days=7)).replace(microsecond=0)


def test_someone_who_has_done_nothing_may_not_be_owed(database):
    with database.transaction() as db:
        person = studying(db)
        again = admit(db, launch(person.platform), person.pack, "m1.s1", NOW)

        assert not again.may_be_owed


def test_a_module_link_is_owed_only_when_all_its_sessions_are_complete(database):
    with database.transaction() as db:
        person = studying(db, pack(sessions=2), item="demo/m1")
        study(db, person, 0)
        assert grades(db) == []
        study(db, person, 1, NOW + timedelta(minutes=5))

        assert len(grades(db)) == 1


def test_moments_of_one_grade_rise_by_whole_seconds(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        (first,) = grades(db)
        db.execute(update(LineItemRow).values(score_maximum=10.0))
        enrolment = person.admission.enrolment_row
        owe_earned(db, enrolment, person.pack, done_of(db, enrolment), first.at)
        (second,) = grades(db)

        assert second.given == 10.0
        assert second.at == first.at + timedelta(seconds=1)
        assert second.due_at == second.at


def test_a_grade_is_not_due_before_its_own_moment(database):
    with database.transaction() as db:
        study(db, studying(db))

        assert outbox.claim_due(db, NOW - timedelta(seconds=1), 10) == []


def test_a_claimed_grade_is_left_alone_until_its_lease_ends(database):
    with database.transaction() as db:
        study(db, studying(db))
        now = NOW + timedelta(seconds=2)
        (claimed,) = outbox.claim_due(db, now, 10)

        assert (claimed.attempts, claimed.first, claimed.sub) == (1, True, "p1")
        assert outbox.claim_due(db, now, 10) == []
        (again,) = outbox.claim_due(db, now + outbox.LEASE, 10)
        assert again.attempts == 2


def test_what_was_delivered_is_settled_and_shown(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        now = NOW + timedelta(seconds=2)
        (claimed,) = outbox.claim_due(db, now, 10)
        outbox.settle_delivered(db, claimed, now)

        assert state(db, person) == outbox.GradeState("delivered", now, None)
        assert outbox.claim_due(db, now + timedelta(days=1), 10) == []


def test_a_grade_replaced_during_its_delivery_stays_due(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        now = NOW + timedelta(seconds=2)
        (claimed,) = outbox.claim_due(db, now, 10)
        db.execute(update(LineItemRow).values(score_maximum=10.0))
        enrolment = person.admission.enrolment_row
        owe_earned(db, enrolment, person.pack, done_of(db, enrolment), now)
        outbox.settle_delivered(db, claimed, now)
        (grade,) = grades(db)

        assert (grade.status, grade.given) == ("owed", 10.0)
        assert grade.due_at is not None


def test_a_failure_waits_and_a_refusal_ends_it(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        now = NOW + timedelta(seconds=2)
        (claimed,) = outbox.claim_due(db, now, 10)
        outbox.settle_later(db, claimed, now + timedelta(hours=1), "503")
        assert state(db, person) == outbox.GradeState("owed", None, "503")
        assert outbox.claim_due(db, now + timedelta(minutes=59), 10) == []
        (claimed,) = outbox.claim_due(db, now + timedelta(hours=1), 10)
        outbox.settle_refused(db, claimed, "not enrolled")

        assert state(db, person).status == "refused"
        assert outbox.outbox_figures(db) == outbox.Owed(0, 1, None)


def test_four_workers_take_each_grade_once(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        for number in range(2, 42):
            other = launch(person.platform, sub=f"p{number}")
            admission = admit(db, other, person.pack, "m1.s1", NOW)
            study(db, replace_admission(person, admission))
    now = NOW + timedelta(minutes=1)

    def claim(_):
        with database.transaction() as db:
            return [grade.id for grade in outbox.claim_due(db, now, 5)]

    with ThreadPoolExecutor(4) as pool:
        claimed = [grade for batch in pool.map(claim, range(12)) for grade in batch]

    assert len(claimed) == len(set(claimed)) == 41


def replace_admission(person, admission):
    return replace(person, admission=admission)


def state(db, person):
    return outbox.grade_of(
        db, person.admission.context_row, person.admission.person_row, "demo", "m1.s1"
    )


def test_a_refused_grade_is_owed_anew_at_the_next_launch(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)
        now = NOW + timedelta(seconds=2)
        (claimed,) = outbox.claim_due(db, now, 10)
        outbox.settle_refused(db, claimed, "not enrolled")
        again = admit(db, launch(person.platform), person.pack, "m1.s1", now)
        assert again.may_be_owed
        done = done_of(db, again.enrolment_row)
        owe_earned(db, again.enrolment_row, person.pack, done, now)
        (grade,) = grades(db)

        assert (grade.status, grade.reason, grade.attempts) == ("owed", None, 0)
        assert grade.at > claimed.at
        assert grade.submitted_at == NOW + timedelta(seconds=1)


def test_a_grade_that_stands_is_not_owed_again_at_the_next_launch(database):
    with database.transaction() as db:
        person = studying(db)
        study(db, person)

        assert not admit(db, launch(person.platform), person.pack, "m1.s1", NOW).may_be_owed
