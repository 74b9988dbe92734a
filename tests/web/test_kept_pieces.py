"""Pieces of pages are kept for everybody, and each is shown only where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lti_tool.study.content import Evidence, Module
from lti_tool.web.around import around
from lti_tool.web.told import _KEPT, _MOST_KEPT, rendered_once, told, unanswered
from lti_tool.web.view import Asked
from tests.build import activity, pack, study_session


def questions(of, session, shown):
    return unanswered(of, session, shown, [Asked(shown.questions[0], 0, "", "")])


PIECES = pytest.mark.parametrize(
    "piece",
    [
        pytest.param(lambda *here: told(*here).prose, id="prose"),
        pytest.param(lambda *here: told(*here).references, id="references"),
        pytest.param(questions, id="questions"),
        pytest.param(lambda *here: around(*here, set()).heading, id="heading"),
        pytest.param(lambda *here: around(*here, set()).steps, id="steps"),
    ],
)


def session_about(word, number=1):
    """A study session whose every text is this word; its activity has the same id always."""
    shown = activity("read")
    work = Evidence("w-1", ("Lee, A.",), 2020, word, "Journal", "10.1000/1")
    shown = replace(
        shown,
        title=word,
        intro=f"<p>{word}</p>",
        questions=(replace(shown.questions[0], prompt=word),),
        evidence=(work,),
    )
    return replace(study_session(number), title=word, activities=(shown,))


def pack_of(*sessions, digest):
    return pack(modules=(Module("m1", 1, "Module", "To learn.", sessions),), digest=digest)


def words_in(shown):
    return {word for word in ("Alpha", "Beta") if word in shown}


@PIECES
def test_of_two_packs_with_the_same_ids_each_shows_its_own_texts(app, piece):
    packs = [
        pack_of(session_about("Alpha"), digest="1" * 64),
        pack_of(session_about("Beta"), digest="2" * 64),
    ]

    with app.app_context():
        shown = [piece(p, p.sessions[0], p.sessions[0].activities[0]) for p in packs]

    assert [words_in(each) for each in shown] == [{"Alpha"}, {"Beta"}]


@PIECES
def test_of_two_sessions_with_the_same_activity_each_shows_its_own_texts(app, piece):
    both = pack_of(session_about("Alpha", 1), session_about("Beta", 2), digest="3" * 64)

    with app.app_context():
        shown = [piece(both, session, session.activities[0]) for session in both.sessions]

    assert [words_in(each) for each in shown] == [{"Alpha"}, {"Beta"}]


def test_no_more_pieces_are_kept_than_fit():
    for number in range(_MOST_KEPT + 5):
        rendered_once(("test", str(number)), lambda: "piece")

    assert 0 < len(_KEPT) <= _MOST_KEPT
