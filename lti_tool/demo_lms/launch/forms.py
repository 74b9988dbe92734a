"""Pages that send the browser on with a form, by script or by a button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import render_template, request
from werkzeug.datastructures import MultiDict

from lti_tool.demo_lms.guards import COOKIE

REPOSTED = "reposted"  # our own marker, so that a repost page is shown once


def form_post(url: str, fields: Mapping[str, str]) -> str:
    """A page that posts these fields by itself; without script there is a button."""
    return render_template("submit.html", url=url, fields=list(fields.items()))


def needs_repost() -> bool:
    """Whether our cookie may be missing only because another site's page sent the browser.

    A SameSite=Lax cookie does not come with another site's form post, nor in a frame another
    site moves. Moodle meets this with the same page. Source: Moodle 4.5, mod/lti/auth.php.
    """
    return COOKIE not in request.cookies and REPOSTED not in request.form


def repost(url: str, given: Sequence[tuple[str, str]]) -> str:
    """A page of ours that sends what came once more, now from our own site."""
    return render_template("submit.html", url=url, fields=[*given, (REPOSTED, "1")])


def pairs(given: MultiDict[str, str]) -> Sequence[tuple[str, str]]:
    """Every name and value, repeated names included."""
    return list(given.items(multi=True))
