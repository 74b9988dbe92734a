"""The LMS's way in: login, launch, our public keys."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, jsonify, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.errors import LaunchRefused, NotServed
from lti_tool.lti.launch import verify_launch
from lti_tool.lti.login import begin_login
from lti_tool.records.admission import Admission, admit, deployment_status
from lti_tool.records.earning import owe_earned
from lti_tool.records.platforms import note_pending
from lti_tool.records.progress import done_of
from lti_tool.records.visits import NewVisit, begin_visit, burn
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.launch import Launch, Message
from lti_tool.tenancy.roles import Role
from lti_tool.web.access import (
    cookie_of_visit,
    serve_anyone,
    set_cookie,
    visit_cookie_s,
)
from lti_tool.web.parts import parts

log = structlog.get_logger(__name__)
blueprint = Blueprint("launch", __name__)
serve_anyone(blueprint)

_LOGIN_COOKIE_S = 600
_LARGEST_LOGIN = 64 * 1024  # bytes
_LARGEST_LAUNCH = 256 * 1024  # bytes


@blueprint.route("/lti/login", methods=["GET", "POST"])
def login() -> AnyResponse:
    """Send the browser back to its LMS to say who it is. Serves anyone; writes nothing."""
    request.max_content_length = _LARGEST_LOGIN
    given = request.args.to_dict(flat=False)
    for name, values in request.form.to_dict(flat=False).items():
        given.setdefault(name, []).extend(values)
    answer = begin_login(
        given,
        find_platforms=parts().platforms.find,
        signer=parts().signer,
        public_url=parts().settings.public_url,
        now=datetime.now(UTC),
    )
    response = redirect(answer.url)
    set_cookie(response, answer.cookie_name, answer.cookie_value, _LOGIN_COOKIE_S)
    return response


@blueprint.post("/lti/launch")
def launch() -> AnyResponse:
    """Admit a verified person and open their link. Serves whomever an LMS vouches for."""
    request.max_content_length = _LARGEST_LAUNCH
    if request.mimetype != "application/x-www-form-urlencoded":
        raise LaunchRefused("bad_request", "content_type")
    verified = verify_launch(
        request.form.to_dict(flat=False),
        request.cookies,
        platform_of=parts().platforms.by_id,
        signer=parts().signer,
        keys=parts().platform_keys,
        public_url=parts().settings.public_url,
        now=datetime.now(UTC),
    )
    key, cookie = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    _admit(verified, key, cookie)
    response = redirect(url_for(_landing(verified), visit=key), code=303)
    set_cookie(response, cookie_of_visit(key), cookie, visit_cookie_s())
    set_cookie(response, verified.binding_cookie, "", 0)
    return response


@blueprint.get("/lti/jwks")
@blueprint.get("/.well-known/jwks.json")
def jwks() -> Response:
    """Our public keys, for LMSs. Serves anyone."""
    response = jsonify(parts().tool_keys.key_set())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/open/<path:_item>")
def opened_directly(_item: str) -> AnyResponse:
    """Where links in LMSs point; opened without an LMS there is nobody to show it to."""
    raise NotServed("Open this study session from your course, so that we know who you are.")


def _admit(launched: Launch, key: str, cookie: str) -> None:
    """Keep all of a launch, or none of it: one transaction, in which its state is used up."""
    now = datetime.now(UTC)
    pack, item = _opens(launched)

    def work(db: Connection) -> Admission | None:
        if not burn(db, launched.state_id, launched.state_expires_at):
            raise LaunchRefused("stale", "state_used")
        admission = admit(db, launched, pack, item, now)
        if admission is None:
            db.rollback()
            return None
        _check_version(admission, pack)
        if admission.may_be_owed and pack and admission.enrolment_row:
            done = done_of(db, admission.enrolment_row)
            owe_earned(db, admission.enrolment_row, pack, done, now)
        begin_visit(db, _new_visit(launched, admission, pack, item), key, cookie, now)
        return admission

    if parts().database.run(work) is None:
        _refuse_deployment(launched, now)
    log.info(
        "launched",
        platform=launched.platform.id,
        deployment=launched.deployment_id,
        role=launched.standing.role,
        item=launched.item,
    )


def _opens(launched: Launch) -> tuple[ContentPack | None, str | None]:
    """The pack and the item this launch is for; None where there is no such thing."""
    pack_id, _, item = (launched.item or "").partition("/")
    pack = parts().packs.get(pack_id)
    return (pack, item) if pack and pack.find(item) else (None, None)


def _check_version(admission: Admission, pack: ContentPack | None) -> None:
    if pack and admission.pack_digest not in (None, pack.digest):
        raise LaunchRefused(
            "busy",
            "pack_version_missing",
            "You began this course with another version of its content, which this server "
            "does not hold. Tell your NPQ provider the reference below.",
        )


def _new_visit(
    launched: Launch, admission: Admission, pack: ContentPack | None, item: str | None
) -> NewVisit:
    return NewVisit(
        deployment_row=admission.deployment_row,
        context_row=admission.context_row,
        link_row=admission.link_row,
        person_row=admission.person_row,
        enrolment_row=admission.enrolment_row,
        role=launched.standing.role,
        graded=launched.standing.graded,
        pack_id=pack.id if pack else None,
        item=item,
        return_url=launched.return_url,
        frame_origins=_frame_origins(launched),
        deep_linking=asdict(launched.deep_linking) if launched.deep_linking else None,
    )


def _frame_origins(launched: Launch) -> str:
    """Where the LMS's pages live: its issuer may be shared, its return address is its own."""
    platform = launched.platform
    urls = (platform.issuer, platform.auth_url, launched.return_url or "")
    parsed = (urlsplit(url) for url in urls if url.startswith(("https://", "http://")))
    return " ".join(dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in parsed))


def _refuse_deployment(launched: Launch, now: datetime) -> None:
    """Say why a deployment is not served; keep an unknown one for the operator to approve."""
    platform_id, name = launched.platform.id, launched.deployment_id
    with parts().database.read() as db:
        status = deployment_status(db, platform_id, name)
    if status is None:
        parts().database.run(lambda db: note_pending(db, platform_id, name, now))
    raise LaunchRefused(
        "not_registered",
        f"deployment_{status or 'unknown'}",
        "Access is paused. Ask your NPQ provider." if status == "suspended" else "",
        issuer=launched.platform.issuer,
        client_id=launched.platform.client_id,
        deployment_id=name,
    )


def _landing(launched: Launch) -> str:
    if launched.message is Message.DEEP_LINKING:
        return "choose.page"
    return "study.home" if launched.standing.role is Role.PARTICIPANT else "staff.home"
