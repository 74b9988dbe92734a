"""The command line as an operator uses it: answers, exit codes, nothing half-done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lti_tool import cli
from lti_tool.records.db import Database
from lti_tool.records.platforms import note_pending
from lti_tool.records.schema import upgrade
from tests.build import NOW, free_port, studying
from tests.conftest import ROOT, SECRET

LMS = {
    "--name": "Harrow Bank",
    "--issuer": "https://lms.example",
    "--client-id": "abc",
    "--auth-url": "https://lms.example/auth",
    "--token-url": "https://lms.example/token",
    "--jwks-url": "https://lms.example/jwks",
}


@pytest.fixture
def env(sqlite_url):
    return {
        "DATABASE_URL": sqlite_url,
        "PUBLIC_URL": "https://npq.example.org",
        "SECRET_KEYS": SECRET,
        "CONTENT_PACKS": str(ROOT / "content_packs"),
        "LOG_FORMAT": "console",
    }


@pytest.fixture
def lti_tool(env):
    """Run a command; its exit code and what it said."""

    def call(*arguments):
        result = CliRunner().invoke(cli.lti_tool, arguments, env=env)
        return result.exit_code, result.output

    return call


def options(**changes):
    given = {**LMS, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return [word for pair in given.items() for word in pair if pair[1] is not None]


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


def test_an_lms_is_registered_shown_suspended_and_resumed(lti_tool):
    assert lti_tool("platforms", "add", *options(), "--deployment-id", "1") == (0, "1\n")
    assert "Harrow Bank" in lti_tool("platforms", "list")[1]
    assert "1 (active)" in lti_tool("platforms", "show", "1")[1]

    assert lti_tool("platforms", "suspend", "1") == (0, "LMS 1 is suspended.\n")
    (listed,) = json.loads(lti_tool("platforms", "list", "--json")[1])
    assert listed["status"] == "suspended"
    assert lti_tool("platforms", "resume", "1") == (0, "LMS 1 is active.\n")
    (shown,) = json.loads(lti_tool("platforms", "show", "1", "--json")[1])
    assert shown["issuer"] == "https://lms.example"


def test_an_lms_is_registered_once(lti_tool):
    lti_tool("platforms", "add", *options())
    code, said = lti_tool("platforms", "add", *options(name="Again"))

    assert code == 1
    assert "registered already" in said


@pytest.mark.parametrize("option", ["auth_url", "token_url", "jwks_url"])
def test_an_address_that_would_hide_what_we_add_to_it_is_refused(lti_tool, option):
    code, said = lti_tool("platforms", "add", *options(**{option: "https://lms.example/a#b"}))

    assert code == 2
    assert 'leave out the "#"' in said


@pytest.mark.parametrize("audience", ["", " ", "https://a\n", "\udcff", "x" * 2_049])
def test_an_audience_that_is_none_is_refused(lti_tool, audience):
    code, said = lti_tool("platforms", "add", *options(token_audience=audience))

    assert code == 2
    assert "printable" in said


def test_an_audience_is_kept(lti_tool):
    lti_tool("platforms", "add", *options(token_audience="https://lms.example/oauth2"))

    (shown,) = json.loads(lti_tool("platforms", "show", "1", "--json")[1])
    assert shown["token_audience"] == "https://lms.example/oauth2"


@pytest.mark.parametrize("option", ["auth_url", "token_url", "jwks_url"])
@pytest.mark.parametrize(
    "address", ["lms.example/auth", "http://[::1", "https://a:99999", "ftp://a"]
)
def test_an_address_that_is_none_is_refused(lti_tool, option, address):
    code, said = lti_tool("platforms", "add", *options(**{option: address}))

    assert code == 2
    assert "https://" in said


@pytest.mark.parametrize(
    ("option", "value"),
    [("name", ""), ("issuer", " "), ("client_id", "x" * 256), ("deployment_id", "é")],
)
def test_an_id_that_no_launch_could_carry_is_refused(lti_tool, option, value):
    assert lti_tool("platforms", "add", *options(**{option: value}))[0] == 2


def test_a_deployment_given_twice_is_one(lti_tool):
    twice = ("--deployment-id", "1", "--deployment-id", "1")

    assert lti_tool("platforms", "add", *options(), *twice)[0] == 0


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "x"])
def test_a_number_that_is_none_is_refused(lti_tool, number):
    assert lti_tool("platforms", "suspend", "--", number)[0] == 2


def test_what_does_not_exist_is_said_so(lti_tool):
    for command in (
        ("platforms", "show", "9"),
        ("platforms", "suspend", "9"),
        ("deployments", "approve", "9"),
    ):
        code, said = lti_tool(*command)
        assert code == 1
        assert "There is no" in said
    assert "No LMS is registered" in lti_tool("platforms", "list")[1]
    assert "No deployment" in lti_tool("deployments", "list")[1]


def test_a_pending_deployment_is_listed_and_approved(lti_tool, env):
    lti_tool("platforms", "add", *options())
    database = Database(env["DATABASE_URL"])
    with database.transaction() as db:
        note_pending(db, 1, "school-a", NOW)
    database.close()

    assert "pending" in lti_tool("deployments", "list")[1]
    assert lti_tool("deployments", "approve", "1") == (0, "Deployment 1 is active.\n")
    assert lti_tool("deployments", "suspend", "1") == (0, "Deployment 1 is suspended.\n")
    (listed,) = json.loads(lti_tool("deployments", "list", "--json")[1])
    assert (listed["deployment_id"], listed["status"]) == ("school-a", "suspended")


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
