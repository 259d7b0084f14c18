"""What a visitor is shown: his session, his messages and nobody else's."""

from tests.contact_center.web_chat.site import ORIGIN, Site, Visitor, signed


async def test_a_session_tells_all_the_panel_shows(site: Site) -> None:
    visitor = await site.visitor(locale="en-GB")
    session = visitor.session
    assert session["texts"]["title"] == "Write to us"
    assert session["texts"]["send"] == "Send"
    assert session["prechat"] == [
        {"name": "email", "label": "E-mail", "type": "text", "required": False}
    ]
    assert (session["open"], session["ready"], session["opens_at"]) == (True, False, None)
    assert session["contact"] is session["cursor"] is None
    assert session["limits"]["text"] == 4000
    assert session["expires_at"].endswith("Z")
    assert (await Visitor(site).begin(locale="fr"))["texts"]["send"] == "Отправить"


async def test_hours_and_readiness_are_told(site: Site) -> None:
    db = site.house.database
    await db.execute("""UPDATE queues SET hours = '{"mon": [["00:00", "00:01"]]}'""")
    closed = (await site.visitor()).session
    assert closed["open"] is False
    assert closed["opens_at"]
    await db.execute("UPDATE queues SET hours = '{}'")
    await site.house.employee("ivan")
    await db.execute("UPDATE operators SET presence = 'ready'")
    present = (await site.visitor()).session
    assert (present["open"], present["ready"]) == (True, True)
    await db.execute("UPDATE operators SET presence_next = 'break'")
    assert (await site.visitor()).session["ready"] is False


async def test_an_unknown_key_is_404_without_a_hint(site: Site) -> None:
    async with site.http.post(f"{site.base}/chat/v1/other/session", json={}) as answer:
        assert answer.status == 404
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_page_of_another_site_is_refused_everywhere(site: Site) -> None:
    visitor = await site.visitor()
    foreign = {"Origin": "https://evil.example", "Authorization": f"Bearer {visitor.token}"}
    for method, part in (
        ("POST", "/session"), ("POST", "/events"), ("GET", "/messages"), ("GET", "/live"),
        ("POST", "/files"), ("OPTIONS", "/events"),
    ):  # fmt: skip
        async with site.http.request(method, visitor.url(part), headers=foreign) as answer:
            assert answer.status == 403, part
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_an_allowed_page_may_read_answers_and_errors(site: Site) -> None:
    visitor = Visitor(site)
    async with site.http.options(visitor.url("/events"), headers={"Origin": ORIGIN}) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "x-file-name" in answer.headers["Access-Control-Allow-Headers"]
    async with site.http.get(visitor.url("/messages"), headers={"Origin": ORIGIN}) as answer:
        assert answer.status == 401
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_a_message_is_there_when_it_was_confirmed_and_twice_makes_one(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("Здравствуйте", "a-1")
    await visitor.write("Здравствуйте", "a-1")
    page = await visitor.read()
    assert [item["text"] for item in page["items"]] == ["Здравствуйте"]
    (item,) = page["items"]
    assert (item["from"], item["client_id"], item["status"]) == ("visitor", "a-1", "delivered")
    assert page["contact"]["state"] == "open"
    assert set(page["contact"]) == {"number", "state", "operator", "wait"}
    assert page["contact"]["wait"] is None  # nothing is told that nobody knows


async def test_reading_goes_on_from_the_cursor_over_several_contacts(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("one", "1")
    cursor = (await visitor.read())["items"][-1]["cursor"]
    await site.answer("two", state="sent")
    await site.house.database.execute("UPDATE contacts SET state = 'closed'")
    # Of a long text that went in parts the last one's name stands in the cursor.
    await site.house.database.execute("UPDATE outbox SET provider_id = id::text || '.2of2'")
    await visitor.write("three", "2")
    page = await visitor.read(cursor)
    assert [item["text"] for item in page["items"]] == ["two", "three"]
    assert (await visitor.read(page["cursor"]))["items"] == []


async def test_earlier_messages_come_a_page_at_a_time_over_all_contacts(site: Site) -> None:
    visitor = await site.visitor()
    for number in range(55):
        await visitor.write(str(number), str(number))
        if number == 3:
            await site.house.database.execute("UPDATE contacts SET state = 'closed'")
    seen = (await visitor.read())["items"]
    assert len(seen) == 50
    while earlier := (await visitor.call("/messages", before=seen[0]["cursor"]))[1]["items"]:
        seen = [*earlier, *seen]
    assert [item["text"] for item in seen] == [str(number) for number in range(55)]


async def test_what_comes_in_meanwhile_does_not_move_the_earlier_pages(site: Site) -> None:
    visitor = await site.visitor()
    for number in range(3):
        await visitor.write(str(number), str(number))
    last = (await visitor.read())["items"][-1]["cursor"]
    await visitor.write("new", "new")
    _, page = await visitor.call("/messages", before=last)
    assert [item["text"] for item in page["items"]] == ["0", "1"]
    assert page["contact"]["state"] == "open"


async def test_nobody_reads_another_s_earlier_messages_by_his_cursor(site: Site) -> None:
    ann, ben = await site.visitor(), await site.visitor()
    await ann.write("mine", "1")
    await ann.write("mine, too", "2")
    cursor = (await ann.read())["items"][-1]["cursor"]
    assert (await ben.call("/messages", before=cursor))[1]["items"] == []
    status, answer = await ben.call("/messages", before="yesterday")
    assert (status, answer["field"]) == (422, "before")


async def test_notes_held_cancelled_and_failed_answers_are_never_shown(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    ivan = site.house.ids
    await site.house.employee("ivan")
    await site.answer("secret note", kind="note")
    await site.answer("taken", kind="system", data={"code": "taken"})
    await site.answer("never", state="cancelled")
    await site.answer("broken", state="failed")
    await site.answer("sent", state="sent", employee=ivan["ivan"])
    await site.answer("held", state="held")
    await site.answer("behind the held one", state="pending")
    page = await visitor.read()
    assert [item["text"] for item in page["items"]] == ["hello", "sent"]
    assert page["items"][-1]["name"] == "ivan"
    await site.house.database.execute("UPDATE outbox SET state = 'sent' WHERE state = 'held'")
    rest = await visitor.read(page["items"][-1]["cursor"])
    assert [item["text"] for item in rest["items"]] == ["held", "behind the held one"]


async def test_no_visitor_reads_what_another_wrote(site: Site) -> None:
    visitor, other = await site.visitor(), await site.visitor()
    await visitor.write("mine")
    cursor = (await visitor.read())["cursor"]
    assert (await other.read())["items"] == []
    assert (await other.read(cursor.replace(":1", ":0")))["items"] == []


async def test_a_reading_receipt_names_our_last_message(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    await site.answer("answer", state="sent")
    await visitor.write("thanks", "2")
    cursor = (await visitor.read())["items"][-1]["cursor"]
    outbox = await site.house.database.fetchval("SELECT id FROM outbox")
    assert cursor.endswith(f":3:{outbox}")
    assert (await visitor.call("/events", {"type": "read", "cursor": cursor}))[0] == 200


async def test_what_an_employee_has_read_is_shown_as_read(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    await site.house.database.execute(
        "INSERT INTO contact_reads (contact_id, reader, seq) SELECT id, 'employee:x', 1"
        " FROM contacts"
    )
    assert (await visitor.read())["items"][0]["status"] == "read"


async def test_who_comes_back_with_his_token_is_the_same_visitor(site: Site) -> None:
    visitor = await site.visitor()
    await visitor.write("hello")
    first = visitor.session["visitor"]
    again = await visitor.begin()
    assert again["visitor"] == first
    assert again["contact"]["state"] == "open"
    assert again["cursor"]
    visitor.token = visitor.token[:-3] + "AAA"
    assert (await visitor.begin())["visitor"] != first


async def test_a_signed_in_user_has_his_talk_on_every_device_and_nobody_else_has(
    site: Site,
) -> None:
    phone = await site.visitor(identity=signed("42"))
    desk = await site.visitor(identity=signed("42"))
    assert phone.session["visitor"] == desk.session["visitor"]
    assert (await site.visitor(identity=signed("43"))).session["visitor"] != (
        desk.session["visitor"]
    )
    # The next person at the same computer, signed out or signed in as another:
    assert (await phone.begin())["visitor"] != desk.session["visitor"]
    assert (await desk.begin(identity=signed("44")))["visitor"] != phone.session["visitor"]


async def test_who_signs_in_while_talking_keeps_his_talk(site: Site) -> None:
    visitor = await site.visitor()
    before = visitor.session["visitor"]
    assert (await visitor.begin(identity=signed("42")))["visitor"] == before


async def test_a_forged_identity_is_refused(site: Site) -> None:
    forged = signed("42") | {"user_id": "43"}
    status, answer = await Visitor(site).call("/session", {"identity": forged})
    assert (status, answer["code"]) == (403, "identity")
