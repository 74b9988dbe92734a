"""Whatever is sent to login and launch: never a failure of ours, never a row, never markup.

Two hundred examples of each in every run, always the same; thousands more with --slow.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import pytest
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from lti_tool.records.db import Database
from lti_tool.records.tables import DeploymentRow
from tests.lti.world import AGS, DL, LTI, MISSING, changed, signed
from tests.web.school import FORM_COOKIE, LAUNCH, LOGIN, TOOL, VISIT_COOKIE, School, school_at
from tests.web.small_pack import PACK

MARK = "<zz"  # of markup that was sent; no page of ours holds it
_addresses = itertools.count()
counted: WeakKeyDictionary[Database, dict[str, int]] = WeakKeyDictionary()

FEW = pytest.param(200, id="some")
MANY = pytest.param(4_000, marks=pytest.mark.slow, id="thousands")
some_and_thousands = pytest.mark.parametrize("examples", [FEW, MANY])


@pytest.fixture
def school(whole_app: Flask, sqlite_url: str) -> Iterator[School]:
    with school_at(whole_app, sqlite_url) as made:
        counted[made.database] = made.counts()
        yield made


@pytest.fixture
def school_on_postgresql(whole_app: Flask, postgres_url: str) -> Iterator[School]:
    with school_at(whole_app, postgres_url) as made:
        counted[made.database] = made.counts()
        yield made


def try_all(examples: int, check: Callable[..., None], *sent: st.SearchStrategy) -> None:
    """Check whatever these draw, the same each time where there are few."""
    every = settings(
        max_examples=examples,
        derandomize=examples <= 200,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    every(given(*sent)(check))()


# What strangers try, what breaks parsers, and what databases cannot hold.
NASTY = [
    "", " ", f"{MARK}script>", "{{7*7}}", "\x7f", "\ud800\udc00",
    "a\r\nSet-Cookie: x=1", "\x1b[31m", "\u2028", "\ufffd", "\ud800", "\U0010ffff", "\u202e",
    "' OR 1=1 --", "../../etc/passwd", "javascript:alert(1)", "//evil.example",
    "https://evil.example/", "https://npq.example.org/open/small/m1.s1", "null", "true", "0",
    "1" * 300, "x" * 3_000, "é" * 300, f"{PACK.id}/m1", f"{PACK.id}/nothing",
    "LtiDeepLinkingRequest",
    "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
]  # fmt: skip
likely = st.sampled_from([f"{MARK}>", f'"{MARK} onerror=x>', "\0", "a\0b"])
texts = st.one_of(likely, st.sampled_from(NASTY), st.text(max_size=40))
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**400), 2**63, 2**64, 0.1, -1, 1e308, 253402300800]),
)
jsons: st.SearchStrategy = st.deferred(
    lambda: st.one_of(
        st.one_of(st.none(), st.booleans(), numbers, texts),
        st.lists(jsons, max_size=3),
        st.dictionaries(texts, jsons, max_size=3),
    )
)


class Example:
    """One request somebody sends, and what must hold of its answer whatever it is."""

    def __init__(self, school: School) -> None:
        self.school, self.browser = school, school.browser()
        number = next(_addresses)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self.browser.environ_base = {**self.browser.environ_base, "REMOTE_ADDR": address}

    def post(self, path, **sent):
        with self.school.watched() as work:
            answer = self.browser.post(path, **sent)
        added = self.added() if work.commits else {}
        self.check(answer, work.log)
        if answer.status_code == 303:
            assert added.pop("visits") == 1
        else:
            assert not self.pending(added), answer.text
        return answer

    def added(self):
        """How many rows of each table there are more than when this was asked last."""
        before = counted.get(self.school.database, {})
        after = counted[self.school.database] = self.school.counts()
        return {
            name: n - before.get(name, 0)
            for name, n in after.items()
            if n != before.get(name, 0)
        }

    def pending(self, added):
        """What was added besides one deployment that waits to be approved."""
        if added == {"deployments": 1}:
            assert self.school.rows(DeploymentRow)[-1].status == "pending"
            return {}
        return added

    def check(self, answer, log):
        told = f"{answer.headers}{answer.text}"
        assert MARK not in told
        assert "Traceback" not in told
        assert answer.headers["Cache-Control"] == "no-store"
        refused = [entry for entry in log if entry["event"] == "refused"]
        assert len(refused) == (answer.status_code >= 400)
        if answer.status_code >= 500:
            assert refused[0]["reason"].startswith("platform_error:"), refused
        assert not [entry for entry in log if entry["event"] == "failed"]


LOGIN_NAMES = [
    "iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id",
    "lti_deployment_id", "deployment_id", "lti_storage_target", "new_window", "ß", "",
]  # fmt: skip
new_parameters = st.dictionaries(
    st.sampled_from(LOGIN_NAMES), st.one_of(texts, st.just(MISSING)), max_size=3
)
one_more = st.lists(st.tuples(st.sampled_from(LOGIN_NAMES), texts), max_size=1)
PAGES_WANTED = st.sampled_from(["text/html", "*/*", "application/json", "", ";q=é"])


def encoded(pairs):
    return urlencode(pairs, errors="surrogatepass")


def check_login(school):
    def check(changes, query, accept):
        Example(school).post(
            f"{LOGIN}?{encoded(query)}",
            data=encoded([*changed(school.begin(), changes).items()]).encode(),
            content_type="application/x-www-form-urlencoded",
            headers={"Accept": accept.encode("utf-8").decode("latin-1")},
        )

    return check


@some_and_thousands
def test_login_parameters(school, examples):
    try_all(examples, check_login(school), new_parameters, one_more, PAGES_WANTED)


@some_and_thousands
def test_login_parameters_on_postgresql(school_on_postgresql, examples):
    check = check_login(school_on_postgresql)
    try_all(examples, check, new_parameters, one_more, PAGES_WANTED)


KINDS = [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json",
    "text/plain", "multipart/form-data", "", "application/x-www-form-urlencoded; charset=utf-7",
]  # fmt: skip
PIECES = [
    b"iss=", b"state=", b"id_token=", b"&", b"=", b";", b"%", b"%00", b"%ff", b"%zz", b"+",
    b'--x\r\nContent-Disposition: form-data; name="iss"\r\n\r\nv\r\n--x--\r\n', b"--x", b"\r\n",
    b"{", b'{"iss": 1}', b"[" * 5_000, b"&a=1" * 2_000, b"\xff\xfe", b"\xed\xa0\x80",
]  # fmt: skip


@pytest.mark.parametrize("path", [LOGIN, LAUNCH])
@some_and_thousands
def test_bodies_of_any_bytes(school, examples, path):
    def check(pieces, kind):
        Example(school).post(path, data=b"".join(pieces), content_type=kind)

    pieces = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=8)
    try_all(examples, check, pieces, st.sampled_from(KINDS))


@some_and_thousands
def test_launch_forms(school, examples):
    def check(changes, more):
        example = Example(school)
        form = school.form(school.login(example.browser))
        form |= {name: change(form.get(name, "")) for name, change in changes.items()}
        example.post(
            LAUNCH,
            data=encoded([*form.items(), *more]).encode(),
            content_type="application/x-www-form-urlencoded",
        )

    somewhere = st.integers(0, 2_000)
    changes = st.one_of(
        texts.map(lambda text: lambda _: text),
        st.tuples(somewhere, texts).map(
            lambda put: lambda good: good[: put[0]] + put[1] + good[put[0] :]
        ),
        somewhere.map(lambda place: lambda good: good[:place] + good[place + 1 :]),
        somewhere.map(lambda place: lambda good: good[:place]),
        st.just(lambda good: good),
    )
    names = ["state", "id_token", "error", "browser_key", "error_description", "lti1p1"]
    fields = st.dictionaries(st.sampled_from(names), changes, max_size=4)
    more = st.lists(st.tuples(st.sampled_from([*names, "x"]), texts), max_size=3)
    try_all(examples, check, fields, more)


HEADERS = ["alg", "kid", "typ", "cty", "crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc"]
headers = st.dictionaries(
    st.sampled_from(HEADERS),
    st.one_of(
        jsons, st.sampled_from(["none", "None", "HS256", "RS512", "ES256", "RS256", "JWT"])
    ),
    max_size=4,
)
WORDS = [
    "",
    "null",
    "[]",
    "0",
    '"x"',
    "{",
    "[" * 100_000,
    '{"a":' * 50_000,
    '{"kid":1,"kid":2}',
]
words = st.one_of(st.sampled_from(WORDS), jsons.map(json.dumps), st.text(max_size=20))


@some_and_thousands
def test_token_headers(school, examples):
    def check(header):
        assume(not isinstance(header, str) or header.isascii())
        example = Example(school)
        form = school.form(school.login(example.browser), {}, header)
        example.post(LAUNCH, data=form)

    try_all(examples, check, st.one_of(headers, words))


@some_and_thousands
def test_tokens_of_any_words(school, examples):
    def check(payload):
        assume(payload.isascii())
        example = Example(school)
        asked = school.login(example.browser)
        head = json.dumps({"alg": "RS256", "kid": school.key.kid})
        token = signed(head, payload, school.key)
        example.post(LAUNCH, data={"state": asked["state"], "id_token": token})

    try_all(examples, check, words)


CLAIMS = [
    "iss", "aud", "azp", "sub", "iat", "exp", "nbf", "nonce", "name", "given_name", "email",
    "family_name", "locale", "picture", AGS, DL,
    "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
    *(LTI + name for name in (
        "message_type", "version", "deployment_id", "target_link_uri", "roles", "context",
        "resource_link", "custom", "launch_presentation", "tool_platform", "lis",
        "lti1p1_user_id", "role_scope_mentor", "for_user",
    )),
]  # fmt: skip
MEMBERS = [
    "id", "title", "label", "type", "return_url", "document_target", "npq_item", "lineitem",
    "lineitems", "scope", "guid", "name", "product_family_code", "deep_link_return_url",
    "locale",
    "accept_types", "accept_multiple", "accept_presentation_document_targets", "data", "width",
]  # fmt: skip
new_claims = st.dictionaries(
    st.sampled_from(CLAIMS), st.one_of(texts, jsons, st.just(MISSING)), max_size=3
)
new_members = st.dictionaries(
    st.tuples(st.sampled_from(CLAIMS), st.sampled_from(MEMBERS)),
    st.one_of(texts, jsons),
    max_size=4,
)


def claims_like(usual, claims, members):
    """The claims of an ordinary launch with some replaced, and members of some replaced."""
    said = dict(usual)
    for (claim, member), value in members.items():
        inside = said.get(claim)
        if isinstance(inside, dict):
            said[claim] = {**inside, member: value}
        else:
            said.setdefault(claim, {member: value})
    return {**said, **claims}


def check_claims(school):
    def check(choosing, claims, members):
        example = Example(school)
        asked = school.login(example.browser)
        usual = changed(school.world.claims(asked["nonce"], {}), school._usual())
        if choosing:
            usual = changed(usual, school.world.choosing())
        form = school.form(asked, claims_like(usual, claims, members))
        answer = example.post(LAUNCH, data=form)
        if answer.status_code == 303:
            with capture_logs() as log:
                page = example.browser.get(TOOL + answer.location, follow_redirects=True)
            assert page.status_code == 200
            example.check(page, log)

    return check


@some_and_thousands
def test_claims_that_are_signed(school, examples):
    try_all(examples, check_claims(school), st.booleans(), new_claims, new_members)


@pytest.mark.parametrize(
    "examples", [pytest.param(60, id="some"), pytest.param(1_000, marks=pytest.mark.slow)]
)
def test_claims_that_are_signed_on_postgresql(school_on_postgresql, examples):
    check = check_claims(school_on_postgresql)
    try_all(examples, check, st.booleans(), new_claims, new_members)


cookies = st.lists(
    st.tuples(
        st.sampled_from(["", FORM_COOKIE, VISIT_COOKIE, f"{FORM_COOKIE}x", "$Path", "x"]),
        st.one_of(texts, st.text(alphabet='=;", \\%', max_size=10)),
    ),
    max_size=5,
)


@some_and_thousands
def test_cookies(school, examples):
    stranger = school.browser()
    form = school.form(school.login(stranger))
    opened = school.launch()
    assert opened.status_code == 303
    counted[school.database] = school.counts()

    def check(sent, repeated):
        said = "; ".join(f"{name}={value}" for name, value in sent * repeated)
        header = {"HTTP_COOKIE": said.encode("utf-8", "surrogatepass").decode("latin-1")}
        example = Example(school)
        answer = example.post(LAUNCH, data=form, environ_overrides=header)
        assert answer.status_code != 303
        with capture_logs() as log:
            page = example.browser.get(TOOL + opened.location, environ_overrides=header)
        example.check(page, log)
        assert page.status_code != 200

    try_all(examples, check, cookies, st.sampled_from([1, 1, 200]))
