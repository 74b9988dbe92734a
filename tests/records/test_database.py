"""What the database says of itself, and what it does not."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from lti_tool.records.tables import PersonRow


def test_an_error_names_no_person(database):
    nobody = {"platform_id": 99, "sub": "s", "name": "Amira Begum"}

    with pytest.raises(IntegrityError) as error, database.transaction() as db:
        db.execute(insert(PersonRow).values(nobody))

    assert "Amira" not in str(error.value)
