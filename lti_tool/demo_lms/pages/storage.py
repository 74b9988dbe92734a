"""The frames that platform storage needs beside the tool's."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("storage", __name__)


@blueprint.get("/storage")
def frame() -> str:
    """The named frame that keeps values for the tool."""
    return render_template("storage/frame.html")


@blueprint.get("/storage/stranger")
def stranger() -> str:
    """A frame of nobody's origin that forges answers, as an advertisement in an LMS might."""
    return render_template("storage/stranger.html")
