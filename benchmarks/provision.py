"""Register the simulated LMSs: python benchmarks/provision.py REGISTRATIONS.json."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from lti_tool.records import schema
from lti_tool.records.db import Database
from lti_tool.records.platforms import add_platform
from lti_tool.settings import read_settings
from lti_tool.tenancy.platforms import Platform


def main(file: str) -> None:
    """Migrate the database and add one platform per registration, in one transaction."""
    database = Database(read_settings(os.environ).database_url)
    with database.transaction() as db:
        schema.upgrade(db)
        for number, given in enumerate(json.loads(Path(file).read_text("utf-8"))):
            platform = Platform(
                id=0,
                name=f"Simulated LMS {number}",
                product="standard",
                issuer=given["iss"],
                client_id=given["client_id"],
                auth_url=given["auth_login_url"],
                token_url=given["auth_token_url"],
                jwks_url=given["key_set_url"],
                token_audience=None,
            )
            add_platform(db, platform, given["deployment_ids"], datetime.now(UTC))


if __name__ == "__main__":
    main(sys.argv[1])
