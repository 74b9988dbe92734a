"""Registering LMSs and looking after them and their deployments, as an operator does it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lti_tool.records.platforms import (
    MOST_PENDING,
    add_deployment,
    note_clock,
    note_pending,
    platform_by_id,
)
from lti_tool.tenancy.roles import TEST_USER, Role
from tests.build import NOW, admit, launch, pack, registered, studying

LMS = {
    "--name": "Harrow Bank",
    "--issuer": "https://lms.example",
    "--client-id": "abc",
    "--auth-url": "https://lms.example/auth",
    "--token-url": "https://lms.example/token",
    "--jwks-url": "https://lms.example/jwks",
}
COURSE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
FACULTY = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Faculty"


def options(**changes):
    given = {**LMS, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return [word for pair in given.items() for word in pair if pair[1] is not None]


def test_an_lms_is_registered_shown_suspended_and_resumed(lti_tool):
    assert lti_tool("platforms", "add", *options(), "--deployment-id", "1") == (0, "1\n")
    assert "Harrow Bank" in lti_tool("platforms", "list")[1]
    assert "1 (active)" in lti_tool("platforms", "show", "1")[1]

    assert lti_tool("platforms", "suspend", "1") == (0, "LMS 1 is suspended.\n")
    (listed,) = json.loads(lti_tool("platforms", "list", "--json")[1])
    assert listed["status"] == "suspended"
    assert lti_tool("platforms", "resume", "1") == (0, "LMS 1 is active.\n")
    (shown,) = json.loads(lti_tool("platforms", "show", "1", "--json")[1])
    assert shown["issuer"] == "https://lms.example"


def test_an_lms_is_registered_once(lti_tool):
    lti_tool("platforms", "add", *options())
    code, said = lti_tool("platforms", "add", *options(name="Again"))

    assert code == 1
    assert "registered already" in said


@pytest.mark.parametrize("option", ["auth_url", "token_url", "jwks_url"])
def test_an_address_that_would_hide_what_we_add_to_it_is_refused(lti_tool, option):
    code, said = lti_tool("platforms", "add", *options(**{option: "https://lms.example/a#b"}))

    assert code == 2
    assert 'leave out the "#"' in said


@pytest.mark.parametrize("audience", ["", " ", "https://a\n", "\udcff", "x" * 2_049])
def test_an_audience_that_is_none_is_refused(lti_tool, audience):
    code, said = lti_tool("platforms", "add", *options(token_audience=audience))

    assert code == 2
    assert "printable" in said


def test_an_audience_is_kept(lti_tool):
    lti_tool("platforms", "add", *options(token_audience="https://lms.example/oauth2"))

    (shown,) = json.loads(lti_tool("platforms", "show", "1", "--json")[1])
    assert shown["token_audience"] == "https://lms.example/oauth2"


@pytest.mark.parametrize("option", ["auth_url", "token_url", "jwks_url"])
@pytest.mark.parametrize(
    "address", ["lms.example/auth", "http://[::1", "https://a:99999", "ftp://a"]
)
def test_an_address_that_is_none_is_refused(lti_tool, option, address):
    code, said = lti_tool("platforms", "add", *options(**{option: address}))

    assert code == 2
    assert "https://" in said


@pytest.mark.parametrize(
    ("option", "value"),
    [("name", ""), ("issuer", " "), ("client_id", "x" * 256), ("deployment_id", "é")],
)
def test_an_id_that_no_launch_could_carry_is_refused(lti_tool, option, value):
    assert lti_tool("platforms", "add", *options(**{option: value}))[0] == 2


def test_a_deployment_given_twice_is_one(lti_tool):
    twice = ("--deployment-id", "1", "--deployment-id", "1")

    assert lti_tool("platforms", "add", *options(), *twice)[0] == 0


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "x"])
def test_a_number_that_is_none_is_refused(lti_tool, number):
    assert lti_tool("platforms", "suspend", "--", number)[0] == 2


def test_what_does_not_exist_is_said_so(lti_tool):
    for command in (
        ("platforms", "show", "9"),
        ("platforms", "suspend", "9"),
        ("deployments", "approve", "9"),
    ):
        code, said = lti_tool(*command)
        assert code == 1
        assert "There is no" in said
    assert "No LMS is registered" in lti_tool("platforms", "list")[1]
    assert "No deployment" in lti_tool("deployments", "list")[1]


def test_a_pending_deployment_is_listed_and_approved(lti_tool, stored):
    lti_tool("platforms", "add", *options())
    with stored.transaction() as db:
        note_pending(db, 1, "school-a", NOW)

    assert "pending" in lti_tool("deployments", "list")[1]
    assert lti_tool("deployments", "approve", "1") == (0, "Deployment 1 is active.\n")
    assert lti_tool("deployments", "suspend", "1") == (0, "Deployment 1 is suspended.\n")
    (listed,) = json.loads(lti_tool("deployments", "list", "--json")[1])
    assert (listed["deployment_id"], listed["status"]) == ("school-a", "suspended")


def shown(lti_tool, number="1"):
    (facts,) = json.loads(lti_tool("platforms", "show", number, "--json")[1])
    return facts


def test_what_an_operator_decides_about_an_lms_can_be_changed(lti_tool, stored):
    lti_tool("platforms", "add", *options())

    changes = ("--leeway", "120", "--name", "Harrow", "--role", f"{FACULTY}=participant")
    assert lti_tool("platforms", "set", "1", *changes) == (0, "LMS 1 is changed.\n")

    facts = shown(lti_tool)
    assert (facts["name"], facts["leeway_s"]) == ("Harrow", 120)
    assert facts["role_overrides"] == {FACULTY: "participant"}
    said = lti_tool("platforms", "show", "1")[1]
    assert "leeway_s        120" in said
    assert f"role            {FACULTY}=participant" in said
    with stored.read() as db:
        assert platform_by_id(db, 1).role_overrides == {FACULTY: Role.PARTICIPANT}


def test_one_change_leaves_the_rest(lti_tool):
    lti_tool("platforms", "add", *options())
    lti_tool("platforms", "set", "1", "--leeway", "0", "--role", f"{FACULTY}=none")
    before = shown(lti_tool)

    lti_tool("platforms", "set", "1", "--name", "Harrow")
    assert shown(lti_tool) == {**before, "name": "Harrow"}
    lti_tool("platforms", "set", "1", "--role", "a=b=observer", "--role", "x=none")
    rules = {FACULTY: "none", "a=b": "observer", "x": "none"}
    assert shown(lti_tool)["role_overrides"] == rules
    lti_tool("platforms", "set", "1", "--no-role", "x", "--role", "a=b=facilitator")
    assert shown(lti_tool)["role_overrides"] == {FACULTY: "none", "a=b": "facilitator"}
    assert shown(lti_tool)["leeway_s"] == 0


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ([], 2, "Say what to change"),
        (["--leeway", "301"], 2, "0<=x<=300"),
        (["--leeway", "-1"], 2, "0<=x<=300"),
        (["--leeway", "x"], 2, "not a valid integer"),
        (["--name", " "], 2, "printable"),
        (["--role", FACULTY], 2, "a role name"),
        (["--role", f"{FACULTY}=wizard"], 2, "participant, facilitator, administrator"),
        (["--role", f"{FACULTY}="], 2, "participant, facilitator, administrator"),
        (["--role", "=observer"], 2, "a role name"),
        (["--role", f"{'x' * 256}=observer"], 2, "a role name"),
        (["--role", "\udcff=observer"], 2, "a role name"),
        (["--role", f"{TEST_USER}=participant"], 2, "never graded"),
        (["--role", "x=observer", "--role", "x=none"], 2, 'two rules for "x"'),
        (["--no-role", " "], 2, "a role name"),
        (["--no-role", "x"], 1, 'There is no rule for "x".'),
        (["--no-role", "x", "--role", "x=observer"], 2, "with --role and with --no-role"),
        (["--role", "x=observer", "--no-role", "x"], 2, "with --role and with --no-role"),
    ],
)
def test_what_cannot_be_set_is_said_plainly_and_nothing_changes(lti_tool, given, code, said):
    lti_tool("platforms", "add", *options())
    before = shown(lti_tool)

    ended, words = lti_tool("platforms", "set", "1", *given)

    assert (ended, said in words) == (code, True), words
    assert shown(lti_tool) == before


def test_an_lms_that_there_is_not_cannot_be_set(lti_tool):
    code, said = lti_tool("platforms", "set", "9", "--leeway", "10")

    assert (code, "There is no LMS 9" in said) == (1, True)


@pytest.mark.parametrize(
    ("ahead_s", "words", "mark"),
    [
        (0, "as ours (read 23 Nov 2026 14:05 UTC)\n", ""),
        (12, "12 s ahead of ours (read 23 Nov 2026 14:05 UTC)\n", ""),
        (-45, "45 s behind ours (read 23 Nov 2026 14:05 UTC); one of the two", "45 s behind"),
        (31, "31 s ahead of ours (read 23 Nov 2026 14:05 UTC); one of the two", "31 s ahead"),
    ],
)
def test_the_clock_of_an_lms_is_shown_and_marked_when_it_is_off(
    lti_tool, stored, ahead_s, words, mark
):
    lti_tool("platforms", "add", *options())
    assert "clock           not read yet" in lti_tool("platforms", "show", "1")[1]
    with stored.transaction() as db:
        note_clock(db, 1, ahead_s, NOW)

    assert f"clock           {words}" in lti_tool("platforms", "show", "1")[1]
    line = lti_tool("platforms", "list")[1].splitlines()[1]
    assert ("ours" in line, mark in line) == (bool(mark), True)
    facts = shown(lti_tool)
    assert (facts["clock_ahead_s"], facts["clock_off"]) == (ahead_s, bool(mark))
    assert facts["clock_read_at"] == "2026-11-23T14:05:00+00:00"
    (listed,) = json.loads(lti_tool("platforms", "list", "--json")[1])
    assert (listed["clock_ahead_s"], listed["clock_off"]) == (ahead_s, bool(mark))


def test_a_script_is_told_each_deployment_of_an_lms(lti_tool, stored):
    with stored.transaction() as db:
        registered(db, "a", "b")
        registered(db, "c")

    assert shown(lti_tool)["deployments"] == [
        {"id": 1, "deployment_id": "a", "status": "active"},
        {"id": 2, "deployment_id": "b", "status": "active"},
    ]


def test_a_person_is_told_twenty_deployments_and_where_the_others_are(lti_tool, stored):
    with stored.transaction() as db:
        registered(db, *(f"school-{number}" for number in range(1, 23)))

    said = lti_tool("platforms", "show", "1")[1]

    assert "school-20 (active), 2 more: lti-tool deployments list --platform 1" in said
    assert "school-21" not in said


@pytest.mark.parametrize(
    ("filters", "listed"),
    [
        ([], ["a", "b", "c", "d"]),
        (["--platform", "1"], ["a", "b"]),
        (["--status", "pending"], ["b", "d"]),
        (["--platform", "2", "--status", "pending"], ["d"]),
        (["--platform", "9"], []),
        (["--status", "suspended"], []),
    ],
)
def test_deployments_are_listed_by_lms_and_status(lti_tool, stored, filters, listed):
    with stored.transaction() as db:
        for active, pending in (("a", "b"), ("c", "d")):
            at = registered(db, active)
            note_pending(db, at.id, pending, NOW)

    rows = json.loads(lti_tool("deployments", "list", *filters, "--json")[1])
    code, said = lti_tool("deployments", "list", *filters)

    assert [row["deployment_id"] for row in rows] == listed
    assert code == 0
    assert listed or said == "No such deployment.\n"


def test_a_status_that_there_is_not_is_refused(lti_tool):
    assert lti_tool("deployments", "list", "--status", "lost")[0] == 2


def test_an_operator_sees_when_no_more_deployments_are_kept(lti_tool, stored):
    with stored.transaction() as db:
        at = registered(db)
        for number in range(MOST_PENDING):
            assert note_pending(db, at.id, f"forged-{number}", NOW)
        assert not note_pending(db, at.id, "one more", NOW)
    full = "100 deployments of LMS 1 are pending; no more are kept"

    assert full in lti_tool("deployments", "list")[1]
    assert full in lti_tool("deployments", "list", "--platform", "1")[1]
    assert full not in lti_tool("deployments", "list", "--json")[1]
    lti_tool("deployments", "suspend", "2")
    assert full not in lti_tool("deployments", "list")[1]
    with stored.transaction() as db:
        assert note_pending(db, at.id, "one more", NOW + timedelta(hours=1))


def test_a_school_that_was_installed_anew_goes_on(lti_tool, stored):
    with stored.transaction() as db:
        old = studying(db)
        note_pending(db, old.platform.id, "new id", NOW)

    said = "Deployment 1 goes on as what was deployment 2, and is active.\n"
    assert lti_tool("deployments", "approve", "2", "--instead-of", "1") == (0, said)

    (row,) = json.loads(lti_tool("deployments", "list", "--json")[1])
    assert (row["id"], row["deployment_id"], row["status"]) == (1, "new id", "active")


def test_what_cannot_be_moved_is_said_plainly_and_nothing_changes(lti_tool, stored):
    with stored.transaction() as db:
        at = registered(db, "old", "used", "only visited")
        elsewhere = registered(db, "elsewhere")
        admit(db, launch(at, deployment_id="used"), pack(), "m1.s1", NOW)
        add_deployment(db, elsewhere.id, "new elsewhere", "pending", NOW)
    before = lti_tool("deployments", "list")[1]

    for new, old, code, words in (
        ("9", "1", 1, "There is no deployment 9"),
        ("3", "9", 1, "There is no deployment 9"),
        ("1", "1", 1, "cannot replace itself"),
        ("5", "1", 1, "are of two LMSs"),
        ("2", "1", 1, "has courses or people of its own already"),
        ("3", "x", 2, "not a valid integer"),
    ):
        ended, said = lti_tool("deployments", "approve", new, "--instead-of", old)
        assert (ended, words in said) == (code, True), said
        assert lti_tool("deployments", "list")[1] == before
