"""What the LMS must remember; optionally in one JSON file, replaced whole on each change."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from lti_tool.demo_lms.course import LineItem, Link, Score
from lti_tool.errors import Misconfigured

_FIRST_ADDED = 101  # ids below belong to the course as it came
_MOST_SIGNED_IN = 500


@dataclass(slots=True)
class _State:
    next_id: int = _FIRST_ADDED
    key_pem: str | None = None
    links: dict[str, Link] = field(default_factory=dict)  # in the order of the course page
    line_items: dict[str, LineItem] = field(default_factory=dict)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)  # line item, person
    signed_in: dict[str, str] = field(default_factory=dict)  # cookie -> person


Seed = Callable[[], Sequence[tuple[Link, LineItem]]]


class Store:
    """Links, line items, scores, who is signed in, and our key."""

    def __init__(self, path: Path | None, seed: Seed) -> None:
        """Read the file, if there is one, and bring the course's own links up to date.

        Raises:
            Misconfigured: the file is there but is not ours, or cannot be read.
        """
        self._path, self._lock = path, RLock()
        self._state = _read(path) if path and path.exists() else _State()
        for link, item in seed():
            self._seed(link, item)
        self._save()

    @property
    def key_pem(self) -> str | None:
        """Our private key, if one was made yet."""
        return self._state.key_pem

    def keep_key(self, pem: str) -> None:
        """Keep a new private key."""
        with self._lock:
            self._state.key_pem = pem
            self._save()

    def sign_in(self, person_id: str) -> str:
        """The cookie value that stands for this person from now on."""
        cookie = secrets.token_urlsafe(24)
        with self._lock:
            self._state.signed_in[cookie] = person_id
            while len(self._state.signed_in) > _MOST_SIGNED_IN:
                del self._state.signed_in[next(iter(self._state.signed_in))]
            self._save()
        return cookie

    def signed_in(self, cookie: str) -> str | None:
        """Whom a cookie stands for."""
        return self._state.signed_in.get(cookie)

    def links(self) -> list[Link]:
        """All links in the order of the course page."""
        with self._lock:
            return list(self._state.links.values())

    def link(self, link_id: str) -> Link | None:
        """One link."""
        return self._state.links.get(link_id)

    def add_links(self, drafts: Sequence[tuple[Link, LineItem | None]]) -> list[Link]:
        """Add links at the end, in this order, each with its column where it has one."""
        with self._lock:
            added = [self._add(link, item) for link, item in drafts]
            self._save()
        return added

    def remove_link(self, link_id: str) -> bool:
        """Remove an added link with its column and scores; False when there is no such link."""
        with self._lock:
            link = self._state.links.get(link_id)
            if link is None or not link.added:
                return False
            del self._state.links[link_id]
            if link.line_item_id:
                self._forget_line_item(link.line_item_id)
            self._save()
        return True

    def line_items(self) -> list[LineItem]:
        """All columns of the gradebook."""
        with self._lock:
            return list(self._state.line_items.values())

    def line_item(self, line_item_id: str) -> LineItem | None:
        """One column."""
        return self._state.line_items.get(line_item_id)

    def create_line_item(self, draft: LineItem) -> LineItem:
        """Add a column under a new id."""
        with self._lock:
            item = replace(draft, id=self._new_id())
            self._state.line_items[item.id] = item
            self._save()
        return item

    def change_line_item(self, item: LineItem) -> None:
        """Put this in place of the column with the same id."""
        with self._lock:
            self._state.line_items[item.id] = item
            self._save()

    def delete_line_item(self, line_item_id: str) -> None:
        """Delete a column and its scores; its link, if any, is ungraded from now on."""
        with self._lock:
            self._forget_line_item(line_item_id)
            self._save()

    def score(self, line_item_id: str, person_id: str) -> Score | None:
        """What was last accepted."""
        return self._state.scores.get((line_item_id, person_id))

    def scores(self, line_item_id: str) -> list[Score]:
        """What was last accepted, of everybody."""
        with self._lock:
            every = list(self._state.scores.values())
        return [score for score in every if score.line_item_id == line_item_id]

    def accept(self, score: Score) -> bool:
        """Keep a score; False when one as recent stands already."""
        place = (score.line_item_id, score.person_id)
        with self._lock:
            older = self._state.scores.get(place)
            if older and not score.supersedes(older):
                return False
            self._state.scores[place] = score
            self._save()
        return True

    def _seed(self, link: Link, item: LineItem) -> None:
        """Addresses and titles may have changed since the file was written; columns stay."""
        kept = self._state.links.get(link.id)
        if kept is None:
            self._state.line_items[item.id] = item
        line_item_id = kept.line_item_id if kept else item.id
        self._state.links[link.id] = replace(link, line_item_id=line_item_id)

    def _add(self, draft: Link, item: LineItem | None) -> Link:
        number = self._new_id()
        link = replace(draft, id=number, added=True, line_item_id=number if item else None)
        self._state.links[number] = link
        if item:
            self._state.line_items[number] = replace(item, id=number, link_id=number)
        return link

    def _forget_line_item(self, line_item_id: str) -> None:
        self._state.line_items.pop(line_item_id, None)
        for place in [place for place in self._state.scores if place[0] == line_item_id]:
            del self._state.scores[place]
        for link in self._state.links.values():
            if link.line_item_id == line_item_id:
                self._state.links[link.id] = replace(link, line_item_id=None)

    def _new_id(self) -> str:
        self._state.next_id += 1
        return str(self._state.next_id - 1)

    def _save(self) -> None:
        if self._path:
            _write(self._path, self._state)


def _read(path: Path) -> _State:
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return _State(
            next_id=int(kept["next_id"]),
            key_pem=kept["key_pem"],
            links={one["id"]: Link(**one) for one in kept["links"]},
            line_items={one["id"]: LineItem(**one) for one in kept["line_items"]},
            scores={
                (one["line_item_id"], one["person_id"]): _score(one) for one in kept["scores"]
            },
            signed_in=dict(kept["signed_in"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Misconfigured(
            f"{path} cannot be read as the state of a demo LMS ({type(error).__name__}). "
            "Delete it to start afresh, or name another file with --state."
        ) from error


def _score(kept: dict[str, Any]) -> Score:
    return Score(**(kept | {"at": datetime.fromisoformat(kept["at"])}))


def _write(path: Path, state: _State) -> None:
    """Replace the file in one step, so that no reader and no crash ever sees half of it."""
    text = json.dumps(
        {
            "next_id": state.next_id,
            "key_pem": state.key_pem,
            "links": [asdict(link) for link in state.links.values()],
            "line_items": [asdict(item) for item in state.line_items.values()],
            "scores": [
                asdict(score) | {"at": score.at.isoformat()} for score in state.scores.values()
            ],
            "signed_in": state.signed_in,
        },
        indent=1,
    )
    draft = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
        ) as file:
            file.write(text)  # holds our private key, hence 0600
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written ({error.strerror}).") from error
