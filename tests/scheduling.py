"""Which tests go to the same process, when several share the work."""

from __future__ import annotations

import re

from typing_extensions import override
from xdist.scheduler import LoadScopeScheduling

_BROWSER = re.compile(r"tests/(?P<where>browser/everywhere|browser|web)/test_[^\[]*")
_ENGINE = re.compile(r"\[(firefox|webkit)-")


class OneBrowserAtATime(LoadScopeScheduling):
    """Tests that share a browser go to one process; any others go wherever there is time.

    xdist's own groups are part of a test's name, which pytest 9.2 no longer lets it change.
    """

    @override
    def _split_scope(self, nodeid: str) -> str:
        found = _BROWSER.match(nodeid)
        if not found or (found["where"] == "web" and "test_in_browser" not in nodeid):
            return nodeid
        engine = _ENGINE.search(nodeid)
        return f"{engine[1] if engine else 'chromium'} in {found['where']}"
