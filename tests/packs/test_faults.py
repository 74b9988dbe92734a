"""Every fault in a pack is refused, and the author told where and what to write."""

from __future__ import annotations

import pytest

from lti_tool.errors import Misconfigured
from lti_tool.packs.read import read_pack, read_packs
from tests.packs.build import FRAMEWORK, change, write_packs

S1, S2, S6 = "small/m2/s1.md", "small/m2/s2.md", "small/m2/s6.md"
PACK, LOCK = "small/pack.yaml", "packs.lock"
EVIDENCE, NPQLT = "evidence.yaml", "frameworks/npqlt.yaml"

YAML_TRAPS = [
    pytest.param(
        S1, "title: Session 1", "title: no",
        's1.md line 2: "title": YAML reads no as true or false; put it in quotes: "no".',
        id="no is not a text",
    ),
    pytest.param(
        S1, "{text: Learning,", "{text: on,",
        's1.md line 16: "text": YAML reads on as true or false',
        id="on is not a text, deep inside",
    ),
    pytest.param(
        PACK, 'version: "1.0.0"', "version: 1.0",
        'pack.yaml line 2: "version": YAML reads 1.0 as a number; put it in quotes: "1.0".',
        id="a number is not a version",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: 2026-11-23",
        'line 3: "purpose": YAML reads 2026-11-23 as a date',
        id="a date is not a text",
    ),
    pytest.param(
        PACK, "date: 2026-11-23", 'date: "23 November"',
        'line 7: "date" is "23 November"; write a date without quotes, as 2026-11-23.',
        id="a text is not a date",
    ),
    pytest.param(
        PACK, "date: 2026-11-23", "date: 2026-02-30",
        "line 7: this cannot be read as YAML: '2026-02-30' is no such value.",
        id="a date that does not exist",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose:", 'line 3: "purpose" is empty; write some text.',
        id="nothing written",
    ),
    pytest.param(
        S1, "purpose: To begin", 'purpose: " "', 'line 3: "purpose" is empty; write some text.',
        id="only blanks written",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: To begin\npurpose: To end",
        's1.md line 4: "purpose" is given twice; keep one of them.',
        id="a key twice",
    ),
    pytest.param(
        S1, "correct: true, feedback: It does.", "correct: true, feedback: A., feedback: B.",
        's1.md line 16: "feedback" is given twice',
        id="a key twice on one line",
    ),
    pytest.param(
        EVIDENCE, "roediger-karpicke-2006:", "chi-1981:",
        'evidence.yaml line 7: "chi-1981" is given twice', id="a work twice",
    ),
    pytest.param(
        S1, "minutes: 6", "minutes: 010",
        "line 8: YAML reads 010 as another number; write plain digits.", id="octal",
    ),
    pytest.param(
        S1, "minutes: 6", "minutes: 1:10", "line 8: YAML reads 1:10 as another number",
        id="sexagesimal",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: To begin: now",
        'line 3: this cannot be read as YAML: mapping values are not allowed in this context; '
        'put text that contains ": " in quotes.',
        id="a colon in a text",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose:\n\tTo begin", "indent with spaces, not tabs",
        id="tab",
    ),
    pytest.param(
        S1, "purpose: To begin", 'purpose: "To begin', "line 3: this cannot be read as YAML",
        id="an open quotation",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: *begin",
        "put text that begins with * in quotes", id="an asterisk first",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: &a To begin\nalso: *a",
        "line 3: this cannot be read as YAML: a text is used again by an alias", id="alias",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: To begin\n<<: {titel: a}",
        'line 4: "<<" merges another mapping', id="merge",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: !!python/name:os.system",
        "line 3: this cannot be read as YAML: could not determine a constructor", id="tag",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: To begin\n? [a]\n: b", "cannot be read as YAML",
        id="a list as key",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: {a: b}", 'line 3: "purpose" must be text',
        id="a mapping for a text",
    ),
]  # fmt: skip

ENTRIES = [
    pytest.param(
        S1, "purpose: To begin\n", "", 's1.md line 2: "purpose" is missing; add it.',
        id="missing",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpos: To begin",
        's1.md line 3: "purpos" is not known here; write "purpose".', id="misspelt",
    ),
    pytest.param(
        S1, "purpose: To begin", "purpose: To begin\nqwertz: 1",
        's1.md line 4: "qwertz" is not known here; leave it out.', id="unknown",
    ),
    pytest.param(
        S1, "kind: read\n", "kind: video\n",
        "s1.md line 24: \"kind\" is \"video\"; write one of 'retrieval', 'read'",
        id="unknown kind",
    ),
    pytest.param(
        S1, "completion: answered_all", "completion: min_words",
        's1.md line 9: "completion" is "min_words"; write answered_all, min_words(40), '
        "choice_with_reason or acknowledged.",
        id="completion without its number",
    ),
    pytest.param(
        S1, "minutes: 12\n", "minutes: 16\n", '"minutes" is "16"; write 15 or less.',
        id="longer than a quarter of an hour",
    ),
    pytest.param(
        S1, "minutes: 6", "minutes: six", 'line 8: "minutes" is "six"; write a whole number.',
        id="minutes in words",
    ),
    pytest.param(
        S1, "correct: true", "correct: 1", '"correct" is "1"; write true or false.',
        id="1 for true",
    ),
    pytest.param(
        S1, "statements: [NPQLT/1/lt/1]", "statements: NPQLT/1/lt/1",
        'line 10: "statements" is not a list; write "[a, b]"', id="one for a list",
    ),
    pytest.param(
        S1, "statements: [NPQLT/1/lt/1]", "statements: [lt1]",
        'line 10: an entry of "statements" is "lt1"; write framework, section',
        id="malformed statement id",
    ),
    pytest.param(
        PACK, "framework: {code: npqlt, version: demo-1}", "framework: npqlt",
        '"framework" is not a mapping; write lines "key: value" under it.', id="no mapping",
    ),
    pytest.param(
        S1, "id: recall", "id: Recall One",
        '"id" is "Recall One"; write lower-case letters, digits and hyphens',
        id="id in capitals",
    ),
    pytest.param(
        PACK, "sessions: [s1, s2, s3, s4, s5, s6]", "sessions: [../s1, s2, s3, s4, s5, s6]",
        'an entry of "sessions" is "../s1"; write lower-case letters', id="a path for an id",
    ),
    pytest.param(
        PACK, "sessions: [s1, s2, s3, s4, s5, s6]", "sessions: []",
        '"sessions" is empty; give at least 1.', id="no sessions",
    ),
    pytest.param(
        EVIDENCE, '"Chi, M. T. H."', "Micki Chi",
        'evidence.yaml line 2: an entry of "authors" is "Micki Chi"; write family name, comma',
        id="author without comma",
    ),
    pytest.param(
        EVIDENCE, "chi-1981:", "Chi 1981: unknown\nchi-1981:",
        'evidence.yaml line 1: "Chi 1981" is "unknown"; write lower-case letters',
        id="a work under no id",
    ),
    pytest.param(
        EVIDENCE, "doi: 10.1207", "doi: https://doi.org/10.1207",
        "write the DOI alone, as 10.1037/edu0000001.", id="an address for a DOI",
    ),
    pytest.param(
        EVIDENCE, "10.1207/s15516709cog0502_2", "10.1111/J.1467-9280.2006.01693.x",
        'evidence.yaml line 7: "roediger-karpicke-2006" has the DOI of "chi-1981"',
        id="one work under two ids",
    ),
    pytest.param(
        EVIDENCE, "year: 1981", "year: 1081", '"year" is "1081"; write 1800 or more.',
        id="year",
    ),
]  # fmt: skip

RULES = [
    pytest.param(
        PACK, ", s6]", "]", 'pack.yaml line 13: module "m2" has 5 sessions; give it 6.',
        id="five sessions",
    ),
    pytest.param(
        PACK, "[s1, s2, ", "[s1, s1, ", 'session "s1" is there already; keep one.',
        id="a session twice",
    ),
    pytest.param(
        PACK, ", s6]", "]", "s6.md: pack.yaml names no such session", id="a file not named",
    ),
    pytest.param(
        PACK, "id: m2", "id: all", '"all" stands for the whole pack in links', id="module all",
    ),
    pytest.param(
        PACK, "id: small", "id: other",
        'pack.yaml line 1: the id is "other" in a folder named "small"',
        id="another folder's name",
    ),
    pytest.param(
        PACK, "after_session: s3", "after_session: s9",
        'pack.yaml line 15: "s9" is no session of this module', id="a clinic after nothing",
    ),
    pytest.param(
        PACK, "statements: [NPQLT/3/lh/1]", "statements: [NPQLT/9/lh/1]",
        'the framework has no statement "NPQLT/9/lh/1"', id="a clinic's unknown statement",
    ),
    pytest.param(
        PACK, "version: demo-1", "version: demo-2",
        'pack.yaml line 6: frameworks/npqlt.yaml is version "demo-1"', id="another framework",
    ),
    pytest.param(
        PACK, "code: npqlt", "code: npqsl",
        "frameworks/npqsl.yaml: the file cannot be read (No such file or directory)",
        id="no such framework",
    ),
    pytest.param(
        NPQLT, "code: npqlt", "code: npqsl", 'npqlt.yaml line 1: the code is "npqsl"',
        id="a framework under another name",
    ),
    pytest.param(
        NPQLT, "{n: 3,", "{n: 1,", 'npqlt.yaml line 6: section "1" is there already',
        id="a section twice",
    ),
    pytest.param(
        NPQLT, "NPQLT/3/lt/1: {kind: learn_that, section: 3}",
        "NPQLT/3/lt/1: {kind: learn_that, section: 1}",
        '"NPQLT/3/lt/1" is not of section 1; make the two agree.', id="a statement's section",
    ),
    pytest.param(
        S1, "minutes: 6", "minutes: 7",
        "s1.md line 4: the activities take 51 minutes; a session takes 50.", id="51 minutes",
    ),
    pytest.param(
        S1, "id: two-books", "id: reading", 'activity "reading" is there already',
        id="an activity twice",
    ),
    pytest.param(
        S1, "id: recall", "id: end", 'activity "end" has the id of the page after a session',
        id="the reserved id",
    ),
    pytest.param(
        S1, "id: q2", "id: q1", 's1.md line 18: the id "q1" is taken', id="a question twice",
    ),
    pytest.param(
        S1, "id: q2", "id: reason", 'the id "reason" is taken', id="the reserved question",
    ),
    pytest.param(
        S2, "statements: [NPQLT/1/lt/1]", "statements: [NPQLT/1/lt/9]",
        's2.md line 10: the framework has no statement "NPQLT/1/lt/9"', id="unknown statement",
    ),
    pytest.param(
        S1, "[NPQLT/1/lt/1, NPQLT/3/lt/1]", "[NPQLT/1/lt/1, NPQLT/1/lt/1]",
        'statement "NPQLT/1/lt/1" is there already', id="a statement twice",
    ),
    pytest.param(
        S2, "statements: [NPQLT/1/lt/1]", "statements: [NPQLT/3/lh/1]",
        "s2.md line 10: NPQLT/3/lh/1 was not met in an earlier session",
        id="retrieving the new",
    ),
    pytest.param(
        S6, "kind: retrieval", "kind: reflect", "s6.md line 5: the session does not open with",
        id="no retrieval first",
    ),
    pytest.param(
        S2, "kind: review_action", "kind: reflect",
        "s2.md line 23: no review_action follows the retrieval", id="no look at the last plan",
    ),
    pytest.param(
        S2, "kind: plan_action", "kind: reflect", "the last activity is no plan_action",
        id="no plan at the end",
    ),
    pytest.param(
        S1, "    evidence: [roediger-karpicke-2006]\n", "",
        'activity "reading" teaches (read) without evidence', id="teaching without evidence",
    ),
    pytest.param(
        S1, "evidence: [roediger-karpicke-2006]", "evidence: [roediger-2006]",
        's1.md line 29: "roediger-2006" is not in evidence.yaml', id="unknown evidence",
    ),
    pytest.param(
        S1, " [@roediger-karpicke-2006]", "",
        '"roediger-karpicke-2006" is not cited in the prose', id="evidence not cited",
    ),
    pytest.param(
        S1, "[@roediger-karpicke-2006]", "[@roediger-karpicke-2006] [@chi-1981]",
        's1.md line 74: [@chi-1981] is not in the evidence of activity "reading"',
        id="a citation not listed",
    ),
    pytest.param(
        S1, "Tests help", "Tests help " + "word " * 1200,
        's1.md line 72: activity "reading" has 1223 words to read in 10 minutes; cut it',
        id="too long to read",
    ),
    pytest.param(
        S1, "- {text: Performance, feedback: It fades.}", "",
        'line 12: question "q1" has 1 options; give 2 to 6.', id="one option",
    ),
    pytest.param(
        S1, "{text: Performance, feedback: It fades.}",
        "{text: Performance, correct: true, feedback: It fades.}",
        'question "q1" has 2 correct options; mark exactly one "correct: true".',
        id="two correct",
    ),
    pytest.param(
        S1, "correct: true, ", "", 'question "q1" has 0 correct options', id="none correct",
    ),
    pytest.param(
        S1, "{text: Performance, feedback: It fades.}", "{text: Performance}",
        's1.md line 17: "feedback" is missing; add it.', id="an option without feedback",
    ),
    pytest.param(
        S1, "{text: Performance,", "{text: Learning,", "has the same option twice",
        id="an option twice",
    ),
    pytest.param(
        S1, "        model_answer: Working memory.\n", "",
        'question "q2" is a recall without model_answer', id="no model answer",
    ),
    pytest.param(
        S1, "kind: text, prompt: What differs?", "kind: text, prompt: Eh?, model_answer: A",
        'is a text with model_answer; only a recall has one', id="a text's model answer",
    ),
    pytest.param(
        S1, "kind: text, prompt: What differs?",
        "kind: text, prompt: Eh?, options: [{text: a, feedback: b}]",
        "is a text with options; leave them out or make it a choice.", id="a text's options",
    ),
    pytest.param(
        S1, "prompt: Which lasts?", "prompt: Which?\n        min_words: 3",
        "is a choice with min_words; leave it out.", id="a choice's words",
    ),
    pytest.param(
        S1, "kind: text, prompt: What differs?", "kind: text, prompt: Eh?, min_words: 9",
        "wants fewer words than min_words(10)", id="fewer words than the rule",
    ),
    pytest.param(
        S1, "prompt: Which lasts?", "prompt: Which *really* lasts?",
        'has Markdown or HTML ("*really*") in plain text', id="Markdown in a prompt",
    ),
    pytest.param(
        S1, "feedback: It fades.", 'feedback: "It fades [@chi-1981]."',
        'has Markdown or HTML ("[@") in plain text', id="a citation in feedback",
    ),
    pytest.param(
        S1, "kind: recall", "kind: text", 'activity "recall" is retrieval with a text question',
        id="text in retrieval",
    ),
    pytest.param(
        S1, "completion: answered_all", "completion: acknowledged",
        "is acknowledged, which only a read can be", id="acknowledged retrieval",
    ),
    pytest.param(
        S1, "completion: acknowledged", "completion: min_words(9)",
        "has min_words(9) and no text question", id="words without a question",
    ),
    pytest.param(
        S1, "kind: scenario", "kind: apply",
        "has choice_with_reason, which only a scenario can", id="a reason elsewhere",
    ),
    pytest.param(
        S1, "      - {id: q1, kind: text, prompt: 'Who, when, what?'}\n", "      []\n",
        'activity "plan" asks nothing; add a question', id="no question",
    ),
    pytest.param(
        S2, "{id: q1, kind: text, prompt: What happened?}",
        "{id: q1, kind: recall, prompt: What happened?, model_answer: Much}",
        "is a review_action without a text question", id="a review that does not ask",
    ),
]  # fmt: skip

PROSE = [
    pytest.param(
        S1, "## reading", "## raeding", 'activity "reading" has no prose; add the heading',
        id="no heading for an activity",
    ),
    pytest.param(
        S1, "## reading", "## raeding", 's1.md line 72: no activity has the id "raeding"',
        id="a heading without an activity",
    ),
    pytest.param(
        S1, "## plan\n", "## dilemma\n\n## plan\n", 'the heading "## dilemma" is there already',
        id="a heading twice",
    ),
    pytest.param(
        S2, "## recall\n\nFrom memory.\n\n## review", "## review\n\n## recall",
        's2.md line 75: the heading "## recall" comes here; keep the order', id="another order",
    ),
    pytest.param(
        S1, "## recall", "Hello.\n\n## recall",
        "s1.md line 68: text stands before the first activity", id="text before all",
    ),
    pytest.param(
        S1, "From memory.", "# From memory",
        's1.md line 70: the page has its title already; use "###"', id="a page title",
    ),
    pytest.param(
        S1, "From memory.", "> ## From memory", "a heading stands in a list or quotation",
        id="a heading in a quotation",
    ),
    pytest.param(
        S1, "From memory.", "From <b>memory</b>.",
        "s1.md line 70: HTML is not allowed (<b>)", id="HTML",
    ),
    pytest.param(
        S1, "From memory.", "Look:\n\n<script>alert(1)</script>",
        "s1.md line 72: HTML is not allowed (<script>)", id="a script",
    ),
    pytest.param(
        S1, "From memory.", "<!-- from memory -->", "HTML is not allowed (<!--)",
        id="a comment",
    ),
    pytest.param(
        S1, "(https://example.org/report)", "(javascript:alert(1))",
        "this link cannot be used", id="a script link",
    ),
    pytest.param(
        S1, "(https://example.org/report)", "(http://example.org/report)",
        'the link to "http://example.org/report" is not safe', id="a plain http link",
    ),
    pytest.param(
        S1, "(https://example.org/report)", "(//example.org/report)",
        'the link to "//example.org/report" is not safe', id="a link without scheme",
    ),
    pytest.param(
        S1, "[the report]", "[the *report* [@chi-1981]]",
        "s1.md line 82: this link cannot be used; write [words](https://address).",
        id="a citation inside a link",
    ),
    pytest.param(
        S1, "From memory.", "![A book](https://example.org/book.png)",
        "pictures are not supported yet; say it in words.", id="a picture",
    ),
    pytest.param(
        S1, "### Book two", "#### Book two",
        'activity "two-books" has 1 texts; give exactly two', id="one text to compare",
    ),
    pytest.param(
        S1, "It is thin.", "", 'has a "###" part without title or text', id="an empty text",
    ),
    pytest.param(
        S1, "---\ntitle", "title", 's1.md line 1: there is no front matter; begin with a line',
        id="no front matter",
    ),
    pytest.param(
        S1, "---\n\n## recall", "\n## recall", "s1.md line 1: there is no front matter",
        id="front matter without end",
    ),
    pytest.param(
        S1, "title: Session 1", "---", "s1.md line 2: this cannot be read as YAML: nothing is",
        id="empty front matter",
    ),
    pytest.param(
        S1, "From memory.", "From \x07memory.", "s1.md line 70: a control character is here",
        id="a control character",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), [*YAML_TRAPS, *ENTRIES, *RULES, *PROSE]
)
def test_a_fault_is_refused_with_its_place_and_remedy(tmp_path, file, old, new, expected):
    folder = write_packs(tmp_path, (file, old, new), locked=False)

    with pytest.raises(Misconfigured) as refused:
        read_pack(folder, "small")

    assert any(expected in fault for fault in refused.value.faults), refused.value


def test_a_worked_example_shows_at_least_two_steps(tmp_path):
    folder = write_packs(tmp_path, (S1, "kind: compare", "kind: worked_example"), locked=False)
    read_pack(folder, "small")

    change(folder / S1, "### Book two", "#### Book two")

    with pytest.raises(Misconfigured, match="shows fewer than two steps"):
        read_pack(folder, "small")


def test_a_choice_with_reason_asks_exactly_one_choice(tmp_path):
    kind, more = "kind: scenario", "\n        options:\n          - {text: Ask,"
    folder = write_packs(tmp_path, locked=False)
    change(folder / S1, "completion: answered_all", "completion: choice_with_reason")
    change(folder / S1, "kind: retrieval", kind)
    change(folder / S1, "kind: recall", "kind: choice")

    with pytest.raises(Misconfigured, match="choice_with_reason and 2 choice questions"):
        read_pack(folder, "small")
    assert more in (folder / S1).read_text()


def test_all_faults_of_all_files_are_named_at_once(tmp_path):
    folder = write_packs(
        tmp_path,
        (S1, "minutes: 6", "minutes: 66"),
        (S2, "minutes: 6", "minutes: 7"),
        (S6, "purpose: To begin", "purpose: a: b"),
        (EVIDENCE, "year: 1981", "year: soon"),
        (NPQLT, "title: Leading Teaching\n", ""),
        (PACK, ", s6]", ", s6, s7]"),
        locked=False,
    )

    with pytest.raises(Misconfigured) as refused:
        read_packs(folder)

    files = [fault.split(" line ")[0].split(": ")[0] for fault in refused.value.faults]
    assert files == [EVIDENCE, NPQLT, LOCK, S1, S2, S6, "small/m2/s7.md", PACK]


def test_a_register_that_cannot_be_read_is_one_fault_not_many(tmp_path):
    folder = write_packs(tmp_path, (EVIDENCE, "year: 1981", "year: soon"), locked=False)
    (folder / NPQLT).write_text(FRAMEWORK.replace("sections:", "sections: ["))

    with pytest.raises(Misconfigured) as refused:
        read_pack(folder, "small")

    assert len(refused.value.faults) == 2


@pytest.mark.parametrize("text", ["", "\n# only a comment\n", "- a\n", "just words"])
@pytest.mark.parametrize("file", [PACK, EVIDENCE, NPQLT, LOCK, S1])
def test_a_file_that_is_something_else_is_refused(tmp_path, file, text):
    folder = write_packs(tmp_path)
    (folder / file).write_text(text)

    with pytest.raises(Misconfigured, match=file):
        read_packs(folder)


@pytest.mark.parametrize("file", [PACK, EVIDENCE, NPQLT, LOCK, S1])
def test_a_missing_file_is_named(tmp_path, file):
    folder = write_packs(tmp_path)
    (folder / file).unlink()

    with pytest.raises(Misconfigured, match=f"{file}: the file cannot be read"):
        read_packs(folder)


@pytest.mark.parametrize(
    ("bytes_", "expected"),
    [
        pytest.param(b"---\ntitle: caf\xe9\n", "s1.md line 2: this is not UTF-8", id="latin-1"),
        pytest.param(b"-" * 1_000_001, "s1.md: the file is too large", id="a megabyte"),
        pytest.param(
            b"---\na: " + b"[" * 100_000 + b"\n---\n", "too many lists and mappings", id="deep"
        ),
        pytest.param(
            b"---\na: " + b"- " * 100_000 + b"\n---\n",
            "too many lists and mappings",
            id="dashes",
        ),
        pytest.param(
            b"---\na: " + b"[" * 9_000 + b"]" * 9_000 + b"\n---\n",
            "not known",
            id="rather deep",
        ),
    ],
)
def test_bytes_that_are_no_session_are_refused_quickly(tmp_path, bytes_, expected):
    folder = write_packs(tmp_path, locked=False)
    (folder / S1).write_bytes(bytes_)

    with pytest.raises(Misconfigured, match=expected):
        read_pack(folder, "small")


def test_an_alias_bomb_is_refused(tmp_path):
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    folder = write_packs(tmp_path, (S1, "title:", f"a0: &a0 x\n{levels}title:"), locked=False)

    with pytest.raises(Misconfigured, match="used again by an alias"):
        read_pack(folder, "small")


def test_a_folder_without_packs_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Misconfigured, match="no pack is here"):
            read_packs(folder)


@pytest.mark.parametrize(("words", "is_read"), [(1200, True), (1201, False)])
def test_reading_may_take_exactly_its_minutes(tmp_path, words, is_read):
    folder = write_packs(tmp_path, locked=False)
    prose = (folder / S1).read_text().split("## reading\n")[1].split("## two-books")[0]
    change(folder / S1, "Tests help", "Tests help " + "word " * (words - len(prose.split())))

    if is_read:
        read_pack(folder, "small")
    else:
        with pytest.raises(Misconfigured, match="has 1201 words"):
            read_pack(folder, "small")


def test_a_question_may_repeat_its_activity_s_number_of_words(tmp_path):
    same = "prompt: What differs?, min_words: 10"
    folder = write_packs(tmp_path, (S1, "prompt: What differs?", same), locked=False)

    read_pack(folder, "small")
