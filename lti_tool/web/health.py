"""For machines that watch us: alive, ready, and figures."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.errors import NotServed
from lti_tool.records.outbox import outbox_figures
from lti_tool.records.revision import revision_of
from lti_tool.web.access import serve_anyone
from lti_tool.web.parts import parts

blueprint = Blueprint("health", __name__)
serve_anyone(blueprint)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers. Serves anyone."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Database reachable, migrations applied, packs verified (or we had not started)."""
    try:
        with parts().database.read() as db:
            revision = revision_of(db)
    except SQLAlchemyError:
        return jsonify(status="not ready", fault="The database does not answer."), 503
    if revision != parts().schema_revision:
        return jsonify(status="not ready", fault="Run: lti-tool db upgrade"), 503
    return jsonify(status="ready", packs=_packs()), 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus. Serves the holder of METRICS_TOKEN."""
    wanted = parts().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(wanted.encode(), given.encode()):
        raise NotServed("There is nothing here without the right token.")
    return Response(generate_latest(_figures()), mimetype="text/plain")


def _packs() -> dict[str, str]:
    return {f"{pack.id} {pack.version}": pack.digest for pack in parts().packs.values()}


def _figures() -> CollectorRegistry:
    with parts().database.read() as db:
        figures = outbox_figures(db)
    oldest = figures.oldest_due_at
    age_s = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
    registry = CollectorRegistry()
    for name, help_text, value in (
        ("grades_owed", "Grades not yet at their LMS", figures.owed),
        ("grades_refused", "Grades an LMS would not take", figures.refused),
        ("grades_oldest_owed_seconds", "Age of the oldest grade owed", max(0.0, age_s)),
    ):
        Gauge(f"lti_tool_{name}", help_text, registry=registry).set(value)
    return registry
