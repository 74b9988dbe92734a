"""The keys of a visit follow from the launch that begins it."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from lti_tool.tenancy.launch import Launch
from lti_tool.web.parts import parts


@dataclass(frozen=True, slots=True)
class VisitKeys:
    """What opens a visit: its key in the URL and its cookie."""

    key: str
    cookie: str


def keys_of_visit(launch: Launch, browser_key: str) -> VisitKeys:
    """The keys of the visit that a launch begins.

    The same browser that sends the same launch of the same person again gets the same, and so
    finds its visit; nobody without our secret can work them out.
    """
    secret = parts().settings.secret_keys[0].encode()
    who = [launch.state_id, browser_key, launch.platform.id, launch.deployment_id, launch.sub]
    begun = json.dumps(["visit", *who]).encode()
    octets = urlsafe_b64encode(hmac.digest(secret, begun, "sha512")).decode()
    return VisitKeys(octets[:42], octets[42:84])  # 252 bits each
