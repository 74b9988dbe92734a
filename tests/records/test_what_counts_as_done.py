"""Only an activity that was finished is done."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from lti_tool.records.progress import done_of, progress_of
from lti_tool.records.tables import LedgerRow
from tests.build import NOW, studying


@pytest.mark.parametrize(
    "done",
    [
        pytest.param(done_of, id="all that is done"),
        pytest.param(lambda db, row: progress_of(db, row, "m1.s1").done, id="with answers"),
    ],
)
def test_something_else_in_the_ledger_is_not_an_activity_done(database, done):
    with database.transaction() as db:
        enrolment = studying(db).admission.enrolment_row
        opened = insert(LedgerRow).values(
            enrolment_id=enrolment,
            kind="activity_opened",
            item="m1.s1",
            activity_id="a1",
            at=NOW,
            pack_digest="d" * 64,
            client_id="c",
        )
        db.execute(opened)

        assert done(db, enrolment) == frozenset()
