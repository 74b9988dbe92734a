"""What each process of the web server is and does when it starts."""

from __future__ import annotations

import gc
import os
import signal
import threading

from flask import Flask

from lti_tool.app import create_app
from lti_tool.log import configure_logs
from lti_tool.settings import read_settings

_LOOK_EVERY_S = 1.0


def application() -> Flask:
    """The web application as the environment says."""
    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    app = create_app(settings)
    end_with(os.getppid())
    _spare_the_collector()
    return app


def end_with(parent: int) -> None:
    """End this process when its parent has; Granian's workers would live on with its port."""

    def watch() -> None:
        while os.getppid() == parent:
            gone.wait(_LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    gone = threading.Event()
    threading.Thread(target=watch, name="parent", daemon=True).start()


def _spare_the_collector() -> None:
    """Keep the garbage collector from walking through all code and content again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
