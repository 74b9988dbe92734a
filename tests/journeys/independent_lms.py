"""An LMS nobody here wrote: lti1p3platform, with as little of our own around it as possible.

It is the other half of the conversation only: what it does not check (an assertion's audience,
a score's members) the demo LMS does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask, Response, jsonify, redirect, request
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService
from typing_extensions import override

CLIENT_ID, DEPLOYMENT_ID = "an-independent-client", "a deployment"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
CHOOSE = "choose"  # as the message hint: the chooser is opened


class _Conf(LTI1P3PlatformConfAbstract):
    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        super().__init__()

    @override
    def init_platform_config(self, **_: Any) -> None: ...

    @override
    def get_registration_by_params(self, **_: Any) -> Registration:
        return self._registration


class _Login(OIDCLoginAbstract):
    @override
    def set_lti_message_hint(self, **hints: Any) -> None:
        self._lti_message_hint = hints["hint"]

    @override
    def get_redirect(self, url: str) -> Any:
        return redirect(url)


class _Request(Request):
    @override
    def build_metadata(self, given: Any) -> Any:
        return {
            "method": given.method,
            "form_data": given.form.to_dict(),
            "get_data": given.args.to_dict(),
            "headers": given.headers,
            "content_type": given.content_type,
            "path": given.path,
            "json": given.get_json(force=True, silent=True),
        }


class _Launch(LTIAdvantageMessageLaunchAbstract):
    @override
    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> str:
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(launch_data[name])}">'
            for name in ("id_token", "state")
        )
        action = escape(launch_data["launch_url"])
        script = "<script>document.forms[0].submit()</script>"
        return f'<form method="post" action="{action}">{fields}</form>{script}'


class _Grades(AssignmentsGradesService):
    scores: list[tuple[str, dict[str, Any]]]

    @override
    def update_score(self, line_item_id: str, score: Any) -> UpdateScoreStatus:
        self.scores.append((line_item_id, score))
        return UpdateScoreStatus.SUCCESS

    def _not_here(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("the tool needs none of this")

    find_lineitems = find_lineitem = create_lineitem = _not_here
    update_lineitem = delete_lineitem = get_results = _not_here


@dataclass
class IndependentLms:
    """One course with one link to the tool, at this origin."""

    origin: str
    tool: str
    item: str  # "<pack>/<item>"
    role: str = LEARNER
    scores: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    placed: list[dict[str, Any]] = field(default_factory=list)  # by deep linking

    def __post_init__(self) -> None:
        key = rsa.generate_private_key(65_537, 2_048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.conf = _Conf(
            Registration()
            .set_iss(self.origin)
            .set_client_id(CLIENT_ID)
            .set_deployment_id(DEPLOYMENT_ID)
            .set_launch_url(f"{self.tool}/open/{self.item}")
            .set_deeplink_launch_url(f"{self.tool}/lti/launch")
            .set_oidc_login_url(f"{self.tool}/lti/login")
            .set_platform_private_key(private.decode())
            .set_platform_public_key(public.decode())
            .set_tool_key_set_url(f"{self.tool}/lti/jwks")
        )
        self.app = Flask(__name__)
        self.app.add_url_rule("/start/<hint>", view_func=self._start)
        self.app.add_url_rule("/auth", view_func=self._auth)
        self.app.add_url_rule("/jwks", view_func=lambda: jsonify(self.conf.get_jwks()))
        self.app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        self.app.add_url_rule("/return", view_func=self._return, methods=["POST"])
        self.app.add_url_rule("/items/<item>/scores", view_func=self._score, methods=["POST"])

    def _start(self, hint: str) -> Any:
        login = _Login(request, self.conf)
        login.set_lti_message_hint(hint=hint)
        return login.initiate_login("user-7")

    def _auth(self) -> Any:
        launch = _Launch(_Request(request), self.conf)
        launch.set_user_data("user-7", [self.role], "Ada Byron", "ada@example.org")
        launch.set_resource_link_claim("link-1", title="Session 1")
        launch.set_launch_context_claim("course-1", None, "NPQ", "NPQ")
        launch.set_launch_presentation_claim("window", f"{self.origin}/back")
        launch.set_custom_parameters_claim({"npq_item": self.item})
        launch.set_ags(f"{self.origin}/items", f"{self.origin}/items/1")
        launch.set_nrps(f"{self.origin}/members")
        if request.args["lti_message_hint"] == CHOOSE:
            launch.set_dl(f"{self.origin}/return", "Choose", "", {"ltiResourceLink"})
        return launch.lti_launch()

    def _token(self) -> Any:
        return jsonify(self.conf.get_access_token(request.form.to_dict()))

    def _score(self, item: str) -> Any:
        service = _Grades(_Request(request), self.conf, f"{self.origin}/items")
        service.scores = self.scores
        answer = service.handle_resp(lambda: service.handle_update_score(item))
        return Response("", answer.code, content_type=answer.media_type)

    def _return(self) -> Any:
        self.placed = self.conf.validate_deeplinking_resp(request.form.to_dict())
        return f"{len(self.placed)} links placed"
