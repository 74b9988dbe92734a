"""Stylesheets and script: small, ours, and kept by browsers for ever."""

from __future__ import annotations

import gzip

import pytest

from lti_tool.web.assets import asset_url

NAMES = ["bootstrap.min.css", "study.css", "study.js"]


@pytest.mark.parametrize("name", NAMES)
def test_an_asset_is_kept_for_ever_and_packed_where_that_is_taken(app, name):
    client = app.test_client()

    plain = client.get(asset_url(name))
    packed = client.get(asset_url(name), headers={"Accept-Encoding": "br, gzip"})

    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert plain.mimetype == ("text/css" if name.endswith("css") else "text/javascript")


def test_what_a_browser_has_is_not_sent_again(app):
    client = app.test_client()
    tag = client.get(asset_url("study.css")).headers["ETag"]

    again = client.get(asset_url("study.css"), headers={"If-None-Match": tag})

    assert (again.status_code, again.data) == (304, b"")


def test_an_address_from_before_a_release_still_works_but_is_not_kept(app):
    answer = app.test_client().get("/assets/0000000000000000/study.css")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/assets/0/secret", "/assets/0/..%2fapp.py", "/static/study.css"]
)
def test_nothing_else_is_served(app, path):
    assert app.test_client().get(path).status_code == 404
