"""Sending a score. Case ids are those of the catalogue of hostile input."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from werkzeug import Response

from lti_tool.errors import LmsRejected, LmsUnavailable
from lti_tool.lti.grades import Score, send_score
from lti_tool.lti.services import ServiceRefusal, ToolServiceConnector
from lti_tool.lti.tokens import AccessTokens
from tests.lti.test_tokens import KeptTokens
from tests.lti.world import NOW, PLATFORM, SCORE

EXTENSION = "https://canvas.instructure.com/lti/submission"


@pytest.fixture
def lms(httpserver):
    """An LMS with a gradebook that hands out a new token each time."""
    return FakeGradebook(httpserver)


class FakeGradebook:
    def __init__(self, httpserver):
        self.answers = []  # to the next scores; afterwards all are taken
        self.scores = []
        self.requests = []
        self.tokens = 0
        self.platform = replace(PLATFORM, token_url=httpserver.url_for("/token"))
        self.line_item = httpserver.url_for("/2/lineitems/41/lineitem?type_id=3")
        httpserver.expect_request("/token").respond_with_handler(self.give_token)
        httpserver.expect_request(
            "/2/lineitems/41/lineitem/scores", method="POST"
        ).respond_with_handler(self.take)

    def give_token(self, _request):
        self.tokens += 1
        return Response(
            json.dumps({"access_token": f"token-{self.tokens}", "expires_in": 3600})
        )

    def take(self, request):
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        self.scores.append(json.loads(request.get_data()))
        return Response("", 200)


@pytest.fixture
def tokens(http, tool_key):
    return AccessTokens(http, lambda: tool_key, KeptTokens())


@pytest.fixture
def send(lms, http, tokens):
    """Send a score of one out of one, with some of it changed."""

    def send(product="standard", **changes):
        score = Score(
            line_item_url=lms.line_item,
            sub="5",
            given=1.0,
            maximum=1.0,
            at=NOW,
            submitted_at=NOW - timedelta(seconds=10),
            first=True,
        )
        platform = replace(lms.platform, product=product)
        send_score(platform, replace(score, **changes), tokens, http, NOW)

    return send


def test_a_score_is_the_final_truth(lms, send):
    send()

    assert lms.scores == [
        {
            "userId": "5",
            "scoreGiven": 1.0,
            "scoreMaximum": 1.0,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": "2026-11-23T13:58:46+00:00",
            "submission": {"submittedAt": "2026-11-23T13:58:36+00:00"},
        }
    ]


def test_a_score_is_posted_beside_the_line_item_with_a_token(lms, send):
    """8.4."""
    send()

    [request] = lms.requests
    assert request.path == "/2/lineitems/41/lineitem/scores"
    assert request.query_string == b"type_id=3"
    assert request.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert request.headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        pytest.param("/2/lineitems/41/lineitem", "", id="no query"),
        pytest.param("/2/lineitems/41/lineitem/", "", id="a slash at the end"),
        pytest.param("/2/lineitems/41/lineitem?a=1?b=2", "a=1?b=2", id="two marks"),
        pytest.param("/2/lineitems/41/lineitem?a=1#b", "a=1", id="a fragment"),
        pytest.param("/2/lineitems/41/lineitem#b", "", id="a fragment alone"),
    ],
)
def test_the_address_of_a_line_item_keeps_its_query(lms, send, httpserver, given, asked):
    """8.4."""
    send(line_item_url=httpserver.url_for("/") + given.removeprefix("/"))

    assert lms.requests[0].query_string.decode() == asked


def test_a_name_with_every_letter_arrives_whole(lms, send):
    send(sub="Zoë 李 🎓")

    assert lms.scores[0]["userId"] == "Zoë 李 🎓"


def test_many_scores_need_one_token(lms, send):
    for _ in range(5):
        send()

    assert (len(lms.scores), lms.tokens) == (5, 1)


def test_a_product_that_wants_more_gets_it(lms, send):
    send("canvas", first=True)
    send("canvas", first=False)

    assert lms.scores[0][EXTENSION] == {"new_submission": True}
    assert lms.scores[1][EXTENSION]["new_submission"] is False


def test_a_token_refused_once_is_replaced_once(lms, send):
    """8.6."""
    lms.answers = [Response("", 401)]

    send()

    assert len(lms.scores) == 1
    assert [r.headers["Authorization"] for r in lms.requests] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


def test_a_token_refused_again_is_a_matter_for_later(lms, send):
    lms.answers = [Response("", 401), Response("", 401)]

    with pytest.raises(LmsUnavailable, match="401"):
        send()

    assert (len(lms.requests), lms.tokens) == (2, 2)


def test_a_score_the_lms_has_already_is_settled(lms, send):
    """8.10."""
    lms.answers = [Response("[]", 409)]

    send()

    assert lms.scores == []


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("body", ["", '{"resultUrl":"x"}', "[" * 9_999])
def test_any_success_is_one(lms, send, status, body):
    """8.27."""
    lms.answers = [Response("" if status == 204 else body, status)]

    send()

    assert len(lms.requests) == 1


@pytest.mark.parametrize("page", ["<html>We are back at nine</html>", "\n <!doctype html>"])
def test_a_web_page_in_place_of_an_answer_is_no_success(lms, send, page):
    lms.answers = [Response(page, 200)]

    with pytest.raises(LmsUnavailable, match="web page"):
        send()


@pytest.mark.parametrize("status", [408, 423, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_later(lms, send, status):
    """8.15."""
    lms.answers = [Response("<html>secret</html>", status)]

    with pytest.raises(LmsUnavailable, match=str(status)) as unavailable:
        send()

    assert unavailable.value.retry_after_s is None
    assert "secret" not in str(unavailable.value)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param("3600", 3600, id="seconds"),
        pytest.param(" 5 ", 5, id="white space"),
        pytest.param("999999999999", 86_400, id="years"),
        pytest.param(format_datetime(NOW + timedelta(seconds=90)), 90, id="a date"),
        pytest.param("Mon, 23 Nov 2026 14:00:46", 120, id="a date without a zone"),
        pytest.param(format_datetime(NOW - timedelta(days=1)), 0, id="a date gone by"),
        pytest.param("soon", None, id="words"),
        pytest.param("-5", None, id="below nought"),
        pytest.param("²", None, id="a digit that is none"),
        pytest.param("Mon, 99 Nov 2026 14:00:46 GMT", None, id="no date"),
    ],
)
def test_the_wait_an_lms_asks_for_is_passed_on(lms, send, asked, seconds):
    """8.14."""
    lms.answers = [Response("", 429, headers={"Retry-After": asked.encode().decode("latin-1")})]

    with pytest.raises(LmsUnavailable) as unavailable:
        send()

    assert unavailable.value.retry_after_s == seconds


@pytest.mark.parametrize("status", [400, 403, 405, 412, 422])
def test_what_will_never_be_taken_is_refused(lms, send, status):
    """8.11."""
    lms.answers = [Response('{"message":"Stuart Student is not enrolled"}', status)]

    with pytest.raises(LmsRejected, match=f"status {status}") as rejected:
        send()

    assert "Stuart" not in str(rejected.value)


def test_a_line_item_that_is_gone_is_named_so(lms, send):
    """8.12."""
    lms.answers = [Response("<html>404</html>", 404)]

    with pytest.raises(LmsRejected, match="no longer"):
        send()


def test_words_of_an_lms_decide_where_its_status_does_not(lms, send):
    lms.answers = [Response("403 Forbidden (Rate Limit Exceeded)\n", 403)]

    with pytest.raises(LmsUnavailable):
        send("canvas")


def test_a_redirect_takes_no_token_elsewhere(lms, send, httpserver):
    """8.3."""
    lms.answers = [Response("", 302, headers={"Location": httpserver.url_for("/elsewhere")})]

    with pytest.raises(LmsUnavailable, match="Redirected"):
        send()

    assert [request.path for request, _ in httpserver.log][-1].endswith("/scores")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "gopher://lms.example/",
        "http://127.0.0.1:9/",
    ],
)
def test_an_address_that_cannot_be_called_is_not(lms, send, url):
    """8.1."""
    with pytest.raises(LmsUnavailable):
        send(line_item_url=url)

    assert not lms.requests


def test_a_lost_connection_says_nothing_about_the_score(send, raw_server):
    raw_server.pieces = lambda: iter([b""])

    with pytest.raises(LmsUnavailable, match="ConnectionError"):
        send(line_item_url=raw_server.url)


def test_a_slow_lms_is_not_waited_for(send, raw_server, monkeypatch):
    monkeypatch.setattr("lti_tool.lti.http.TOTAL_S", 0.3)
    raw_server.pieces = lambda: raw_server.drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.02)
    began = time.monotonic()

    with pytest.raises(LmsUnavailable, match="Timeout"):
        send(line_item_url=raw_server.url)

    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "points",
    [
        {"given": math.nan},
        {"given": math.inf},
        {"given": -0.1},
        {"given": 1.1},
        {"maximum": 0.0, "given": 0.0},
        {"maximum": -1.0, "given": -2.0},
        {"maximum": math.inf},
        {"maximum": math.nan},
    ],
)
def test_points_that_make_no_sense_are_never_sent(lms, send, points):
    """8.16."""
    with pytest.raises(LmsRejected, match="score_invalid"):
        send(**points)

    assert not lms.requests


def test_nought_points_are_points(lms, send):
    send(given=0.0)

    assert lms.scores[0]["scoreGiven"] == 0


def test_another_service_is_read_with_the_same_care(http, tokens, lms, httpserver):
    """8.20; the next page's address keeps its case."""
    link = {"Link": f'<{httpserver.url_for("/Next?p=WyJhQmMiXQ")}>; rel="next"'}
    httpserver.expect_request("/people", method="GET").respond_with_json([1], headers=link)
    connector = ToolServiceConnector(lms.platform, tokens, http, datetime.now(UTC))

    page = connector.make_service_request([SCORE], httpserver.url_for("/people"), accept="a/b")

    assert page["body"] == [1]
    assert page["next_page_url"] == httpserver.url_for("/Next?p=WyJhQmMiXQ")
    assert httpserver.log[-1][0].headers["Accept"] == "a/b"
    assert "Content-Type" not in httpserver.log[-1][0].headers
    with pytest.raises(ServiceRefusal):
        connector.make_service_request([SCORE], httpserver.url_for("/nobody"))
