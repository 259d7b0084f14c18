"""What goes through one text per column comes out as it was."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_center.intake.wire import NULL, SEPARATOR
from tests.support.intake import House, message

BEFORE = """
SELECT cc_intake(
  array_agg(gen_random_uuid()), array_agg(c.account_id), $1::text[], $2::bytea[],
  array_agg('in'::text),
  array_agg(c.conversation_key), array_agg(i.medium), array_agg(i.value), array_agg(''::text),
  array_agg('provider'::text), $1::text[], array_agg(NULL::text), array_agg(now()),
  array_agg(NULL::text), array_agg(NULL::text)) AS answer
FROM contacts c JOIN identities i ON i.id = c.identity_id CROSS JOIN unnest($1::text[])
"""


async def test_texts_that_hold_our_separators_lose_them_and_nothing_else(house: House) -> None:
    strange = f"a{SEPARATOR}b{NULL}c"
    result = await house.submit(
        message("m1", NULL), message("m2", SEPARATOR * 3), message("m3", strange), message("m4", "")
    )

    assert result.stored == 4
    rows = await house.rows("SELECT text FROM messages ORDER BY seq")
    assert [row["text"] for row in rows] == ["", "", "abc", ""]


async def test_bodies_come_apart_where_they_were_joined(house: House) -> None:
    bodies = [b"", b"\x00\xff", b"x" * 70_000, b"\x1e\x1f"]
    for number, body in enumerate(bodies):
        await house.submit(message(f"m{number}", who=f"v{number}"), raw=body)
    await house.submit(message("a"), message("b"), raw=b"shared")

    rows = await house.rows("SELECT external_id, body FROM raw_events")
    stored = {row["external_id"]: row["body"] for row in rows}
    assert [stored[f"m{number}"] for number in range(4)] == bodies
    assert stored["a"] == stored["b"] == b"shared"


async def test_a_node_of_the_version_before_goes_on_beside_new_ones(house: House) -> None:
    await house.submit(message("m"))
    sent = {"a": b"\xffone", "b": None, "c": b"", "d": b"three"}
    (row,) = await house.rows(BEFORE, list(sent), list(sent.values()))

    assert row["answer"] == {"fresh": [1, 2, 3, 4], "jobs": 0, "back": []}
    rows = await house.rows("SELECT external_id, body FROM raw_events WHERE external_id <> 'm'")
    stored = {row["external_id"]: row["body"] for row in rows}
    assert stored == {name: body for name, body in sent.items() if body is not None}


numbers = iter(range(1_000_000))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(), key=st.text(max_size=30), name=st.text(max_size=30))
async def test_any_text_and_any_key_can_be_taken_in(
    house: House, text: str, key: str, name: str
) -> None:
    one = f"{next(numbers)}{key}"
    result = await house.submit(
        message(one, text, who=one, data={name: [text, key]}), raw=text.encode("utf-8", "replace")
    )
    assert (result.stored, result.quarantined) == (1, 0)
