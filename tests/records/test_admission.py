"""A launch becomes rows once, however often it comes and by whatever way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from lti_tool.records import tables
from lti_tool.records.admission import deployment_status
from lti_tool.records.platforms import (
    add_platform,
    deployments,
    find_platforms,
    note_pending,
    platform_by_id,
    set_deployment_status,
    set_platform_status,
)
from lti_tool.tenancy.launch import ContextClaim, LinkClaim
from tests.build import FACILITATOR, NOW, admit, launch, pack, platform, registered

PEOPLE = (tables.PersonRow, tables.MembershipRow, tables.EnrolmentRow)
PLACES = (tables.ContextRow, tables.ResourceLinkRow, tables.LineItemRow)


def rows(db, table):
    return db.scalar(select(func.count()).select_from(table))


def counted(db):
    return {table.__tablename__: rows(db, table) for table in (*PEOPLE, *PLACES)}


def test_a_first_launch_adds_one_of_each(database):
    with database.transaction() as db:
        admission = admit(db, launch(registered(db)), pack(), "m1.s1", NOW)

        assert set(counted(db).values()) == {1}
        assert None not in (admission.enrolment_row, admission.link_row, admission.context_row)


def test_the_same_launch_again_adds_nothing(database):
    with database.transaction() as db:
        arrived = launch(registered(db))
        first = admit(db, arrived, pack(), "m1.s1", NOW)

        assert admit(db, arrived, pack(), "m1.s1", NOW) == first
        assert set(counted(db).values()) == {1}


@pytest.mark.parametrize(
    "said", [{"line_item_url": None}, {"can_score": False}], ids=["no line item", "no scope"]
)
def test_a_launch_that_names_no_line_item_leaves_the_one_that_is_known(database, said):
    with database.transaction() as db:
        arrived = launch(registered(db))
        admit(db, arrived, pack(), "m1.s1", NOW)
        admit(
            db,
            replace(arrived, standing=FACILITATOR, sub="staff", **said),
            pack(),
            "m1.s1",
            NOW,
        )

        assert db.scalar(select(tables.ResourceLinkRow.line_item_id)) is not None


def test_what_the_lms_renamed_is_renamed_and_what_it_withholds_stays(database):
    with database.transaction() as db:
        arrived = launch(registered(db))
        admit(db, arrived, pack(), "m1.s1", NOW)
        renamed = replace(
            arrived,
            name="Amira Khan",
            context=ContextClaim("c1", "NPQ", "NPQ spring"),
            link=LinkClaim("l1", "Session one"),
        )
        admit(db, renamed, pack(), "m1.s1", NOW)
        admit(db, replace(renamed, name=None), pack(), "m1.s1", NOW)

        assert db.scalar(select(tables.PersonRow.name)) == "Amira Khan"
        assert db.scalar(select(tables.ContextRow.title)) == "NPQ spring"
        assert db.scalar(select(tables.ResourceLinkRow.title)) == "Session one"
        assert set(counted(db).values()) == {1}


def test_the_same_sub_at_two_platforms_is_two_people(database):
    with database.transaction() as db:
        for _ in range(2):
            admit(db, launch(registered(db)), pack(), "m1.s1", NOW)

        assert set(counted(db).values()) == {2}


def test_the_same_sub_in_two_deployments_has_two_enrolments(database):
    with database.transaction() as db:
        at = registered(db, "school-a", "school-b")
        for tenant in ("school-a", "school-b"):
            admit(db, launch(at, deployment_id=tenant), pack(), "m1.s1", NOW)

        assert counted(db) == {
            "persons": 1,
            "memberships": 2,
            "enrolments": 2,
            "contexts": 2,
            "resource_links": 2,
            "line_items": 2,
        }


def test_ids_that_differ_only_in_case_or_a_space_are_different(database):
    with database.transaction() as db:
        at = registered(db)
        for sub in ("ada", "Ada", "ada "):
            admit(db, launch(at, sub=sub), pack(), "m1.s1", NOW)

        assert rows(db, tables.PersonRow) == 3


def test_staff_are_members_but_not_enrolled(database):
    with database.transaction() as db:
        admission = admit(
            db, launch(registered(db), standing=FACILITATOR), pack(), "m1.s1", NOW
        )

        assert admission.enrolment_row is None
        assert rows(db, tables.EnrolmentRow) == 0
        assert db.scalar(select(tables.MembershipRow.graded)) is False


def test_a_link_without_content_keeps_the_person_and_the_place(database):
    with database.transaction() as db:
        admission = admit(db, launch(registered(db), item=None), None, None, NOW)

        assert admission.enrolment_row is None
        assert admission.link_row is not None


def test_a_launch_without_a_course_keeps_only_the_person(database):
    with database.transaction() as db:
        arrived = launch(registered(db), context=None, link=None, line_item_url=None)
        admission = admit(db, arrived, None, None, NOW)

        assert (admission.context_row, admission.link_row) == (None, None)
        assert rows(db, tables.PersonRow) == 1


@pytest.mark.parametrize("status", ["pending", "suspended"])
def test_a_deployment_that_is_not_active_admits_nobody(database, status):
    with database.transaction() as db:
        at = registered(db)
        (row,) = deployments(db)
        set_deployment_status(db, row.id, status)

        assert admit(db, launch(at), pack(), "m1.s1", NOW) is None
        assert deployment_status(db, at.id, "1") == status
        assert set(counted(db).values()) == {0}


def test_an_unknown_deployment_is_kept_once_and_not_without_end(database):
    with database.transaction() as db:
        at = registered(db)
        for number in range(150):
            note_pending(db, at.id, f"forged-{number}", NOW)
            note_pending(db, at.id, "forged-0", NOW)

        assert deployment_status(db, at.id, "forged-0") == "pending"
        assert rows(db, tables.DeploymentRow) == 1 + 100


def test_eight_first_launches_of_one_person_at_once_end_with_one_of_each(database):
    with database.transaction() as db:
        arrived = launch(registered(db))

    with ThreadPoolExecutor(8) as pool:
        calls = [
            pool.submit(database.run, lambda db: admit(db, arrived, pack(), "m1.s1", NOW))
            for _ in range(8)
        ]
        admissions = {call.result() for call in calls}

    assert len(admissions) == 1
    with database.read() as db:
        assert set(counted(db).values()) == {1}


def test_a_platform_is_found_by_issuer_and_client_id_and_only_so(database):
    with database.transaction() as db:
        one = registered(db, issuer="https://shared.example", client_id="one")
        registered(db, issuer="https://shared.example", client_id="two")

        assert find_platforms(db, "https://shared.example", "one") == [one]
        assert len(find_platforms(db, "https://shared.example", None)) == 2
        assert find_platforms(db, "https://shared.example/", "one") == []
        assert platform_by_id(db, one.id) == one
        assert platform_by_id(db, 999) is None


def test_a_suspended_platform_is_known_as_such(database):
    with database.transaction() as db:
        at = registered(db)

        assert set_platform_status(db, at.id, "suspended")
        assert platform_by_id(db, at.id) == replace(at, active=False)
        assert not set_platform_status(db, 999, "suspended")


def test_an_lms_is_registered_once(database):
    twice = platform()
    with database.transaction() as db:
        add_platform(db, twice, ["1"], NOW)

    with pytest.raises(Exception, match=r"(?i)unique"), database.transaction() as db:
        add_platform(db, twice, ["1"], NOW)
