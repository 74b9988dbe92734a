"""What is made of a secret or of a person for the browser to hold."""

from __future__ import annotations

from dataclasses import replace

from lti_tool.web.studying import Here, name_in_browser
from tests.web.small_pack import FIRST, PACK

NEW, OLD = "n" * 40, "o" * 40


def test_of_two_secret_keys_the_first_makes_the_tokens_of_forms(app, arrive):
    amira = arrive()

    def token(*keys):
        parts = app.extensions["lti_tool"]
        settings = parts.settings.model_copy(update={"secret_keys": keys})
        app.extensions["lti_tool"] = replace(parts, settings=settings)
        return amira.csrf()

    assert token(NEW, OLD) == token(NEW) != token(OLD)


def test_a_form_made_before_a_new_secret_came_is_still_taken(app, arrive):
    amira, parts = arrive(), app.extensions["lti_tool"]

    def use(*keys):
        settings = parts.settings.model_copy(update={"secret_keys": keys})
        app.extensions["lti_tool"] = replace(parts, settings=settings)

    def sent(form):
        return amira.post("session/m1.s1/recall/draft", form).status_code

    use(OLD)
    form = {"csrf_token": amira.csrf(), "q-q2": "text"}
    use(NEW, OLD)
    assert sent(form) == 204
    use(NEW)
    assert sent(form) == 403


def test_unsent_text_of_two_people_in_one_browser_is_kept_apart():
    amira, tom = (Here(row, PACK, FIRST, FIRST.activities[0]) for row in (1, 2))

    assert name_in_browser(amira) == name_in_browser(replace(amira))
    assert name_in_browser(amira) != name_in_browser(tom)
