"""The command line as an operator uses it: answers, exit codes, nothing half-done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from lti_tool import cli
from lti_tool.records.db import Database
from lti_tool.records.schema import upgrade
from tests.build import free_port, studying
from tests.conftest import ROOT


def test_every_command_explains_itself(lti_tool):
    waiting = [((), cli.lti_tool)]
    while waiting:
        path, command = waiting.pop()
        code, said = lti_tool(*path, "--help")
        assert code == 0
        assert "Usage:" in said
        waiting += [
            ((*path, name), sub) for name, sub in getattr(command, "commands", {}).items()
        ]


def test_keys_are_made_once_and_rotated(lti_tool):
    before = {
        key["status"]: key["kid"] for key in json.loads(lti_tool("keys", "list", "--json")[1])
    }
    assert sorted(before) == ["current", "next"]
    assert lti_tool("keys", "rotate")[0] == 0
    after = {
        key["status"]: key["kid"] for key in json.loads(lti_tool("keys", "list", "--json")[1])
    }

    assert after["current"] == before["next"]
    assert after["previous"] == before["current"]
    assert after["next"] not in before.values()


def test_packs_are_listed_checked_and_digested(lti_tool):
    (listed,) = json.loads(lti_tool("packs", "list", "--json")[1])
    assert (listed["pack"], listed["sessions"]) == ("npqlt-demo", 6)
    assert lti_tool("packs", "check")[0] == 0
    code, digests = lti_tool("packs", "digest")
    assert code == 0
    locked = (ROOT / "content_packs/packs.lock").read_text("utf-8")  # earlier versions too
    assert set(digests.splitlines()) <= set(locked.splitlines())
    assert digests


def test_a_faulty_pack_is_refused_with_its_faults(lti_tool, tmp_path):
    (tmp_path / "packs").mkdir()
    code, said = lti_tool("packs", "check", "--folder", str(tmp_path / "packs"))

    assert code == 1
    assert "no pack is here" in said


def test_the_schema_is_made_and_checked(lti_tool, env, tmp_path):
    env["DATABASE_URL"] = f"sqlite:///{tmp_path}/new/lti_tool.db"
    code, said = lti_tool("db", "check")
    assert (code, "lti-tool db upgrade" in said) == (1, True)

    assert lti_tool("db", "upgrade")[0] == 0
    assert lti_tool("db", "upgrade")[0] == 0
    assert lti_tool("db", "check")[0] == 0


def test_a_database_that_was_tampered_with_is_noticed(lti_tool, env):
    database = Database(env["DATABASE_URL"])
    with database.transaction() as db:
        db.exec_driver_sql("DROP TABLE grades")
    database.close()

    code, said = lti_tool("db", "check")
    assert code == 1
    assert "grades" in said


def started(env, *arguments):
    """The command in a process of its own, as a shell runs it."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-m", "lti_tool", *arguments],
        env=kept | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_set_up_wrongly_ends_with_2_in_plain_words(env, tmp_path):
    for arguments in (("serve",), ("deliver", "--once"), ("platforms", "list")):
        wrong = env | {"PUBLIC_URL": "", "DATABASE_URL": "mysql://x"}
        ended = started(wrong, *arguments)
        assert ended.returncode == 2
        assert "PUBLIC_URL: unset" in ended.stderr
        assert "DATABASE_URL: use" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_serving_names_every_fault_of_database_packs_and_port(env, tmp_path, httpserver):
    (tmp_path / "none").mkdir()
    wrong = env | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "CONTENT_PACKS": str(tmp_path / "none"),
        "PORT": str(httpserver.port),
    }
    ended = started(wrong, "serve")

    assert ended.returncode == 2
    assert "DATABASE_URL: the database cannot be reached" in ended.stderr
    assert "no pack is here" in ended.stderr
    assert f"PORT: 127.0.0.1:{httpserver.port} cannot be listened on" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_behind_the_code_stops_the_start(env, tmp_path):
    ended = started(
        env | {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}, "deliver", "--once"
    )

    assert ended.returncode == 2
    assert "lti-tool db upgrade" in ended.stderr


def test_secrets_that_do_not_open_the_database_stop_the_start(env, lti_tool):
    lti_tool("keys", "list")

    for command in (("serve",), ("deliver", "--once")):
        ended = started(
            env | {"SECRET_KEYS": "another secret of more than 32 characters"}, *command
        )
        assert ended.returncode == 2
        assert "SECRET_KEYS: none of them opens" in ended.stderr


def test_a_database_of_a_newer_version_is_not_sent_round_in_circles(env, lti_tool):
    database = Database(env["DATABASE_URL"])
    with database.transaction() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    code, said = lti_tool("db", "upgrade")
    assert (code, "newer version" in said) == (1, True)
    assert "newer version" in started(env, "deliver", "--once").stderr


def test_a_file_that_is_no_database_is_named(env, tmp_path):
    (tmp_path / "broken.db").write_bytes(b"not a database" * 100)

    ended = started(env | {"DATABASE_URL": f"sqlite:///{tmp_path}/broken.db"}, "db", "upgrade")

    assert ended.returncode == 2
    assert "DATABASE_URL: the database cannot be reached" in ended.stderr


def test_a_database_that_fails_after_the_start_is_said_in_plain_words(env):
    database = Database(env["DATABASE_URL"])
    with database.transaction() as db:
        db.exec_driver_sql("DROP TABLE platforms")
    database.close()

    ended = started(env, "platforms", "list")

    assert ended.returncode == 2
    assert ended.stderr == (
        "DATABASE_URL: the database does not answer (no such table: platforms).\n"
    )


@pytest.mark.parametrize("command", ["upgrade", "check"])
def test_a_folder_for_the_database_that_cannot_be_made_is_named(env, tmp_path, command):
    (tmp_path / "file").write_text("in the way")
    ended = started(
        env | {"DATABASE_URL": f"sqlite:///{tmp_path}/file/new/x.db"}, "db", command
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        f"DATABASE_URL: the folder {tmp_path}/file/new cannot be made (Not a directory).\n"
    )


@pytest.mark.parametrize("host", ["", "\udcff", "npq.example.org", "fe80::1%eth0", "127.1"])
def test_a_host_that_is_no_ip_address_is_refused(lti_tool, host):
    code, said = lti_tool("serve", "--host", host)

    assert code == 2
    assert "give an IP address" in said


@pytest.mark.parametrize(
    ("host", "listens"), [("localhost", "127.0.0.1"), ("0:0:0:0:0:0:0:1", "[::1]")]
)
def test_a_host_is_taken_as_an_ip_address(env, host, listens):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((listens.strip("[]"), 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with taken:
        port = taken.getsockname()[1]
        ended = started(env | {"PORT": str(port)}, "serve", "--host", host)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"PORT: {listens}:{port} cannot be listened on (Address already in use).\n"
    )


@pytest.mark.parametrize("option", ["--port", "--lms-port"])
@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_the_demo_refuses_a_port_that_is_none(lti_tool, tmp_path, option, port):
    folder = tmp_path / "demo"

    assert lti_tool("demo", option, port, "--folder", str(folder))[0] == 2
    assert not folder.exists()


def test_the_demo_needs_two_ports(lti_tool, tmp_path):
    port, folder = str(free_port()), tmp_path / "demo"
    code, said = lti_tool("demo", "--port", port, "--lms-port", port, "--folder", str(folder))

    assert code == 2
    assert "a port each" in said
    assert not folder.exists()


def test_the_demo_refuses_a_folder_whose_name_is_no_text(env, tmp_path):
    ended = started(env, "demo", "--folder", str(tmp_path / "\udcff"))

    assert ended.returncode == 2
    assert ended.stderr == "--folder: give a path of printable characters.\n"
    assert not (tmp_path / "\udcff").exists()


def test_the_demo_says_so_when_its_folder_cannot_be_made(env, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ended = started(env, "demo", "--folder", str(tmp_path / "file/demo"))

    assert ended.returncode == 2
    assert ended.stderr == (
        f"--folder: {tmp_path}/file/demo cannot be made (Not a directory).\n"
    )


def test_the_demo_says_so_when_its_folder_is_of_other_content(env, tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'lti_tool.db'}")
    with database.transaction() as db:
        upgrade(db)
        studying(db)
    database.close()

    ports = ("--port", str(free_port()), "--lms-port", str(free_port()))
    ended = started(env, "demo", *ports, "--folder", str(tmp_path))

    assert ended.returncode == 2
    assert f"{tmp_path} holds a demo of other content" in ended.stderr


def test_the_demo_says_so_when_a_port_is_taken(env, tmp_path, httpserver):
    folder = ("--folder", str(tmp_path / "demo"))
    ended = started(env, "demo", "--port", str(httpserver.port), *folder)

    assert ended.returncode == 2
    assert f"127.0.0.1:{httpserver.port} cannot be listened on" in ended.stderr
    assert "Open" not in ended.stdout
