"""What the study pages say, and how they are built."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from lti_tool.records import tables
from lti_tool.study.content import Module
from lti_tool.web.standing import clock
from tests.web.page import Page
from tests.web.school import watched
from tests.web.small_pack import FIRST, PACK, READING, SECOND, THIRD

KINDS = [
    ("m1.s1", "recall"),
    ("m1.s1", "reading"),
    ("m1.s1", "example"),
    ("m1.s1", "plan"),
    ("m1.s2", "review"),
    ("m1.s2", "two-books"),
    ("m1.s2", "dilemma"),
    ("m1.s2", "apply"),
    ("m1.s2", "reflect"),
]


def until(visitor, item: str, activity_id: str) -> None:
    """Do everything before an activity."""
    for session in (FIRST, SECOND):
        for activity in session.activities:
            if (session.item, activity.id) == (item, activity_id):
                return
            visitor.do(session, activity.id)


def well_built(page: Page) -> None:
    """One h1, no level skipped, unique ids, every label and description leads somewhere."""
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.all():
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for target in element.attributes.get(name, "").split():
                assert target in ids, (name, target)
        if element.attributes.get("href", "").startswith("#"):
            assert element.attributes["href"][1:] in ids
        assert not [a for a in element.attributes if a.startswith("on") or a == "style"]
    assert len(page.all("main")) == 1
    assert page.all("a", class_="skip")


@pytest.mark.parametrize(("item", "activity_id"), KINDS)
def test_every_kind_of_activity_is_well_built_before_and_after(arrive, item, activity_id):
    amira = arrive(item)
    until(amira, item, activity_id)
    path = f"session/{item}/{activity_id}"

    to_do = amira.page(path)
    refused = amira.asked_again(path, {})
    amira.do(FIRST if item == "m1.s1" else SECOND, activity_id)
    done = amira.page(path)

    for page in (to_do, refused, done):
        well_built(page)
        assert "Demonstration content, not an approved NPQ" in page.words
        assert "version 1.0.0 · content 0123456789ab" in page.one("footer").words
    assert len(to_do.all("form")) == len(refused.all("form")) == 1
    assert not done.all("form")


@pytest.mark.parametrize("path", ["", "session/m1.s1/end", "session/m1.s2/plan", "nowhere"])
def test_the_other_pages_are_well_built(arrive, path):
    amira = arrive("all")
    amira.do(FIRST)

    well_built(Page(amira.get(path).text))


def test_no_page_asks_another_host_for_anything(arrive):
    amira = arrive("all")
    amira.do(FIRST)

    for path in ("", "session/m1.s1/end", *(f"session/m1.s1/{a.id}" for a in FIRST.activities)):
        page = amira.page(path)
        for element in page.all("script") + page.all("link") + page.all("img"):
            address = element.attributes.get("src") or element.attributes["href"]
            assert address.startswith(("/assets/", "data:"))


def test_the_first_view_is_light(arrive, app):
    amira = arrive()
    html = amira.get("session/m1.s1/recall")
    page = Page(html.text)
    files = [e.attributes["src"] for e in page.all("script")]
    files += [e.attributes["href"] for e in page.all("link", rel="stylesheet")]

    weight = len(html.data) + sum(
        len(app.test_client().get(f, headers={"Accept-Encoding": "gzip"}).data) for f in files
    )

    assert len(files) == 3
    assert weight < 60_000  # bytes


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("session/m1.s1/example", 3),
        ("session/m1.s1/recall", 3),
        ("session/m1.s1", 2),
        ("", 1),
    ],
)
def test_a_page_costs_few_statements(arrive, path, most):
    amira = arrive()
    amira.do(FIRST, "recall", "reading")

    with watched(amira.database) as work:
        assert amira.get(path).status_code in (200, 303)

    assert 0 < len(work.statements) <= most


def test_a_page_says_where_one_is_and_how_long_it_takes(arrive):
    amira = arrive()
    amira.do(FIRST, "recall", "reading")

    page = amira.page("session/m1.s1/example")

    assert page.one("p", class_="where").words == (
        "Worked example · Activity 3 of 4 · about 12 minutes"
        " · 20 minutes still to do in this session"
    )
    steps = [step.words for step in page.one("nav", class_="session-steps").all("li")]
    assert steps == [
        "What do you remember? 6 min · done",
        "Sorting problems 12 min · done",
        "A task sheet in three versions 12 min · this one",
        "One thing before next time 8 min · later",
    ]
    assert page.one("a", aria_current="step").words.startswith("A task sheet")


def test_choices_come_back_with_words_for_right_and_wrong(arrive):
    amira = arrive()
    amira.post("session/m1.s1/recall", {"q-q1": "0", "q-q2": "it is working memory"})

    answers = amira.page("session/m1.s1/recall").one("section", id="answers")

    wrong, right = answers.all("div", class_="verdict")
    assert wrong.words == "Not this one You chose: Performance About performance"
    assert right.words == "The right answer Learning About learning"
    assert "One good answer Working memory: it holds little" in answers.words
    assert "it is working memory" in answers.words
    assert answers.one("a", class_="btn").words == "Continue: Sorting problems"


def test_several_choices_are_counted(arrive, app):
    twice = replace(
        READING, questions=(*READING.questions, replace(READING.questions[0], id="q2"))
    )
    session = replace(FIRST, activities=(twice,))
    pack = replace(PACK, modules=(Module("m1", 1, "T", "P", (session,)),), digest="f" * 64)
    parts = app.extensions["lti_tool"]
    app.extensions["lti_tool"] = replace(parts, packs={PACK.id: pack})
    amira = arrive()

    amira.post("session/m1.s1/reading", {"q-q1": "0", "q-q2": "1"})

    page = amira.page("session/m1.s1/reading")
    assert "1 of the 2 choices right." in page.one("section", id="answers").words
    assert page.one("a", class_="btn").words == "Go to the end of the session"
    assert "session finished" in page.one("p", class_="where").words


def test_a_scenario_tells_where_every_choice_leads(arrive):
    amira = arrive("m1.s2")
    until(amira, "m1.s2", "apply")

    page = amira.page("session/m1.s2/dilemma")

    chosen, *others = page.all("div", class_="verdict")
    assert chosen.words == "You chose Nod About nod"
    assert [o.words for o in others] == [
        "The strongest of these Ask About ask",
        "Leave About leave",
    ]
    assert "word0" in page.all("div", class_="wrote")[0].words


def test_the_steps_of_an_example_open_one_by_one(arrive):
    amira = arrive()
    until(amira, "m1.s1", "example")

    steps = amira.page("session/m1.s1/example").all("details")

    assert ["open" in step.attributes for step in steps] == [True, False, False]
    assert steps[1].one("summary").words == "Step 2 of 3 The second sheet"


def test_citations_and_references_lead_to_each_other(arrive):
    amira = arrive()
    until(amira, "m1.s1", "reading")

    page = amira.page("session/m1.s1/reading")

    work = page.one("li", id="ref-chi-1981")
    doi, back = work.all("a")
    assert doi.attributes["href"] == "https://doi.org/10.1207/s15516709cog0502_2"
    assert page.one(id=back.attributes["href"][1:]).attributes["href"] == "#ref-chi-1981"


def test_an_optional_activity_opens_but_holds_nothing_up(arrive, app):
    extra = replace(READING, id="extra", compulsory=False)
    activities = (FIRST.activities[0], extra, *FIRST.activities[2:])
    session = replace(FIRST, activities=activities)
    pack = replace(PACK, modules=(Module("m1", 1, "T", "P", (session,)),), digest="e" * 64)
    parts = app.extensions["lti_tool"]
    app.extensions["lti_tool"] = replace(parts, packs={PACK.id: pack})
    amira = arrive()
    amira.do(FIRST, "recall")

    steps = amira.page("session/m1.s1/example").one("nav", class_="session-steps").all("li")

    assert steps[1].words == "Sorting problems 12 min · open · optional"
    assert amira.get("session/m1.s1/extra").status_code == 200


def test_the_map_tells_what_is_done_what_is_next_and_what_is_later(arrive):
    amira = arrive("all")
    amira.do(FIRST)
    amira.do(SECOND, "recall")

    page = amira.page()

    assert page.title == "A small pack"
    assert "1 of 3 study sessions done" in page.words
    today = page.one("section", class_="today")
    assert today.one("a").attributes["href"] == f"{amira.home}session/m1.s2"
    assert "48 of 54 minutes still to do" in today.words
    lines = [line.one("p", class_="step-state").words for line in page.all(class_="map-line")]
    assert lines == [
        "Done",
        "In progress · 48 minutes still to do",
        "Opens when those before it are done · 18 minutes",
    ]
    assert not page.all(class_="map-line")[2].all("a")


def test_a_map_of_a_later_module_leads_to_what_comes_before_it(arrive):
    amira = arrive("m2")

    page = amira.page()

    assert page.title == "How teachers learn"
    assert page.one("section", class_="today").one("a").attributes["href"] == (
        f"{amira.home}session/m1.s1"
    )


def test_a_finished_map_has_nowhere_to_go_on(arrive):
    amira = arrive("m1")
    amira.do(FIRST)
    amira.do(SECOND)

    page = amira.page()

    assert "All of it is done." in page.words
    assert not page.all("section", class_="today")


def test_the_end_shows_the_plan_and_what_is_next(arrive):
    amira = arrive()
    amira.do(FIRST)

    page = amira.page("session/m1.s1/end")

    assert page.title == "Session 1 is done"
    assert "word0" in page.one("section", class_="own-plan").words
    assert page.one("a", class_="btn").attributes["href"] == f"{amira.home}session/m1.s2"


def test_the_end_of_everything_says_so(arrive):
    amira = arrive("all")
    for session in (FIRST, SECOND, THIRD):
        amira.do(session)

    assert "every study session" in amira.page("session/m2.s1/end").words


def grade(visitor, item: str, **columns: object) -> None:
    """A gradebook column for an item, and a grade in it where its status is given."""
    now = datetime.now(UTC)
    with visitor.database.transaction() as db:
        line_item = db.execute(
            insert(tables.LineItemRow)
            .values(context_id=visitor.course, url=f"https://lms/{item}", score_maximum=1.0)
            .returning(tables.LineItemRow.id)
        ).scalar_one()
        link = {"context_id": visitor.course, "lti_id": item, "title": "", "pack_id": PACK.id}
        db.execute(
            insert(tables.ResourceLinkRow).values(**link, item=item, line_item_id=line_item)
        )
        if columns:
            row = {"given": 1.0, "submitted_at": now, "at": now, "due_at": now, "attempts": 0}
            of = {"line_item_id": line_item, "person_id": visitor.person}
            db.execute(insert(tables.GradeRow).values(**{**row, **of, **columns}))


@pytest.mark.parametrize(
    ("columns", "says", "watched"),
    [
        pytest.param({}, "no column in the gradebook", False, id="none"),
        pytest.param(
            {"status": "owed"}, "within a minute. Waiting to be sent.", True, id="owed"
        ),
        pytest.param({"status": "owed", "reason": "503"}, "We keep trying", True, id="again"),
        pytest.param(
            {"status": "refused"}, "Tell whoever runs your course", False, id="refused"
        ),
        pytest.param(
            {"status": "delivered", "delivered_at": datetime.now(UTC)},
            "Done. 38 minutes of study, all 4 activities. Sent to your LMS at ",
            False,
            id="delivered",
        ),
    ],
)
def test_the_end_says_what_became_of_the_grade(arrive, columns, says, watched):
    amira = arrive()
    amira.do(FIRST)
    grade(amira, "m1.s1", **columns)

    box = amira.page("session/m1.s1/end").one(class_="grade")

    assert says in box.words
    assert ("data-watch" in box.attributes) is watched
    assert "503" not in box.words


def test_who_is_not_graded_is_told_so(arrive):
    amira = arrive(graded=False)
    amira.do(FIRST)

    assert "role in this course is not graded" in amira.page("session/m1.s1/end").words


def test_a_module_is_graded_when_all_of_it_is_done(arrive):
    amira = arrive("m1")
    amira.do(FIRST)

    assert "when all its sessions are done: 1 of 2 so far" in (
        amira.page("session/m1.s1/end").one(class_="grade").words
    )


def test_the_end_of_another_session_tells_of_that_sessions_grade(arrive):
    amira = arrive("m1.s2")
    amira.do(FIRST)
    grade(amira, "m1.s1", status="owed")

    assert "Waiting to be sent" in amira.page("session/m1.s1/end").one(class_="grade").words


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 7, 1, 13, 5, tzinfo=UTC), "14:05"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 3, 3, 14, 5, tzinfo=UTC), "14:05 on 3 March"),
    ],
)
def test_moments_are_shown_as_a_british_clock_does(at, shown):
    assert clock(at, now=datetime(2026, 7, 1, 18, 0, tzinfo=UTC)) == shown


def test_a_page_names_the_person_and_leads_back_to_the_course(arrive):
    header = arrive().page("session/m1.s1/recall").one("header", class_="top")

    assert "Amira Begum" in header.words
    assert header.one("a").attributes["href"] == "https://lms.school.example/course/1"


def test_an_odd_return_address_is_not_linked(arrive):
    page = arrive(return_url="javascript:alert(1)").page("session/m1.s1/recall")

    assert "Back to your course" not in page.words


def test_an_ended_visit_says_that_work_is_safe(arrive):
    amira = arrive()
    with amira.database.transaction() as db:
        db.execute(
            update(tables.VisitRow).values(seen_at=datetime.now(UTC) - timedelta(days=2))
        )

    answer = amira.get("session/m1.s1/recall")

    assert answer.status_code == 403
    page = Page(answer.text)
    well_built(page)
    assert "Your visit has ended" in page.title
    assert re.fullmatch(r"Reference [0-9a-f]{8}", page.one(class_="reference").words)


def test_a_refusal_says_what_an_administrator_needs_to_know(app):
    query = {
        "iss": "https://unknown.example/<b>",
        "client_id": "c-77",
        "login_hint": "h",
        "target_link_uri": "https://npq.example.org/open/small/m1",
    }
    answer = app.test_client().get("/lti/login", query_string=query)

    page = Page(answer.text)
    well_built(page)
    assert answer.status_code == 403
    assert not page.all("b")
    facts = page.one("dl", class_="facts")
    assert "https://unknown.example/<b>" in facts.words
    assert "c-77" in facts.words
    assert page.one("main").one("ol").all("li")


def test_of_two_links_to_one_session_the_end_shows_the_one_that_was_opened(arrive):
    amira = arrive(link_row=2)
    amira.do(FIRST)
    grade(amira, "m1.s1", status="refused")
    with amira.database.transaction() as db:
        columns = {"lti_id": "another", "title": "", "pack_id": PACK.id, "item": "m1.s1"}
        db.execute(insert(tables.ResourceLinkRow).values(context_id=amira.course, **columns))
        line_item = {"context_id": amira.course, "url": "https://lms/2", "score_maximum": 1.0}
        db.execute(insert(tables.LineItemRow).values(**line_item))
        second = tables.ResourceLinkRow.id == 2
        db.execute(update(tables.ResourceLinkRow).where(second).values(line_item_id=2))
        db.execute(
            insert(tables.GradeRow).values(
                line_item_id=2, person_id=amira.person, given=1.0, attempts=1,
                submitted_at=datetime.now(UTC), at=datetime.now(UTC),
                status="delivered", delivered_at=datetime.now(UTC),
            )
        )  # fmt: skip

    assert "Sent to your LMS at" in amira.page("session/m1.s1/end").one(class_="grade").words


def test_who_went_on_without_the_next_link_is_told_how_to_have_it_in_the_gradebook(arrive):
    amira = arrive("m1.s1")
    amira.do(FIRST)
    amira.do(SECOND)

    first, second = (amira.page(f"session/m1.s{n}/end") for n in (1, 2))

    assert "no column in the gradebook" in first.one(class_="grade").words
    assert "open session 2 from your course once" in second.one(class_="grade").words
