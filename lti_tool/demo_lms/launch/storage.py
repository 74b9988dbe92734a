"""
What a launch says of platform storage: where our pages keep values for the tool, if they do.

The modes: "off", as Moodle; "parent", the page that frames or opened the tool answers; "frame",
a named frame of that page does; "silent", it is announced and nobody answers; "forged", the
page answers after forged answers.
Source: 1EdTech LTI Client Side postMessages 0.1, LTI postMessage Storage 0.1, LTI OIDC Login
with Client Side postMessages 0.1.
"""

from __future__ import annotations

from lti_tool.demo_lms.lms import lms

STORAGE_FRAME = "lti_storage"


def storage_target() -> dict[str, str]:
    """The field that login and launch carry; empty where we keep nothing."""
    mode = lms().faults.platform_storage
    if mode == "off":
        return {}
    return {"lti_storage_target": STORAGE_FRAME if mode == "frame" else "_parent"}
