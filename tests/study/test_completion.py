"""Nothing is complete with something outstanding, and nothing can be skipped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.errors import ContentSkipped
from lti_tool.study.completion import (
    Completion,
    SessionState,
    check_in_order,
    completion,
    done_in,
    first_unfinished,
    next_activity,
    session_states,
)
from tests.study.build import a_pack, a_session, an_activity, pack_of

PACK = pack_of([[True, True], [True, False, True], [True]])
S1, S2, S3 = PACK.sessions
ALL_OF_S1 = {("m2.s1", "a1"), ("m2.s1", "a2")}


@st.composite
def packs_and_work(draw):
    flags = st.lists(st.booleans(), min_size=1, max_size=4)
    pack = pack_of(draw(st.lists(flags, min_size=1, max_size=4)))
    everything = [(s.item, a.id) for s in pack.sessions for a in s.activities]
    return pack, frozenset(draw(st.sets(st.sampled_from(everything))))


def compulsory(pack):
    return {(s.item, a.id) for s in pack.sessions for a in s.activities if a.compulsory}


def may_open(pack, session, activity_id, done):
    try:
        check_in_order(pack, session, activity_id, done)
    except ContentSkipped:
        return False
    return True


@given(packs_and_work())
def test_a_pack_is_complete_exactly_when_nothing_compulsory_is_left(given_):
    pack, done = given_
    left = compulsory(pack) - done

    stand = completion(pack.sessions, done)

    assert stand.activities_total - stand.activities_done == len(left)
    assert stand.is_complete == (not left and bool(compulsory(pack)))
    assert (first_unfinished(pack, done) is None) == (not left)
    assert stand.sessions_total - stand.sessions_done == len({item for item, _ in left})


@given(packs_and_work())
def test_taking_any_one_compulsory_activity_away_leaves_it_incomplete(given_):
    pack, _ = given_

    for one in compulsory(pack):
        assert not completion(pack.sessions, compulsory(pack) - {one}).is_complete


@given(packs_and_work())
def test_exactly_what_is_done_and_what_has_nothing_left_before_it_may_be_opened(given_):
    pack, done = given_
    order = [(s, a) for s in pack.sessions for a in s.activities]

    for place, (session, activity) in enumerate(order):
        before = {(s.item, a.id) for s, a in order[:place] if a.compulsory}
        allowed = (session.item, activity.id) in done or before <= done
        assert may_open(pack, session, activity.id, done) == allowed


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_where_all_is_compulsory_only_the_done_and_the_next_may_be_opened(lengths, data):
    pack = pack_of([[True] * length for length in lengths])
    order = [(s, a) for s in pack.sessions for a in s.activities]
    studied = data.draw(st.integers(0, len(order)))
    done = {(s.item, a.id) for s, a in order[:studied]}

    opened = [pair for pair in order if may_open(pack, pair[0], pair[1].id, done)]

    assert opened == order[: studied + 1]
    assert first_unfinished(pack, done) == (order[studied] if studied < len(order) else None)


@given(packs_and_work())
def test_doing_what_comes_next_leads_to_the_end(given_):
    pack, work = given_
    done = set(work)

    while going_on := first_unfinished(pack, done):
        session, activity = going_on
        assert may_open(pack, session, activity.id, done)
        done.add((session.item, activity.id))

    assert set(session_states(pack, done).values()) == {SessionState.DONE}


@given(packs_and_work())
def test_states_agree_with_what_is_done(given_):
    pack, done = given_
    going_on = first_unfinished(pack, done)
    states = session_states(pack, done)

    assert list(states) == [session.item for session in pack.sessions]
    for session in pack.sessions:
        state, begun = states[session.item], bool(done_in(session, done))
        finished = completion([session], done)
        assert (state is SessionState.DONE) == (
            finished.activities_done == finished.activities_total
        )
        if state is SessionState.NEXT:
            assert going_on
            assert going_on[0] is session
            assert not begun
        if state is SessionState.LATER:
            assert going_on
            assert going_on[0] is not session
            assert not begun
        if state is SessionState.IN_PROGRESS:
            assert begun


def test_nothing_to_do_is_not_complete():
    assert not completion([], set()).is_complete
    assert not completion([a_session("s1", an_activity(compulsory=False))], set()).is_complete


def test_completion_counts_activities_and_sessions():
    done = {*ALL_OF_S1, ("m2.s2", "a1"), ("m9.s1", "a1"), ("m2.s2", "a2")}

    assert completion(PACK.sessions, done) == Completion(3, 5, 1, 3)


def test_the_next_activity_is_compulsory():
    assert next_activity(S2, {"a1"}) is S2.activities[2]
    assert next_activity(S2, {"a1", "a3"}) is None


def test_an_optional_activity_opens_when_what_comes_before_is_done():
    assert not may_open(PACK, S2, "a2", ALL_OF_S1)
    assert may_open(PACK, S2, "a2", {*ALL_OF_S1, ("m2.s2", "a1")})
    assert may_open(PACK, S2, "a3", {*ALL_OF_S1, ("m2.s2", "a1")})


@pytest.mark.parametrize(
    ("session", "activity_id", "done", "says"),
    [
        pytest.param(S1, "a2", set(), "a2 comes after a1 in m2.s1", id="inside a session"),
        pytest.param(S3, "a1", ALL_OF_S1, "m2.s3 comes after m2.s2", id="across sessions"),
        pytest.param(S1, "a9", ALL_OF_S1, "m2.s1 has no activity a9", id="unknown"),
    ],
)
def test_a_refusal_says_what_comes_first(session, activity_id, done, says):
    with pytest.raises(ContentSkipped, match=says):
        check_in_order(PACK, session, activity_id, done)


def test_what_is_done_stays_open_even_when_something_before_it_is_not():
    check_in_order(PACK, S3, "a1", {("m2.s3", "a1")})


def test_an_earlier_module_comes_before_a_later_one():
    pack = a_pack(
        a_session("s1", an_activity()), a_session("s1", an_activity(), module_id="m3")
    )
    later = pack.sessions[1]

    assert not may_open(pack, later, "a1", set())
    assert may_open(pack, later, "a1", {("m2.s1", "a1")})


def test_the_module_map_tells_done_begun_next_and_later():
    states = session_states(PACK, ALL_OF_S1)
    assert list(states.values()) == [SessionState.DONE, SessionState.NEXT, SessionState.LATER]

    states = session_states(PACK, {("m2.s1", "a1")})
    assert list(states.values()) == [
        SessionState.IN_PROGRESS,
        SessionState.LATER,
        SessionState.LATER,
    ]
