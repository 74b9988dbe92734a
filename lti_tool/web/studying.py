"""Which activity a request is about, for whom, and what they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from flask import g, request
from sqlalchemy import Connection

from lti_tool.errors import NotServed
from lti_tool.records.progress import Done, Progress, done_of, keep_answers, progress_of
from lti_tool.study.completion import check_in_order
from lti_tool.study.content import Activity, ContentPack, Kind, StudySession
from lti_tool.web.links import Links, visit_home
from lti_tool.web.parts import parts


@dataclass(frozen=True, slots=True)
class Here:
    """The activity a request is about, and for whom."""

    enrolment: int
    pack: ContentPack
    session: StudySession
    activity: Activity
    read: Progress | None = None  # by the launch, where this is its visit's first request

    @property
    def key(self) -> tuple[str, str]:
        """As the ledger names it: study session and activity."""
        return self.session.item, self.activity.id


def studying() -> tuple[int, ContentPack]:
    """The enrolment of this visit and the pack it is on.

    Raises:
        NotServed: the visit is for nothing that can be studied.
    """
    pack = parts().packs.get(g.visit.pack_id or "")
    if pack is None or g.visit.enrolment_row is None:
        raise NotServed("Nothing has been chosen for this link yet.")
    return g.visit.enrolment_row, pack


def only_session(pack: ContentPack, item: str) -> StudySession | None:
    """The study session an item names; None when it names several, or nothing."""
    found = pack.find(item) or ()
    return found[0] if found and found[0].item == item else None


def find_session(pack: ContentPack, item: str) -> StudySession:
    """The study session an item names.

    Raises:
        NotServed: it names several, or nothing.
    """
    found = only_session(pack, item)
    if found is None:
        raise NotServed("There is no such study session.")
    return found


def find_here(item: str, activity_id: str) -> Here:
    """The activity a URL names, for the person of this visit.

    Raises:
        NotServed: there is no such session, or it has no such activity.
    """
    enrolment, pack = studying()
    opened = find_session(pack, item)
    found = opened.activity(activity_id)
    if found is None:
        raise NotServed("There is no such activity in this study session.")
    return Here(enrolment, pack, opened, found, _handed_over(item, activity_id))


def is_of_link(session: StudySession) -> bool:
    """Whether the link of this visit covers a study session of its pack."""
    return session in _sessions_of_link()


def has_map() -> bool:
    """Whether the link of this visit opens a map: it covers several study sessions."""
    return len(_sessions_of_link()) > 1


def _sessions_of_link() -> tuple[StudySession, ...]:
    _, pack = studying()
    return pack.find(g.visit.item or "") or ()


def reviewed_by(here: Here) -> StudySession | None:
    """The study session whose plan this activity looks back on."""
    reviews = here.activity.kind is Kind.REVIEW_ACTION
    return here.pack.before(here.session) if reviews else None


def _handed_over(item: str, activity_id: str) -> Progress | None:
    """What the launch read, where this request is the redirect it was answered with.

    A page of ours that leads here may have written since, through another process.
    Source: W3C Fetch Metadata Request Headers; after an LMS's form it says cross-site.
    """
    handed = parts().just_read.take(g.visit.key)
    if handed is None or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return None
    return handed[1] if handed[0] == (item, activity_id) else None


def hand_over(visit: str, session: StudySession, activity: Activity, read: Progress) -> None:
    """Keep what a launch read for the page it leads to, which follows at once."""
    if activity.kind is not Kind.REVIEW_ACTION:  # shows more
        parts().just_read.put(visit, ((session.item, activity.id), read))


def progress_at(here: Here) -> Progress:
    """Everything a page about this activity shows of its participant."""
    if here.read:
        return here.read
    before = reviewed_by(here)
    also = before.item if before else None
    with parts().database.read() as db:
        return progress_of(db, here.enrolment, here.session.item, also)


def study_links() -> Links:
    """Addresses of this visit's study pages."""
    return Links(visit_home(g.visit.key))


def keep_unless_done(db: Connection, here: Here, answers: Mapping[str, str]) -> Done:
    """Keep answers as a draft; what has been handed in stays as it is.

    Returns:
        All activities done.

    Raises:
        ContentSkipped: an earlier activity is still to do.
    """
    done = done_of(db, here.enrolment)
    check_in_order(here.pack, here.session, here.activity.id, done)
    if here.key not in done:
        keep_answers(db, here.enrolment, *here.key, answers, datetime.now(UTC))
    return done


def plan_of(progress: Progress, session: StudySession) -> str:
    """What the participant planned at the end of a study session."""
    plans = [a for a in session.activities if a.kind is Kind.PLAN_ACTION]
    texts = [text for a in plans for text in progress.answers_in(session.item, a.id).values()]
    return "\n\n".join(text for text in texts if text.strip())


def name_in_browser(here: Here) -> str:
    """What unsent text is kept under in the browser: the same whatever the visit."""
    name = f"{here.enrolment}/{here.pack.digest}/{'/'.join(here.key)}"
    return sha256(name.encode()).hexdigest()[:16]
