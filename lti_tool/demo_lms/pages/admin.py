"""The administrator's pages: registration values, faults on demand, what the tool asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.demo_lms.faults import ENDPOINTS, STORAGES
from lti_tool.demo_lms.guards import administrator, own_pages_only
from lti_tool.demo_lms.lms import lms

blueprint = Blueprint("admin", __name__)
blueprint.before_request(lambda: own_pages_only() if request.method == "POST" else None)

# What the form offers; programs can ask for anything that faults.py knows.
CHOICES: Mapping[str, tuple[str, Mapping[str, Any] | None]] = {
    "works": ("works", None),
    "down": ("answers 503", {"status": 503}),
    "busy": ("answers 429, Retry-After 30", {"status": 429, "retry_after_s": 30}),
    "slow": ("takes 5 seconds", {"delay_s": 5}),
    "reset_before": ("drops the connection", {"reset_before": True}),
    "reset_after": ("does it, then drops the connection", {"reset_after": True}),
    "garbage": ("answers nonsense", {"garbage": True}),
}
KEPT: Mapping[str, str] = {  # one for each of STORAGES
    "off": "does not (as Moodle)",
    "parent": "does, in the page",
    "frame": "does, in a frame of the page",
    "silent": "says so, and never answers",
    "forged": "does, after forged answers",
}
CLOCKS = {"0": "right", "600": "ten minutes ahead", "-600": "ten minutes behind"}


@blueprint.get("/admin")
def page() -> str:
    """Registration values and switches."""
    administrator()
    return render_template(
        "admin.html",
        config=lms().config,
        endpoints=ENDPOINTS,
        choices=CHOICES,
        clocks=CLOCKS,
        kept=KEPT,
        chosen=_chosen(),
        in_force=lms().faults.in_force(),
    )


@blueprint.get("/admin/log")
def log() -> str:
    """The last hundred requests from the tool."""
    administrator()
    return render_template("log.html", events=lms().events.newest_first())


@blueprint.post("/admin/switches")
def switch() -> AnyResponse:
    """The page's form: these faults instead of all others."""
    administrator()
    asked = {name: CHOICES.get(request.form.get(name, ""), ("", None))[1] for name in ENDPOINTS}
    spec: dict[str, Any] = {name: fault for name, fault in asked.items() if fault}
    clock, method = request.form.get("clock", "0"), request.form.get("login_method", "POST")
    if clock not in CLOCKS:
        abort(400, "The clock can only be set to one of the offered times.")
    storage = request.form.get("platform_storage", STORAGES[0])
    switches = {"login_method": method, "platform_storage": storage}
    _replace(spec | {"clock_offset_s": int(clock)} | switches)
    return redirect("/admin", 303)


@blueprint.post("/admin/rotate")
def rotate() -> AnyResponse:
    """The page's button: a new signing key."""
    administrator()
    lms().key.rotate()
    return redirect("/admin", 303)


@blueprint.get("/admin/faults")
def faults_in_force() -> Response:
    """The faults in force, for programs."""
    return jsonify(lms().faults.in_force())


@blueprint.post("/admin/faults")
def set_faults() -> Response:
    """Put these faults in place of all others, for programs; {} repairs everything.

    `rotate_keys` and `forget_tokens` happen at once. Needs no sign-in, which anybody could do
    with one click; a web page of another site can send neither this media type nor this Origin.
    """
    spec = request.get_json(silent=True) if request.mimetype == "application/json" else None
    if not isinstance(spec, dict):
        abort(400, "A JSON object sent as application/json is needed.")
    acts = {name: spec.pop(name, False) for name in ("rotate_keys", "forget_tokens")}
    _replace(spec)
    if acts["rotate_keys"]:
        lms().key.rotate()
    if acts["forget_tokens"]:
        lms().access.forget_all()
    return jsonify(lms().faults.in_force())


def _replace(spec: Mapping[str, Any]) -> None:
    try:
        lms().faults.replace(spec)
    except ValueError as error:
        abort(400, f"These faults cannot be set: {error}.")


def _chosen() -> dict[str, str]:
    """Which choice of the form each endpoint is at; empty when a program chose another."""
    in_force = lms().faults.in_force()
    found = {}
    for name in ENDPOINTS:
        same = [key for key, (_, fault) in CHOICES.items() if fault == in_force.get(name)]
        found[name] = same[0] if same else ""
    return found
