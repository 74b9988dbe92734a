"""What is wrong with the environment is said in plain words, all at once."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lti_tool.errors import Misconfigured
from lti_tool.settings import Settings, read_settings
from lti_tool.tenancy.addresses import on_origin
from tests.conftest import SECRET

GOOD = {"PUBLIC_URL": "https://npq.example.org", "SECRET_KEYS": SECRET}


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    (tmp_path / "content_packs").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        pytest.param("PUBLIC_URL", "", "unset", id="no public url"),
        pytest.param("PUBLIC_URL", "http://npq.example.org", "https", id="plain http"),
        pytest.param(
            "PUBLIC_URL", "http://127.evil.example", "https", id="plain http, in disguise"
        ),
        pytest.param("PUBLIC_URL", "https://npq.example.org/tool", "origin", id="a path"),
        pytest.param("PUBLIC_URL", "https://me@npq.example.org", "origin", id="a user"),
        pytest.param("PUBLIC_URL", "npq.example.org", "https", id="no scheme"),
        pytest.param("PUBLIC_URL", "https://[", "Invalid", id="no url at all"),
        pytest.param("PUBLIC_URL", "https://npq.example.org:99999", "", id="no such port"),
        pytest.param("PUBLIC_URL", "https://*;x", "web address", id="a wildcard"),
        pytest.param("DATABASE_URL", "postgresql://u@h:1:2/x", "5432", id="two ports"),
        pytest.param("DATABASE_URL", "sqlite:///x.db?mode=ro", "sqlite:///", id="options"),
        pytest.param("DATABASE_URL", "mysql://db/npq", "postgresql://", id="another database"),
        pytest.param("DATABASE_URL", "sqlite://", "sqlite:///", id="in memory"),
        pytest.param("DATABASE_URL", "sqlite://var/x.db", "sqlite:///", id="two slashes"),
        pytest.param("DATABASE_URL", "sqlite:///.", "sqlite:///", id="a folder"),
        pytest.param("DATABASE_URL", "sqlite:///:memory:", "sqlite:///", id="in memory, said"),
        pytest.param("SECRET_KEYS", "short", "32 characters", id="a short secret"),
        pytest.param("PORT", "99999", "65535", id="no such port"),
        pytest.param("PORT", "web", "integer", id="port is no number"),
        pytest.param("WEB_CONCURRENCY", "0", "1", id="no process"),
        pytest.param("CONTENT_PACKS", "nowhere", "no folder", id="no packs"),
        pytest.param("CONTENT_PACKS", "x" * 300, "no folder", id="no possible folder"),
        pytest.param("TRUSTED_PROXIES", "-1", "0", id="negative proxies"),
        pytest.param("ALLOW_PRIVATE_NETWORKS", "10.0.0.0/8,home", "network", id="no network"),
        pytest.param("LOG_FORMAT", "xml", "json", id="no such format"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(name, value, says):
    with pytest.raises(Misconfigured) as caught:
        read_settings({**GOOD, name: value})

    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(f"{name}: ")
    assert says in caught.value.faults[0]


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("\udcff", id="bytes that are no text"),
        pytest.param("\x1b[2J", id="a terminal's command"),
        pytest.param("\n", id="a line end"),
    ],
)
def test_a_setting_that_is_no_printable_text_is_named(name, wrong):
    with pytest.raises(Misconfigured) as caught:
        read_settings({**GOOD, name: f"{GOOD.get(name, 'x')}{wrong}"})

    (fault,) = caught.value.faults
    assert fault.startswith(f"{name}: holds characters that cannot be printed")
    assert fault.isprintable()


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://npq.example.org:443", "https://npq.example.org"),
        ("https://NPQ.example.org:8443/", "https://npq.example.org:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_our_origin_is_written_as_browsers_write_it(given, origin):
    settings = read_settings({**GOOD, "PUBLIC_URL": given})

    assert settings.public_url == origin
    assert on_origin(f"{origin}/open/a/b", settings.public_url)


def test_the_folder_of_the_configuration_need_not_be_there():
    assert read_settings({**GOOD, "CONFIG": "nowhere"}).config == Path("nowhere")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(Misconfigured) as caught:
        read_settings({"PORT": "0", "LOG_FORMAT": "xml"})

    named = [fault.split(":")[0] for fault in caught.value.faults]
    assert sorted(named) == ["LOG_FORMAT", "PORT", "PUBLIC_URL"]


def test_a_secret_is_never_repeated_in_a_message():
    with pytest.raises(Misconfigured) as caught:
        read_settings({**GOOD, "SECRET_KEYS": "hunter2"})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_taken(scheme):
    settings = read_settings({**GOOD, "DATABASE_URL": f"{scheme}://me@db/npq"})

    assert settings.database_url == "postgresql+psycopg://me@db/npq"
    assert not settings.on_sqlite


def test_postgresql_without_a_secret_is_refused_because_processes_must_share_it():
    with pytest.raises(Misconfigured, match="SECRET_KEYS: unset"):
        read_settings({"PUBLIC_URL": GOOD["PUBLIC_URL"], "DATABASE_URL": "postgres://db/npq"})


@pytest.mark.parametrize(
    ("url", "also"),
    [
        ("postgres://db/npq", ["PORT", "PUBLIC_URL"]),
        ("postgres://u@h:1:2/x", ["DATABASE_URL", "PORT", "PUBLIC_URL"]),
    ],
)
@pytest.mark.parametrize("secrets", ["", " , "])
def test_postgresql_without_a_secret_is_named_with_all_else(url, also, secrets):
    with pytest.raises(Misconfigured) as caught:
        read_settings({"DATABASE_URL": url, "PORT": "0", "SECRET_KEYS": secrets})

    named = [fault.split(":")[0] for fault in caught.value.faults]
    assert sorted(named) == [*also, "SECRET_KEYS"]


def test_on_sqlite_a_secret_is_made_once_and_only_its_owner_can_read_it(working_folder):
    first = read_settings({"PUBLIC_URL": GOOD["PUBLIC_URL"]})
    second = read_settings({"PUBLIC_URL": GOOD["PUBLIC_URL"]})

    assert first.secret_keys == second.secret_keys
    assert len(first.secret_keys[0]) >= 32
    mode = (working_folder / "var/secret_keys").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def _secret(_number: int) -> str:
    return read_settings({"PUBLIC_URL": GOOD["PUBLIC_URL"]}).secret_keys[0]


def test_processes_starting_together_agree_on_the_secret():
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(_secret, range(8)))) == 1


def test_a_folder_that_cannot_be_written_is_named(working_folder):
    (working_folder / "var").write_text("in the way")

    with pytest.raises(Misconfigured, match="SECRET_KEYS: unset, and"):
        read_settings({"PUBLIC_URL": GOOD["PUBLIC_URL"]})


def test_networks_and_lists_are_read():
    settings = read_settings(
        {
            **GOOD,
            "ALLOW_PRIVATE_NETWORKS": "10.1.0.0/16, fd00::/8",
            "SECRET_KEYS": f"{SECRET},{SECRET}2",
        }
    )

    assert settings.private_networks == ("10.1.0.0/16", "fd00::/8")
    assert settings.secret_keys == (SECRET, f"{SECRET}2")


@pytest.mark.parametrize("kept", [b"", b"short\n", b"\xff" * 40])
def test_a_kept_secret_that_was_lost_stops_the_start(working_folder, kept):
    (working_folder / "var").mkdir()
    (working_folder / "var/secret_keys").write_bytes(kept)

    with pytest.raises(Misconfigured, match="too short"):
        read_settings({"PUBLIC_URL": GOOD["PUBLIC_URL"]})
