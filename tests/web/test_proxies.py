"""Whom we believe about where a request comes from: as many proxies as were named."""

from __future__ import annotations

import pytest
from flask import request

from lti_tool.app import create_app
from lti_tool.settings import Settings

SAID = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "http, https"}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        pytest.param(0, "127.0.0.1 http", id="none is believed"),
        pytest.param(1, "203.0.113.9 https", id="the nearest is believed"),
    ],
)
def test_what_proxies_say_is_believed_of_as_many_as_were_named(
    packs_folder, template_database, proxies, seen
):
    app = create_app(
        Settings(
            database_url=f"sqlite:///{template_database}",
            public_url="https://npq.example.org",
            secret_keys=("k" * 40,),
            content_packs=packs_folder,
            config=packs_folder,
            trusted_proxies=proxies,
        )
    )
    app.add_url_rule("/seen", view_func=lambda: f"{request.remote_addr} {request.scheme}")

    answer = app.test_client().get("/seen", headers=SAID)

    app.extensions["lti_tool"].platform_keys.http.close()
    app.extensions["lti_tool"].database.close()
    assert answer.text == seen
