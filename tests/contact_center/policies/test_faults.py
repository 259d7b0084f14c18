"""A policy that cannot run is refused, with the place of every fault."""

from __future__ import annotations

from typing import Any

from tests.contact_center.policies.acting import activate, boss_of, draft, sales
from tests.support.office import Office
from tests.support.policy_words import unworded

BAD = [
    (sales(needs={"chess": 1}), "queues.sales.needs.chess", "there is no skill 'chess'"),
    (
        sales(needs={"tax": 1}, ladder=[{"after_seconds": 9, "needs": {"tax": 2}}]),
        "queues.sales.ladder[1]",
        "a rung may only ask for less",
    ),
    (
        sales(hours={"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}),
        "queues.sales.hours.mon",
        "overlaps",
    ),
    (sales(closed="queue:sales"), "queues.sales.closed", "contacts go round"),
    (sales(closed="voicemail"), "queues.sales.closed", "voicemail is for queues of calls alone"),
    (sales(zone="Mars/Olympus"), "queues.sales.zone", "there is no time zone"),
    (
        sales(offer_seconds=4, needs={"chess": 1}),
        "queues.sales.offer_seconds",
        "is between 5 and 3600",
    ),
    ({"queues": [{"code": "new"}]}, "queues.new.department", "name its department (claims, sales)"),
    (
        {"queues": [{"code": "new", "title": "Sales"}]},
        "queues.new",
        "a second queue named 'Sales': that one's code is 'sales'",
    ),
    (sales(closed="queue:nobody"), "queues.sales.closed", "there is no queue 'nobody'"),
    ({"queues": 5}, "queues", "must be a list, not 5"),
    ({"house": {"capacity": 0}}, "house.capacity", "must be at least 1"),
    (
        {"media": {"chat": {"points": 30}}, "house": {"capacity": 20}},
        "media.chat.points",
        "is more than the house.capacity of 20",
    ),
    ({"media": {"chat": {"points": 0}}}, "media.chat.points", "must be at least 1"),
    ({"media": {"chat": {"points": 9, "ceiling": 0}}}, "media.chat.ceiling", "must be at least 1"),
    ({"house": {"grace_seconds": 0}}, "house.grace_seconds", "must be at least 1"),
    (
        sales(wrap_up_seconds=901),
        "queues.sales.wrap_up_seconds",
        "is more than the house.wrap_up_limit_seconds of 900",
    ),
    ({"wishes": 1}, "wishes", "means nothing here"),
]


async def test_a_bad_policy_is_refused_with_its_place_and_what_runs_stays(office: Office) -> None:
    boss = await boss_of(office)
    for body, place, reason in BAD:
        verdict = (await office.ask("POST", "/policies/check", boss, json={"body": body})).body
        found = {one["place"]: one["reason"] for one in verdict["problems"]}
        assert reason in found.get(place, ""), found
        assert unworded(list(found.values())) == []
    await office.db.execute("UPDATE skills SET archived_at = now() WHERE code = 'fr'")
    for rules, at in (
        ({"needs": {"fr": 2}}, "needs.fr"),
        ({"ladder": [{"after_seconds": 9, "drop": ["fr"]}]}, "ladder[1].drop.fr"),
    ):
        body = {**sales(**rules), "skills": {"fr": "French"}}
        verdict = (await office.ask("POST", "/policies/check", boss, json={"body": body})).body
        assert verdict["problems"] == [
            {"place": f"queues.sales.{at}", "reason": "the skill 'fr' is in the archive"}
        ]
        assert unworded([verdict["problems"][0]["reason"]]) == []
    # Merely listed, as a file made before does it, it stays in the archive; titles stay, too.
    body = {"skills": {"fr": "French", "tax": "Taxes and more"}}
    verdict = (await office.ask("POST", "/policies/check", boss, json={"body": body})).body
    assert (verdict["problems"], verdict["changes"]) == ([], [])
    made = await draft(office, boss, BAD[0][0])
    assert [one["place"] for one in made["problems"]] == ["queues.sales.needs.chess"]
    refused = await activate(office, boss, made["id"])
    assert (refused.status, refused.code) == (422, "bad_policy")
    assert refused.body["problems"] == made["problems"]
    assert (await office.ask("GET", "/policies/current", boss)).body["edition"] == 1


async def test_a_way_out_of_the_line_is_only_for_queues_whose_media_can_take_it(
    office: Office,
) -> None:
    boss = await boss_of(office)

    async def fault(closed: str, *media: str) -> str:
        await office.db.execute("DELETE FROM accounts")
        for medium in media:
            await office.db.execute(
                "INSERT INTO accounts (id, provider, title, medium, brand_id, queue_id, public_key)"
                " SELECT gen_random_uuid(), 'x', 'x', $1, (SELECT id FROM brands LIMIT 1), $2,"
                " gen_random_uuid()::text", medium, office.ids["sales_queue"],
            )  # fmt: skip
        body = {"body": sales(closed=closed)}
        found = (await office.ask("POST", "/policies/check", boss, json=body)).body["problems"]
        return found[0]["reason"] if found else ""

    assert await fault("voicemail", "voice") == ""
    assert await fault("voicemail", "voice", "chat") == (
        "voicemail is for queues of calls alone, and this queue takes chat"
    )
    assert await fault("mail_form", "chat", "messenger") == ""
    assert await fault("bot", "chat", "mail") == ""  # letters wait on
    assert await fault("bot", "mail") == "bot cannot be told by mail: let them wait"
    assert await fault("mail_form", "voice") == "mail_form cannot be told by voice: let them wait"
    body = {
        "body": {"media": {"chat": {"points": 20}}}
    }  # without calls, of which there is an account
    verdict = (await office.ask("POST", "/policies/check", boss, json=body)).body
    assert verdict["problems"] == [{
        "place": "media.voice", "reason": "contacts come by it to queue 'sales': it must stay",
    }]  # fmt: skip
    assert unworded([verdict["problems"][0]["reason"]]) == []


NONSENSE: list[dict[str, Any]] = [
    {"queues": [5, None, {}, {"code": {"a": 1}}, {"code": [1]}, {"code": 7}]},
    {"queues": [{"code": "sales", "ladder": [[]], "hours": {"mon": [["x"]]}, "needs": [1]}]},
    {"queues": {"code": "sales"}, "media": [], "house": 5, "skills": ["fr"]},
    {"queues": [{"code": "sales\x00", "zone": "\x00", "closed": "queue:\x00"}]},
    {"media": {"chat": {"points": 20, "offer_seconds": 10**30}}, "version": {"a": [1]}},
    {"skills": {"a\x00b": "\x00"}},
]


async def test_nonsense_is_told_apart_and_breaks_nothing(office: Office) -> None:
    boss = await boss_of(office)
    for body in NONSENSE:
        for path in ("/policies/check", "/policies"):
            answer = await office.ask("POST", path, boss, json={"body": body})
            assert answer.status in (200, 201, 400, 422), (body, answer.body)
            assert answer.status >= 400 or answer.body["problems"], body
    drafts = [one for one in (await office.ask("GET", "/policies", boss)).body["items"]
              if one["state"] == "draft"]  # fmt: skip
    for one in drafts:
        assert (await office.ask("GET", f"/policies/{one['id']}", boss)).status == 200
        assert (await activate(office, boss, one["id"])).status == 422
