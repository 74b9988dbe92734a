"""What a visit keeps of the launch that begins it."""

from __future__ import annotations

from dataclasses import asdict

from lti_tool.records.admission import Admission
from lti_tool.records.visits import NewVisit
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.addresses import origin_of
from lti_tool.tenancy.launch import Launch
from lti_tool.web.access import Visit


def new_visit(
    launched: Launch,
    admission: Admission,
    pack: ContentPack | None,
    item: str | None,
    agent_hash: str | None,
) -> NewVisit:
    """What is stored for the visit that a launch begins."""
    return NewVisit(
        state_id=launched.state_id,
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
        person_name=launched.name,
        course_title=_course_title(launched),
        link_title=launched.link.title if launched.link else "",
        agent_hash=agent_hash,
    )


def visit_of(launched: Launch, new: NewVisit, key: str) -> Visit:
    """The same visit as request handlers see it."""
    return Visit(
        key=key,
        role=launched.standing.role,
        graded=new.graded,
        platform_id=launched.platform.id,
        deployment_id=launched.deployment_id,
        context_row=new.context_row,
        link_row=new.link_row,
        person_row=new.person_row,
        enrolment_row=new.enrolment_row,
        pack_id=new.pack_id,
        item=new.item,
        person_name=new.person_name,
        course_title=new.course_title,
        link_title=new.link_title,
        return_url=new.return_url,
        deep_linking=launched.deep_linking,
        frame_origins=new.frame_origins,
        agent_hash=new.agent_hash,
    )


def _course_title(launched: Launch) -> str:
    course = launched.context
    return (course.title or course.label) if course else ""


def _frame_origins(launched: Launch) -> str:
    """Where the LMS's pages live: its issuer may be shared, its return address is its own."""
    platform = launched.platform
    urls = (platform.issuer, platform.auth_url, launched.return_url or "")
    return " ".join(dict.fromkeys(filter(None, map(origin_of, urls))))
