"""Moodle. Seen on 4.5.6."""

from __future__ import annotations

from lti_tool.lms.standard import StandardLms


class Moodle(StandardLms):
    """Keeps to the specification in all we ask of it now.

    It answers 409 to a score of the same second as the one it has, 500 to a score for a
    locked grade (which a teacher may unlock), 400 to one for somebody it cannot grade, and
    404 once the activity is deleted: as the specification's rules read these.
    Source: Moodle 4.5, mod/lti/service/gradebookservices/classes/local/resources/scores.php.
    """

    product = "moodle"
