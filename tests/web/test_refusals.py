"""Errors as pages: every one says what happened, what to do and who can help."""

from __future__ import annotations

import traceback
from types import SimpleNamespace

import pytest
from flask import Flask, abort, g, request
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from structlog.testing import capture_logs

from lti_tool import errors
from lti_tool.web import assets, headers, refusals
from lti_tool.web.refusal_pages import PAGES
from tests.web.page import Page
from tests.web.school import reference_in

MARKUP = "<b>bold</b>"
UNEXPECTED = KeyError("Amira Begum")


def raised(error):
    def view(**_):
        raise error

    return view


FAILURES = {  # path -> error, status, page, what is logged
    "launch": (errors.LaunchRefused("stale", "expired"), 403, "stale", "expired"),
    "ended": (errors.VisitEnded("It is over."), 403, "ended", "visit_ended"),
    "nothing": (errors.NotServed("Not here."), 404, "not_found", "not_served"),
    "skipped": (errors.ContentSkipped("First things first."), 404, "not_found", "not_served"),
    "away": (
        OperationalError("SELECT", {}, Exception("gone")),
        503,
        "busy",
        "database:OperationalError",
    ),
    "crowded": (TimeoutError("pool"), 503, "busy", "database:TimeoutError"),
    "clash": (
        IntegrityError(
            "INSERT", {"name": "Amira Begum"}, Exception("Failing row contains (Amira Begum)")
        ),
        500,
        "failed",
        "exception:IntegrityError",
    ),
    "bug": (UNEXPECTED, 500, "failed", "exception:KeyError"),
}


@pytest.fixture(scope="module")
def failing() -> Flask:
    """An application whose every page fails in its own way."""
    app = Flask("lti_tool.web", static_folder=None)
    app.jinja_env.globals.update(asset_url=assets.asset_url, csp_nonce=headers.csp_nonce)
    headers.register(app)
    refusals.register(app)
    for path, (error, *_) in FAILURES.items():
        app.add_url_rule(f"/{path}", endpoint=path, view_func=raised(error))
    for code in (400, 401, 404, 405, 413, 415, 429, 500, 503):
        app.add_url_rule(f"/http/{code}", f"http{code}", lambda code=code: abort(code))
    facts = {"issuer": f"https://{MARKUP}", "client_id": "c" * 999}
    marked = errors.LaunchRefused("not_registered", "unknown", MARKUP, **facts)
    app.add_url_rule("/marked", endpoint="marked", view_func=raised(marked))
    app.add_url_rule("/visit/<visit>/page", endpoint="visited", view_func=_visited)
    app.add_url_rule("/form", endpoint="form", view_func=_form, methods=["POST"])
    return app


def _visited(visit):
    url = request.args["back"]
    g.visit = SimpleNamespace(
        return_url=url, frame_origins="https://lms.example", key=visit, agent_hash=None
    )
    raise errors.NotServed("Not here.")


def _form():
    request.max_content_length = 10
    return request.form.to_dict()


def asked(app, path, **how):
    with capture_logs() as log:
        answer = app.test_client().open(path, **how)
    return answer, [entry for entry in log if entry["event"] == "refused"]


@pytest.mark.parametrize("path", FAILURES)
def test_every_error_of_ours_has_a_page_and_a_line_in_the_log(failing, path):
    _, status, page, reason = FAILURES[path]

    answer, (logged,) = asked(failing, f"/{path}")

    shown = PAGES[page]
    assert answer.status_code == status == shown.status
    assert (logged["page"], logged["reason"], logged["path"]) == (page, reason, f"/{path}")
    assert logged["reference"] == reference_in(answer)
    assert logged["log_level"] == ("error" if status >= 500 else "warning")
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "Amira" not in answer.text
    assert Page(answer.text).title == shown.title


@pytest.mark.parametrize("code", [400, 401, 404, 405, 413, 415, 429, 500, 503])
def test_every_error_of_http_has_one_too(failing, code):
    answer, (logged,) = asked(failing, f"/http/{code}")

    assert answer.status_code == code
    assert answer.mimetype == "text/html"
    assert logged["reason"] == f"http:{code}"
    assert logged["reference"] == reference_in(answer)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_to_do_and_who_can_help(failing, name):
    with failing.test_request_context("/"):
        html, status, _ = refusals.refusal(name, "reason")

    page, said = Page(html), PAGES[name]
    assert status == said.status
    assert page.headings[:2] == [1, 2]
    assert all(step in page.words for step in said.steps)
    assert said.message in page.words
    assert said.who in page.words
    assert "!" not in f"{said.title}{said.message}{said.steps}{said.who}"


def test_what_came_from_outside_is_text_and_has_an_end(failing):
    answer, (logged,) = asked(failing, "/marked")

    assert MARKUP not in answer.text
    assert Page(answer.text).one("p", class_="lead-text").words == MARKUP
    assert len(logged["client_id"]) == 255
    assert logged["issuer"] == f"https://{MARKUP}"


def test_the_key_of_a_visit_is_not_logged(failing):
    _, (logged,) = asked(failing, "/visit/secret-key/page?back=https://lms.example/")

    assert "secret-key" not in str(logged)
    assert logged["path"] == "/visit/<visit>/page"


@pytest.mark.parametrize(
    ("back", "links"),
    [("https://lms.example/course", 1), ("javascript:alert(1)", 0), ("", 0)],
)
def test_whoever_was_here_finds_the_way_back(failing, back, links):
    answer, _ = asked(failing, f"/visit/key/page?back={back}")

    found = [a for a in Page(answer.text).one("main").all("a") if back in a.attributes["href"]]
    assert len(found) == links
    assert (
        "frame-ancestors 'self' https://lms.example"
        in answer.headers["Content-Security-Policy"]
    )


def test_what_is_too_large_is_said_so_without_being_read(failing):
    answer, (logged,) = asked(failing, "/form", method="POST", data={"a": "b" * 999})

    assert answer.status_code == 413
    assert logged["page"] == "too_large"


def test_what_a_database_says_of_a_row_is_not_logged(failing):
    _, (logged,) = asked(failing, "/clash")

    assert logged["reason"] == "exception:IntegrityError"
    trace = "".join(traceback.format_exception(logged["exc_info"]))
    assert "Amira" not in trace
    assert "in view" in trace


def test_a_body_of_unknown_length_is_refused_and_not_cut(failing):
    unmeasured = {"Transfer-Encoding": "chunked"}
    answer, (logged,) = asked(failing, "/form", method="POST", headers=unmeasured)

    assert answer.status_code == 411
    assert (logged["page"], logged["reason"]) == ("bad_request", "http:411")


def test_a_wrong_method_names_the_right_ones(failing):
    answer, _ = asked(failing, "/form")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_two_refusals_have_two_references(failing):
    first, second = (asked(failing, "/nowhere")[0] for _ in range(2))

    assert reference_in(first) != reference_in(second)


def test_an_unknown_address_says_nothing_of_what_was_asked(failing):
    answer, (logged,) = asked(failing, "/no/such/<script>?q=<script>")

    assert answer.status_code == 404
    assert "script>" not in Page(answer.text).one("main").words
    assert logged["path"] == "(unknown)"


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/visit/", "/lti/", "/.env", "/%00"])
def test_a_stranger_finds_a_page_everywhere(app, path):
    answer, (logged,) = asked(app, path)

    assert answer.status_code == 404
    assert logged["reference"] == reference_in(answer)
    assert answer.headers["Cache-Control"] == "no-store"
