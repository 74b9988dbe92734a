"""Scores in, results out (AGS 2.0, sections 3.3 and 3.4)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from lti_tool.demo_lms.course import LineItem, Score, standing
from lti_tool.demo_lms.lms import lms
from lti_tool.demo_lms.people import find_person
from lti_tool.demo_lms.services.access import (
    answer,
    bad_request,
    json_body,
    need_accept,
    need_scope,
    one_page,
)
from lti_tool.demo_lms.services.line_items import existing
from lti_tool.demo_lms.services.refusals import ServiceRefused
from lti_tool.demo_lms.services.scopes import RESULT_READ, SCORE
from lti_tool.demo_lms.services.score_body import read_score
from lti_tool.demo_lms.traffic import note

blueprint = Blueprint("scores", __name__)
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"


@blueprint.post("/lineitems/<item_id>/lineitem/scores")
def post_score(item_id: str) -> Response:
    """Keep a score, unless one as recent stands already."""
    need_scope(SCORE)
    item = existing(item_id)
    score = read_score(item.id, json_body(SCORE_TYPE), lms().now)
    person = find_person(score.person_id)
    if person is None or not person.is_participant:
        raise bad_request("userId: nobody who can be graded in this course")
    if not lms().store.accept(score):
        raise ServiceRefused(409, "conflict", "a score as recent as this one stands already")
    value = standing(score, item)
    shown = "blank" if value is None else f"{value:g} of {item.maximum:g}"
    note(f"{person.name}, {item.label}: {shown}")
    return Response(status=200, mimetype=SCORE_TYPE)  # without a body, as Moodle answers


@blueprint.get("/lineitems/<item_id>/lineitem/results")
def results(item_id: str) -> Response:
    """What stands in the gradebook."""
    need_scope(RESULT_READ)
    item = existing(item_id)
    need_accept(RESULTS_TYPE)
    wanted = request.args.get("user_id")
    found = [
        _result(item, score)
        for score in lms().store.scores(item.id)
        if wanted in (None, score.person_id)
    ]
    page, headers = one_page(found)
    response = answer(page, RESULTS_TYPE)
    response.headers.update(headers)
    return response


def _result(item: LineItem, score: Score) -> dict[str, Any]:
    address = lms().config.line_item_url(item.id)
    path, _, query = address.partition("?")
    result = {
        "id": f"{path}/results/{score.person_id}?{query}",
        "scoreOf": address,
        "userId": score.person_id,
        "resultMaximum": item.maximum,
    }
    value = standing(score, item)
    if value is not None:
        result["resultScore"] = value
    return result | ({"comment": score.comment} if score.comment else {})
