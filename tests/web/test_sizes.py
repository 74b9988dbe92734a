"""What is too large, too much or no form gets its page at once, without being looked into."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask

from lti_tool.web.refusal_pages import PAGES
from tests.web.school import LAUNCH, LOGIN, School, reference_in, school_at

FORM = "application/x-www-form-urlencoded"
KB = 1024
SOON_S = 2.0  # the slowest takes 0.02 s on an idle machine
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="iss"\r\n\r\nv\r\n'


@pytest.fixture
def school(whole_app: Flask, database_url: str) -> Iterator[School]:
    with school_at(whole_app, database_url) as made:
        yield made


def filled(start, size):
    """A body of exactly this size that ends in a parameter nobody knows."""
    return start + b"&x=" + b"y" * (size - len(start) - 3)


def many(number):
    return b"&".join(b"p%d=1" % each for each in range(number))


CASES = {  # what -> path, query, body, content type, page, reason
    "login of 64 kB": (LOGIN, "", filled(b"iss=x", 64 * KB), FORM, 400, "login:hint_missing"),
    "login over 64 kB": (LOGIN, "", filled(b"iss=x", 64 * KB + 1), FORM, 413, "http:413"),
    "launch of 256 kB": (LAUNCH, "", filled(b"state=x", 256 * KB), FORM, 403, "state_unknown"),
    "launch over 256 kB": (LAUNCH, "", filled(b"state=x", 256 * KB + 1), FORM, 413, "http:413"),
    "launch of 5 MB": (LAUNCH, "", filled(b"id_token=x", 5_000 * KB), FORM, 413, "http:413"),
    "long hint": (LOGIN, "", b"iss=x&login_hint=" + b"h" * 8_193, FORM, 413, "login:too_large"),
    "long issuer": (LOGIN, "iss=" + "i" * 2_049, b"", FORM, 413, "login:too_large"),
    "long state": (LAUNCH, "", b"state=" + b"s" * 8_193, FORM, 413, "too_large"),
    "twice in the query": (LOGIN, "iss=a&iss=a", b"", FORM, 400, "login:iss_duplicate"),
    "twice in the body": (LOGIN, "", b"iss=a&iss=a", FORM, 400, "login:iss_duplicate"),
    "once in each": (LOGIN, "iss=a", b"iss=a", FORM, 400, "login:iss_duplicate"),
    "two tokens": (LAUNCH, "", b"id_token=a&id_token=a", FORM, 400, "token_duplicate"),
    "token in the query": (LAUNCH, "id_token=a&state=b", b"", FORM, 400, "state_missing"),
    "10,000 parameters": (LOGIN, "", many(5_000), FORM, 400, "too_many_fields"),
    "20,000 in a launch": (LAUNCH, "", many(20_000), FORM, 400, "too_many_fields"),
    "10,000 in the query": (LOGIN, many(5_000).decode(), b"", FORM, 400, "too_many_fields"),
    "600 files": (LOGIN, "", PART * 600 + b"--x--\r\n", MULTIPART, 400, "login:iss_missing"),
    "multipart login": (LOGIN, "", PART + b"--x--\r\n", MULTIPART, 400, "login:iss_missing"),
    "multipart launch": (LAUNCH, "", PART + b"--x--\r\n", MULTIPART, 400, "content_type"),
    "multipart cut off": (LOGIN, "", PART[:40], MULTIPART, 400, "login:iss_missing"),
    "JSON login": (LOGIN, "", b'{"iss": "x"}', "application/json", 400, "login:iss_missing"),
    "JSON launch": (LAUNCH, "", b'{"state": "x"}', "application/json", 400, "content_type"),
    "NUL": (LOGIN, "", b"iss=a%00b&login_hint=1", FORM, 400, "login:encoding"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_what_is_odd_gets_its_page(school, what):
    path, query, body, kind, status, reason = CASES[what]
    before, began = school.counts(), time.monotonic()

    with school.watched() as work:
        answer = school.browser().post(path, query_string=query, data=body, content_type=kind)

    assert (answer.status_code, work.refusal["reason"]) == (status, reason)
    assert work.refusal["reference"] == reference_in(answer)
    assert work.refusal["page"] in {
        name for name, page in PAGES.items() if page.status == status
    }
    assert school.counts() == before
    assert time.monotonic() - began < SOON_S


@pytest.mark.parametrize("path", [LOGIN, LAUNCH])
def test_a_body_in_chunks_is_refused(school, path):
    with school.watched() as work:
        answer = school.browser().post(
            path, headers={"Transfer-Encoding": "chunked"}, content_type=FORM
        )

    assert (answer.status_code, work.refusal["reason"]) == (411, "http:411")


@pytest.mark.parametrize("size", [513 * KB, 5_000 * KB])
def test_a_form_of_a_visit_over_512_kb_is_refused(school, size):
    browser = school.browser()
    page = browser.get(school.launch(browser=browser).location, base_url=LOGIN[:-10])
    assert page.status_code == 200

    answer = browser.post(page.request.path, base_url=LOGIN[:-10], data={"a": "x" * size})

    assert answer.status_code == 413


def test_a_long_address_is_nowhere(school):
    assert school.browser().get("/" + quote("é" * 20_000)).status_code == 404
