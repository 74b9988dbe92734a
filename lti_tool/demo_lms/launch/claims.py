"""What we tell the tool about a person and a place, in the words of LTI 1.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lti_tool.demo_lms.config import SITE_NAME, DemoConfig
from lti_tool.demo_lms.course import CONTEXT_ID, CONTEXT_LABEL, CONTEXT_TITLE, Link
from lti_tool.demo_lms.people import Person
from lti_tool.demo_lms.services.scopes import AGS_SCOPES

LTI = "https://purl.imsglobal.org/spec/lti/claim"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
LIFETIME_S = 60  # as Moodle's

Claims = dict[str, Any]


def token_claims(
    config: DemoConfig, person: Person, nonce: str, issued_at: int, message: Mapping[str, Any]
) -> Claims:
    """A whole id_token: who, for whom, how long, and the message."""
    return {
        "iss": config.issuer,
        "aud": config.client_id,
        "azp": config.client_id,
        "sub": person.id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_S,
        "nonce": nonce,
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "locale": "en-GB",
        **_place(config, person),
        **message,
    }


def resource_link(config: DemoConfig, link: Link, document_target: str) -> Claims:
    """The message that opens a link."""
    return {
        f"{LTI}/message_type": "LtiResourceLinkRequest",
        f"{LTI}/target_link_uri": link.url,
        f"{LTI}/resource_link": {
            "id": link.id,
            "title": link.title,
            "description": link.text,
        },
        f"{LTI}/custom": dict(link.custom),
        f"{LTI}/launch_presentation": {
            "document_target": document_target,
            "return_url": f"{config.issuer}/links/{link.id}/return",
            "locale": "en-GB",
        },
        AGS: _grading(config, link.line_item_id),
    }


def deep_linking(config: DemoConfig, data: str) -> Claims:
    """The message that opens the tool's chooser."""
    return {
        f"{LTI}/message_type": "LtiDeepLinkingRequest",
        f"{LTI}/target_link_uri": config.open_url,
        f"{LTI}/launch_presentation": {"document_target": "iframe", "locale": "en-GB"},
        AGS: _grading(config, None),
        f"{DEEP_LINKING}/deep_linking_settings": {
            "deep_link_return_url": f"{config.issuer}/deep-linking/return?course={CONTEXT_ID}",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "auto_create": True,
            "data": data,
        },
    }


def _place(config: DemoConfig, person: Person) -> Claims:
    return {
        f"{LTI}/version": "1.3.0",
        f"{LTI}/deployment_id": config.deployment_id,
        f"{LTI}/roles": list(person.roles),
        f"{LTI}/context": {
            "id": CONTEXT_ID,
            "label": CONTEXT_LABEL,
            "title": CONTEXT_TITLE,
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
        },
        f"{LTI}/tool_platform": {
            "guid": "harrow-bank-demo",
            "name": SITE_NAME,
            "url": config.issuer,
            "product_family_code": "demo_lms",
            "version": "1",
        },
        f"{LTI}/lis": {"person_sourcedid": "", "course_section_sourcedid": CONTEXT_LABEL},
        NRPS: {
            "context_memberships_url": config.memberships_url,
            "service_versions": ["2.0"],
        },
    }


def _grading(config: DemoConfig, line_item_id: str | None) -> Claims:
    """The `lineitem` member is there only where exactly one column belongs to the link."""
    endpoint: Claims = {"scope": list(AGS_SCOPES), "lineitems": config.line_items_url}
    if line_item_id:
        endpoint["lineitem"] = config.line_item_url(line_item_id)
    return endpoint
