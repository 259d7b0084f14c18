"""The desk over HTTP: what the console relies on in answers and refusals."""

from __future__ import annotations

import pytest

from tests.contact_center.web.teams import Teams
from tests.support.office import Office, office

__all__ = ["office"]


async def test_an_offer_is_seen_accepted_answered_and_closed(office: Office) -> None:
    anna = await office.hire("anna")
    talk = await (await Teams.of(office)).talk("sales", anna.id, state="offered")
    (offer,) = (await office.ask("GET", "/offers", anna)).body
    assert (offer["id"], offer["contact"]["id"]) == (str(talk.offer), str(talk.contact))
    taken = await office.ask("POST", f"/offers/{talk.offer}/accept", anna)
    assert (taken.status, taken.body["operator_id"]) == (200, str(anna.id))
    assert taken.body["can"]["reply"]
    path = f"/contacts/{talk.contact}"
    body = {"kind": "reply", "text": "yes", "client_msg_id": "1"}
    one = await office.ask("POST", f"{path}/messages", anna, json=body)
    two = await office.ask("POST", f"{path}/messages", anna, json=body)
    assert (one.status, one.body["id"]) == (two.status, two.body["id"])
    assert one.body["delivery"]["state"] == "pending"
    closed = await office.ask("POST", f"{path}/close", anna, json={})
    assert closed.body["work"]["state"] == "wrap_up"
    assert closed.body["can"]["wrap_up"]
    refused = await office.ask("POST", f"{path}/wrap-up", anna, json={})
    assert (refused.status, refused.body["field"]) == (422, "result_code_id")
    history = await office.ask("GET", f"{path}/work", anna)
    assert [turn["state"] for turn in history.body] == ["wrap_up"]


async def test_a_stale_accept_is_a_conflict_that_names_the_winner(office: Office) -> None:
    anna = await office.hire("anna")
    chief = await office.hire("vera", "supervisor")
    talk = await (await Teams.of(office)).talk("sales", anna.id, state="offered")
    assert (await office.ask("POST", f"/contacts/{talk.contact}/take", chief)).status == 200
    late = await office.ask("POST", f"/offers/{talk.offer}/accept", anna)
    assert (late.status, late.code) == (409, "offer_gone")
    assert late.body["taken_by"] == {"id": str(chief.id), "name": "vera"}


async def test_a_kind_set_from_an_old_version_answers_with_the_present_state(
    office: Office,
) -> None:
    anna = await office.hire("anna")
    talk = await (await Teams.of(office)).talk("sales", anna.id)
    late = await office.ask(
        "PATCH", f"/contacts/{talk.contact}", anna, json={"subject": "x"},
        headers={"If-Match": '"77"'},
    )  # fmt: skip
    assert late.status == 409
    assert late.body["current"]["id"] == str(talk.contact)


@pytest.mark.parametrize("version", ["-1", "x", '"1", "2"', "9" * 5000])
async def test_what_is_no_version_of_ours_never_passes_for_any(
    office: Office, version: str
) -> None:
    anna = await office.hire("anna")
    talk = await (await Teams.of(office)).talk("sales", anna.id)
    late = await office.ask(
        "PATCH", f"/contacts/{talk.contact}", anna, json={"subject": "x"},
        headers={"If-Match": version},
    )  # fmt: skip
    assert late.status == 409


async def test_one_box_finds_clients_and_contacts(office: Office) -> None:
    anna = await office.hire("anna")
    talk = await (await Teams.of(office)).talk("sales", anna.id)
    found = (await office.ask("GET", "/search?q=client", anna)).body
    assert [one["id"] for one in found["clients"]] == [str(talk.client)]
    assert [one["id"] for one in found["contacts"]] == [str(talk.contact)]
    assert (await office.ask("GET", "/search?q=c", anna)).body == {"clients": [], "contacts": []}


async def test_handing_on_to_where_one_may_not_look_answers_without_the_contact(
    office: Office,
) -> None:
    anna = await office.hire("anna")
    talk = await (await Teams.of(office)).talk("sales", anna.id)
    body = {"to": "queue", "id": str(office.ids["claims_queue"]), "note": "refund"}
    answer = await office.ask("POST", f"/contacts/{talk.contact}/transfer", anna, json=body)
    assert answer.status == 204
