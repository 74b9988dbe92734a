"""Every setting is documented in config/example.env, and nothing else is."""

from __future__ import annotations

import re

from lti_tool.settings import Settings, read_settings
from tests.conftest import ROOT

EXAMPLE = (ROOT / "config/example.env").read_text("utf-8")


def test_the_example_names_each_setting_once_and_no_other():
    named = re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)

    assert named == [name.upper() for name in Settings.model_fields]


def test_each_setting_has_one_comment_above_it():
    paragraphs = [p.splitlines() for p in EXAMPLE.strip().split("\n\n")][1:]

    for comment, setting in paragraphs:
        assert comment.startswith("# ")
        assert "=" in setting


def test_the_example_is_a_valid_environment_and_shows_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("content_packs", "config"):
        (tmp_path / folder).mkdir()
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))

    shown = read_settings(example)
    default = read_settings({"PUBLIC_URL": shown.public_url})

    assert shown == default
