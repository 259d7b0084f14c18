from tests.support.intake import House, message


async def test_a_first_message_opens_a_contact_with_client_message_and_work(house: House) -> None:
    result = await house.submit(message("m1", "Привет"))
    assert result.stored == 1
    for t in ("clients","identities","contacts","participants","messages","work","stage_history","inbound_keys","raw_events"):
        print(t, await house.rows(f"select * from {t}"))
    for r in await house.rows("select seq, kind, subject_kind, version, cause, data from events order by seq"):
        print(r)
    result = await house.submit(message("m1", "Привет"), message("m2", "ещё"))
    print(result)
    assert result.stored == 1 and result.duplicates == 1
