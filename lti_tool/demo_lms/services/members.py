"""Who is in the course (NRPS 2.0)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from lti_tool.demo_lms.course import CONTEXT_ID, CONTEXT_LABEL, CONTEXT_TITLE
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.people import ENROLLED, Person
from lti_tool.demo_lms.services.access import (
    answer,
    need_accept,
    need_own_address,
    need_scope,
    one_page,
)
from lti_tool.demo_lms.services.scopes import MEMBERSHIP_READ

blueprint = Blueprint("members", __name__)
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_CONTEXT_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


@blueprint.get("/memberships")
def memberships() -> Response:
    """The people enrolled, by the page; `role` takes a URI or a context role's short name."""
    need_scope(MEMBERSHIP_READ)
    need_own_address()
    need_accept(MEMBERS_TYPE)
    role = request.args.get("role")
    wanted = {role, f"{_CONTEXT_ROLE}{role}"}
    found = [person for person in ENROLLED if role is None or wanted & set(person.roles)]
    page, headers = one_page(found)
    body = {
        "id": lms().config.memberships_url,
        "context": {"id": CONTEXT_ID, "label": CONTEXT_LABEL, "title": CONTEXT_TITLE},
        "members": [_member(person) for person in page],
    }
    response = answer(body, MEMBERS_TYPE)
    response.headers.update(headers)
    return response


def _member(person: Person) -> dict[str, Any]:
    return {
        "status": "Active",
        "user_id": person.id,
        "roles": list(person.roles),
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
    }
