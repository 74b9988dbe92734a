"""A valid pack becomes content to study, exactly as it was written."""

from __future__ import annotations

import pytest

from lti_tool.errors import Misconfigured
from lti_tool.packs.read import pack_ids, read_pack, read_packs
from lti_tool.study.content import Kind, Option, QuestionKind, Rule
from tests.packs.build import write_packs


@pytest.fixture
def pack(tmp_path):
    return read_packs(write_packs(tmp_path))[0]


def test_the_outline_is_read_in_order(pack):
    assert (pack.id, pack.version, pack.demonstration) == ("small", "1.0.0", True)
    assert [session.item for session in pack.sessions] == [f"m2.s{n}" for n in range(1, 7)]
    assert [session.number for session in pack.sessions] == [1, 2, 3, 4, 5, 6]
    assert {session.minutes for session in pack.sessions} == {50}


def test_activities_keep_their_kind_rule_and_evidence(pack):
    activities = pack.sessions[1].activities

    assert [activity.kind for activity in activities] == [
        Kind.RETRIEVAL,
        Kind.REVIEW_ACTION,
        Kind.READ,
        Kind.COMPARE,
        Kind.SCENARIO,
        Kind.PLAN_ACTION,
    ]
    assert [activity.rule for activity in activities] == [
        Rule.ANSWERED_ALL,
        Rule.MIN_WORDS,
        Rule.ACKNOWLEDGED,
        Rule.MIN_WORDS,
        Rule.CHOICE_WITH_REASON,
        Rule.MIN_WORDS,
    ]
    assert activities[2].statements == ("NPQLT/1/lt/1", "NPQLT/3/lt/1")
    assert [work.short for work in activities[2].evidence] == ["Roediger & Karpicke, 2006"]


def test_questions_keep_options_feedback_and_model_answer(pack):
    choice, recall = pack.sessions[0].activities[0].questions

    assert choice.kind is QuestionKind.CHOICE
    assert choice.options == (
        Option("Learning", True, "It does."),
        Option("Performance", False, "It fades."),
    )
    assert (recall.model_answer, recall.min_words) == ("Working memory.", 3)


def test_a_text_question_needs_the_words_its_activity_asks_for(tmp_path):
    more = "prompt: 'Who, when, what?', min_words: 30}"
    change_to_30 = ("small/m2/s2.md", "prompt: 'Who, when, what?'}", more)
    pack = read_pack(write_packs(tmp_path, change_to_30), "small")

    plans = [session.activity("plan").questions[0] for session in pack.sessions[:2]]

    assert [question.min_words for question in plans] == [20, 30]


def test_optional_activities_are_read_as_such(tmp_path):
    folder = write_packs(
        tmp_path,
        ("small/m2/s1.md", "minutes: 10", "minutes: 10\n    compulsory: false"),
    )

    activities = read_pack(folder, "small").sessions[0].activities

    assert [a.id for a in activities if not a.compulsory] == ["reading"]


def test_a_file_from_windows_reads_the_same(tmp_path):
    folder = write_packs(tmp_path)
    before = read_packs(folder)

    for file in folder.rglob("*.*"):
        text = file.read_text("utf-8")
        file.write_text("\ufeff" + text, "utf-8", newline="\r\n")

    assert read_packs(folder) == before


def test_frameworks_and_hidden_folders_are_no_packs(tmp_path):
    folder = write_packs(tmp_path)
    (folder / ".cache").mkdir()

    assert pack_ids(folder) == ["small"]


def test_a_folder_that_is_no_pack_is_not_passed_over(tmp_path):
    folder = write_packs(tmp_path)
    (folder / "half").mkdir()

    with pytest.raises(Misconfigured, match=r"half/pack\.yaml: the file cannot be read"):
        read_packs(folder)


def test_a_pack_in_two_modules_returns_across_them(tmp_path):
    folder = write_packs(tmp_path, locked=False)
    second = (folder / "small/pack.yaml").read_text().split("modules:\n")[1]
    second = second.replace("id: m2", "id: m3").replace("number: 2", "number: 3")
    (folder / "small/m3").mkdir()
    for number in range(1, 7):
        text = (folder / f"small/m2/s{max(number, 2)}.md").read_text()
        (folder / f"small/m3/s{number}.md").write_text(text)
    with (folder / "small/pack.yaml").open("a") as pack:
        pack.write(second)

    assert len(read_pack(folder, "small").sessions) == 12
    first = (folder / "small/m2/s1.md").read_text()
    (folder / "small/m3/s1.md").write_text(first)
    with pytest.raises(Misconfigured, match=r"m3/s1\.md line 23: no review_action"):
        read_pack(folder, "small")


def test_module_numbers_are_not_used_twice(tmp_path):
    folder = write_packs(tmp_path, locked=False)
    second = (folder / "small/pack.yaml").read_text().split("modules:\n")[1]
    with (folder / "small/pack.yaml").open("a") as pack:
        pack.write(second)

    with pytest.raises(Misconfigured) as refused:
        read_pack(folder, "small")

    assert 'module "m2" is there already' in str(refused.value)
    assert 'module number "2" is there already' in str(refused.value)
