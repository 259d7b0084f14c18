"""Two nodes over one PostgreSQL and one Redis."""

from contact_center.kernel.redis_hints import RedisHints
from tests.contact_center.web_live.house import served
from tests.support.waiting import eventually


async def test_screens_of_two_nodes_hear_the_same_and_of_each_other(
    database_url: str, valkey_url: str
) -> None:
    async with (
        served(database_url, hints=RedisHints(valkey_url), beat=0.5, node="one") as one,
        served(database_url, hints=RedisHints(valkey_url), like=one, beat=0.5, node="two") as two,
    ):
        cookie = await one.house.employee("ivan")
        ivan, olga = await one.screen(cookie), await two.screen(await one.house.employee("olga"))
        contact = await one.house.contact()
        for screen in (ivan, olga):
            await screen.subscribe(f"contact:{contact}")
        await one.house.say(contact, version=2)
        assert [(await screen.until("event"))["version"] for screen in (ivan, olga)] == [2, 2]
        await ivan.send(t="view", contact=str(contact))
        seen = await olga.until("viewers")
        assert [person["name"] for person in seen["employees"]] == ["ivan"]
        await ivan.send(t="typing", contact=str(contact), kind="reply")
        assert (await olga.until("typing"))["who"]["name"] == "ivan"
        await two.house.access.sign_out(cookie)
        await ivan.closed()

        async def both_counted() -> bool:
            nodes = await one.house.database.fetch("SELECT DISTINCT node FROM operator_sessions")
            return {row["node"] for row in nodes} == {"one", "two"}

        await eventually(both_counted)
