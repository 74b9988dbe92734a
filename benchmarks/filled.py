"""Rows of many LMSs, people, courses, work and visits, in proportion, for PostgreSQL."""

from __future__ import annotations

import time

from sqlalchemy import text

from lti_tool.records.db import Database
from tests.web.small_pack import PACK

LAUNCHING = 20  # LMSs whose people launch, in either database
PEOPLE = 100  # of each LMS

FILL = """
INSERT INTO platforms (name, product, issuer, client_id, auth_url, token_url, jwks_url,
                       leeway_s, status, created_at)
SELECT 'LMS ' || n, 'standard', o, 'client-' || n, o || '/auth', o || '/token', o || '/jwks',
       60, 'active', now()
FROM generate_series(1, :platforms) n, LATERAL (SELECT 'https://lms-' || n || '.test' o) x;
INSERT INTO key_sets (url, document, fetched_at, tried_at)
SELECT jwks_url, CAST('{"keys": []}' AS jsonb), now(), now() FROM platforms;
INSERT INTO deployments (platform_id, deployment_id, status, created_at)
SELECT id, '3', 'active', now() FROM platforms ORDER BY id;
INSERT INTO contexts (deployment_id, lti_id, title)
SELECT id, CAST(c AS text), 'Course' FROM deployments, generate_series(2, 11) c
ORDER BY c + 0, id;
INSERT INTO line_items (context_id, url, score_maximum)
SELECT id, 'https://lms-' || deployment_id || '.test/items/' || CAST(lti_id AS int) - 1, 1
FROM contexts ORDER BY id;
INSERT INTO resource_links (context_id, lti_id, title, pack_id, item, line_item_id)
SELECT id, '7', 'Link', :pack, 'm1.s1', id FROM contexts ORDER BY id;
INSERT INTO persons (platform_id, sub)
SELECT id, CAST(s AS text) FROM platforms, generate_series(1, :people) s ORDER BY s, id;
INSERT INTO memberships (person_id, context_id, role, graded)
SELECT id, platform_id, 'participant', true FROM persons ORDER BY id;
INSERT INTO enrolments (person_id, deployment_id, pack_id, pack_version, pack_digest,
                        started_at)
SELECT id, platform_id, :pack, :version, :digest, now() FROM persons ORDER BY id;
INSERT INTO ledger (enrolment_id, kind, item, activity_id, at, pack_digest, client_id)
SELECT id, 'activity_done', 'm1.s2', 'a' || a, now(), :digest, 'x'
FROM enrolments, generate_series(1, 3) a;
INSERT INTO answers (enrolment_id, item, activity_id, question_id, value, saved_at)
SELECT id, 'm1.s2', 'a1', 'q1', 'An answer of some length to some question', now()
FROM enrolments;
INSERT INTO grades (line_item_id, person_id, given, submitted_at, at, status, attempts)
SELECT platform_id, id, 1, now(), now(), 'delivered', 1 FROM persons;
INSERT INTO visits (key_hash, state_id, cookie_hash, deployment_id, context_id,
                    resource_link_id, person_id, enrolment_id, role, graded, frame_origins,
                    course_title, link_title, seen_at)
SELECT 'k' || id, 's' || id, 'c', platform_id, platform_id, platform_id, id, id, 'participant',
       true, '', '', '', now() FROM persons;
INSERT INTO failed_attempts (platform_id, address_hash, since, count)
SELECT id, 'x', now(), 10 FROM platforms
"""


def fill(database: Database, platforms: int) -> None:
    """People, courses, work and visits in proportion to the number of LMSs."""
    began = time.monotonic()
    values = {
        "platforms": platforms, "people": PEOPLE, "pack": PACK.id, "version": PACK.version,
        "digest": PACK.digest,
    }  # fmt: skip
    with database.transaction() as db:
        for statement in ("TRUNCATE platforms RESTART IDENTITY CASCADE", "TRUNCATE key_sets"):
            db.execute(text(statement))
        for statement in FILL.split(";"):
            query = text(statement)
            db.execute(query, {name: values[name] for name in query.compile().params})
    with database.read() as db:
        db.execute(text("VACUUM ANALYZE"))
        rows = db.execute(text("SELECT sum(n_live_tup) FROM pg_stat_user_tables")).scalar_one()
    print(f"{platforms:,} LMSs, {rows:,} rows, filled in {time.monotonic() - began:.0f} s")
