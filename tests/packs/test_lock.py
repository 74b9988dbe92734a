"""A pack's digest changes with every word a participant can see, and with nothing else."""

from __future__ import annotations

import json
import unicodedata

import pytest

from lti_tool.errors import Misconfigured
from lti_tool.packs.lock import digest_of, lock_text
from lti_tool.packs.read import read_pack, read_packs
from tests.packs.build import change, write_packs

S1, PACK, EVIDENCE = "small/m2/s1.md", "small/pack.yaml", "evidence.yaml"

SEEN = [
    pytest.param(PACK, "A small pack", "A small book", id="title of the pack"),
    pytest.param(PACK, "demonstration: true", "demonstration: false", id="demonstration"),
    pytest.param(PACK, "number: 2", "number: 3", id="number of the module"),
    pytest.param(PACK, "To lead on memory.", "To lead.", id="purpose of the module"),
    pytest.param(PACK, "problems: [Too full]", "problems: [Too big]", id="community"),
    pytest.param(PACK, "purpose: To rehearse", "purpose: To talk", id="clinic"),
    pytest.param(S1, "purpose: To begin", "purpose: To start", id="purpose of the session"),
    pytest.param(S1, "title: Two books", "title: Books", id="title of an activity"),
    pytest.param(S1, "min_words(10)", "min_words(11)", id="completion rule"),
    pytest.param(S1, "minutes: 10\n", "minutes: 10\n    compulsory: false\n", id="compulsory"),
    pytest.param(S1, "prompt: What differs?", "prompt: What then?", id="prompt"),
    pytest.param(S1, "text: Nod", "text: Smile", id="option"),
    pytest.param(S1, "feedback: They notice.", "feedback: They see.", id="feedback"),
    pytest.param(S1, "model_answer: Working", "model_answer: Short-term", id="model answer"),
    pytest.param(S1, "[NPQLT/1/lt/1, NPQLT/3/lt/1]", "[NPQLT/1/lt/1]", id="statements"),
    pytest.param(S1, "It is thin.", "It is thick.", id="prose"),
    pytest.param(S1, "example.org/report", "example.org/paper", id="address of a link"),
    pytest.param(S1, "### Book two", "### Book three", id="heading in prose"),
    pytest.param(EVIDENCE, "title: Test-enhanced", "title: Tested", id="a cited work"),
]

NOT_SEEN = [
    pytest.param(PACK, "{status: draft", "{status: approved", id="quality assurance"),
    pytest.param(PACK, "A small pack", '"A small pack"', id="quotation marks"),
    pytest.param(S1, "purpose: To begin", "purpose: >-\n  To\n  begin", id="folded text"),
    pytest.param(S1, "title: Two books", "title: Two books  # really", id="a comment"),
    pytest.param(S1, "kind: read\n", "kind: read\n    compulsory: true\n", id="a default"),
    pytest.param(S1, "It is thin.\n", "It is thin.\n\n\n", id="blank lines between activities"),
    pytest.param(EVIDENCE, "chi-1981:", "{work}\nchi-1981:", id="a work not cited"),
]

WORK = """\
new-2020: {authors: ["New, A."], year: 2020, title: T, venue: V, doi: 10.1000/182}"""


@pytest.mark.parametrize(("file", "old", "new"), SEEN)
def test_what_a_participant_sees_changes_the_digest(tmp_path, file, old, new):
    folder = write_packs(tmp_path)
    before = read_pack(folder, "small").digest

    change(folder / file, old, new)

    assert read_pack(folder, "small").digest != before
    with pytest.raises(Misconfigured, match="has changed since it was locked"):
        read_packs(folder)


@pytest.mark.parametrize(("file", "old", "new"), NOT_SEEN)
def test_what_nobody_sees_leaves_the_digest(tmp_path, file, old, new):
    folder = write_packs(tmp_path)
    before = read_pack(folder, "small").digest

    change(folder / file, old, new.replace("{work}", WORK))

    assert read_packs(folder)[0].digest == before


def test_order_is_seen(tmp_path):
    folder = write_packs(tmp_path)
    before = read_pack(folder, "small").digest

    change(folder / PACK, "s4, s5", "s5, s4")

    assert read_pack(folder, "small").digest != before


def test_two_spellings_of_one_letter_are_one_text():
    composed, apart = (
        {"title": unicodedata.normalize(form, "café")} for form in ("NFC", "NFD")
    )

    assert composed != apart
    assert digest_of(composed) == digest_of(apart)


def test_the_digest_is_of_canonical_json():
    # sha256 of {"a":[1,true,"é"],"b":""}
    expected = "be6dc13726645b1712f44a3d52cef823b0f5fb46be601696e6ef9e2e19417ec7"

    assert digest_of({"b": "", "a": [1, True, "é"]}) == expected


def test_the_lock_names_every_pack_with_version_and_digest(tmp_path):
    pack = read_packs(write_packs(tmp_path))[0]

    assert lock_text([pack]) == f'"small 1.0.0": "{pack.digest}"\n'
    assert json.loads("{" + lock_text([pack]) + "}") == {"small 1.0.0": pack.digest}


def test_a_new_version_wants_its_own_line_in_the_lock(tmp_path):
    folder = write_packs(tmp_path, (PACK, '"1.0.0"', '"1.0.1"'))

    with pytest.raises(Misconfigured, match=r'1\.0\.1 is not locked; add "small 1\.0\.1": "'):
        read_packs(folder)

    with (folder / "packs.lock").open("a") as lock:
        lock.write(lock_text([read_pack(folder, "small")]))
    assert read_packs(folder)[0].version == "1.0.1"


def test_a_digest_in_the_lock_is_a_digest(tmp_path):
    folder = write_packs(tmp_path)
    (folder / "packs.lock").write_text('"small 1.0.0": "12"\n')

    with pytest.raises(Misconfigured, match=r"packs\.lock line 1: .* write the 64 digits"):
        read_packs(folder)
