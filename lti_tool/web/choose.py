"""Choosing what to place in a course: the LMS's deep-linking request and our answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, g, render_template, request

from lti_tool.errors import NotServed
from lti_tool.lti.deep_link import ContentItem, deep_link_response
from lti_tool.study.content import ContentPack
from lti_tool.tenancy.launch import DeepLinkSettings
from lti_tool.tenancy.roles import Role
from lti_tool.web.access import serve_only
from lti_tool.web.parts import parts

blueprint = Blueprint("choose", __name__, url_prefix="/visit/<visit>/choose")
serve_only(blueprint, Role.FACILITATOR, Role.ADMINISTRATOR)

_LINK = "ltiResourceLink"


@blueprint.get("/")
def page() -> str:
    """Everything there is to choose from."""
    return _chooser()


@blueprint.post("/")
def choose() -> str | tuple[str, int]:
    """Hand the choice to the LMS; choosing nothing is asked about once more."""
    asked = _asked()
    picked = [] if "cancel" in request.form else request.form.getlist("pick")
    if "cancel" not in request.form and (fault := _fault(asked, picked)):
        return _chooser(fault), 422
    answer = _answer(asked, [_content_item(name) for name in picked])
    g.form_action = (_origin(asked.return_url),)
    return render_template(
        "choose/send.html", return_url=asked.return_url, jwt=answer, count=len(picked)
    )


def _asked() -> DeepLinkSettings:
    settings: DeepLinkSettings | None = g.visit.deep_linking
    if settings is None:
        raise NotServed(
            "Your LMS did not ask to choose anything. Start again from your course."
        )
    return settings


def _chooser(fault: str = "") -> str:
    asked = _asked()
    return render_template(
        "choose/choose.html",
        asked=asked,
        takes_links=_LINK in asked.accept_types,
        packs=parts().packs.values(),
        picked=set(request.form.getlist("pick")),
        graded=request.form.get("graded", "yes") == "yes",
        fault=fault,
    )


def _fault(asked: DeepLinkSettings, picked: list[str]) -> str:
    if not picked:
        return "Choose at least one module or study session."
    if len(picked) > 1 and not asked.accept_multiple:
        return "Your LMS takes one at a time. Choose a single module or study session."
    return ""


def _answer(asked: DeepLinkSettings, items: list[ContentItem]) -> str:
    platform = parts().platforms.by_id(g.visit.platform_id)
    assert platform  # its visit was found by it
    return deep_link_response(
        platform,
        g.visit.deployment_id,
        asked,
        items,
        key=parts().tool_keys.current(),
        now=datetime.now(UTC),
        public_url=parts().settings.public_url,
        message=None,
    )


def _content_item(name: str) -> ContentItem:
    """What the LMS is to place.

    Raises:
        NotServed: we have nothing of this name.
    """
    pack_id, _, item = name.partition("/")
    pack = parts().packs.get(pack_id)
    found = dict(_choices(pack)).get(item) if pack else None
    if found is None:
        raise NotServed("There is no such module or study session.")
    title, text = found
    is_graded = _asked().accept_line_item and request.form.get("graded") == "yes"
    return ContentItem(
        title=title,
        text=text,
        url=f"{parts().settings.public_url}/open/{name}",
        item=name,
        score_maximum=1.0 if is_graded else None,
    )


def _choices(pack: ContentPack) -> Iterator[tuple[str, tuple[str, str]]]:
    """Item, title and description of everything in a pack that can be placed."""
    for module in pack.modules:
        yield module.id, (f"Module {module.number}: {module.title}", module.purpose)
        for session in module.sessions:
            title = f"Session {session.number}: {session.title}"
            yield session.item, (title, session.purpose)


def _origin(url: str) -> str:
    parsed = urlsplit(url)
    return f"{parsed.scheme}://{parsed.netloc}"
