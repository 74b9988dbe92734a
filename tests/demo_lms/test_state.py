"""What survives a restart, and what becomes of a state file that is not one."""

from __future__ import annotations

import json
import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lti_tool.errors import Misconfigured
from tests.demo_lms import test_scores
from tests.demo_lms.browser import Browser
from tests.demo_lms.conftest import ISSUER, TOOL
from tests.demo_lms.in_process import in_process
from tests.demo_lms.test_deep_linking import added, item


def elliptic_key():
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_grades_links_keys_and_people_survive_a_restart(make_world, tmp_path):
    path = tmp_path / "var" / "state.json"
    first = make_world(state_path=path, key_pem=None)
    first.tool.chosen = [item(2), item(1)]
    browser = first.browser()
    browser.add_from_tool()
    test_scores.post(first)
    keys = first.http.get(f"{ISSUER}/jwks").json()

    second = make_world(state_path=path)
    again = Browser(ISSUER, http=in_process({ISSUER: second.app, TOOL: second.tool.app}))
    again.jar = browser.jar

    assert "Signed in as Dr Helen Marsh" in again.go(f"{ISSUER}/").text
    assert [link.title for link in added(second)] == ["Chosen 2", "Chosen 1"]
    assert test_scores.grade(second) == "1 / 1"
    assert second.http.get(f"{ISSUER}/jwks").json() == keys
    assert test_scores.post(second).status_code == 409


def test_ids_are_not_given_out_twice_after_a_restart(make_world, tmp_path):
    path = tmp_path / "state.json"
    first = make_world(state_path=path)
    first.tool.chosen = [item(1)]
    first.browser().add_from_tool()
    [gone] = added(first)
    first.lms.store.remove_link(gone.id)

    second = make_world(state_path=path)
    second.tool.chosen = [item(1)]
    second.browser().add_from_tool()

    assert added(second)[0].id != gone.id


def test_new_titles_and_addresses_reach_an_old_file(make_world, tmp_path):
    path = tmp_path / "state.json"
    first = make_world(state_path=path)
    first.lms.store.delete_line_item("1")

    second = make_world(state_path=path, open_url="http://localhost:9999/open")

    assert second.lms.store.link("2").url == "http://localhost:9999/open/npqlt-demo/m2.s2"
    assert second.lms.store.link("2").line_item_id == "2"
    assert second.lms.store.link("1").line_item_id is None


def test_without_a_path_nothing_is_written(make_world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    make_world().browser().sign_in("Amira")

    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_only_and_always_whole(make_world, tmp_path):
    path = tmp_path / "state.json"
    world = make_world(state_path=path, key_pem=None)
    world.http.get(f"{ISSUER}/jwks")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "PRIVATE KEY" in json.loads(path.read_text())["key_pem"]
    assert os.listdir(tmp_path) == ["state.json"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"next_id": "x"}', '{"next_id": 1, "links": 7}', "\0"],
)
def test_a_file_that_is_no_state_is_named(make_world, tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)

    with pytest.raises(Misconfigured, match=r"state\.json cannot be read"):
        make_world(state_path=path)

    assert path.read_text() == text


@pytest.mark.parametrize("kept", ["nonsense", 7, elliptic_key()])
def test_a_kept_key_that_is_none_is_said(make_world, tmp_path, kept):
    path = tmp_path / "state.json"
    make_world(state_path=path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"key_pem": kept}))

    with pytest.raises(Misconfigured, match="signing key"):
        make_world(state_path=path)


def test_a_place_that_cannot_be_written_is_named(make_world, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match="cannot be written"):
        make_world(state_path=tmp_path / "file" / "state.json")
