"""Who is asking: signing in and out, sessions, API tokens, one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aiohttp import web

from contact_center.access import limits, store
from contact_center.access.model import Actor, Permission
from contact_center.access.passwords import Passwords, require_strong
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.access.sessions import Cookie, NewSession, SignedIn, bearer
from contact_center.access.store import Purpose, Queries
from contact_center.access.tokens import API_TOKEN, digest, new_secret
from contact_center.kernel.clock import Clock, SystemClock
from contact_center.kernel.errors import Forbidden, NotFound, Unauthenticated
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

LINK_LASTS: dict[Purpose, timedelta] = {
    "first": timedelta(minutes=15),
    "invitation": timedelta(days=7),
    "reset": timedelta(days=1),
}
TOUCH_EVERY = timedelta(minutes=1)
ANONYMOUS = Actor(UUID(int=0), "light", "", frozenset({Permission.PUBLIC}))
_WRONG = "the address or the password is wrong"


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a session lasts without a request, and in any case."""

    idle: timedelta = timedelta(hours=12)
    absolute: timedelta = timedelta(days=14)


class AccessService:
    """Signs employees in and tells who a request comes from."""

    def __init__(
        self,
        database: Database,
        *,
        base_url: str,
        clock: Clock | None = None,
        passwords: Passwords | None = None,
        lasting: Lasting | None = None,
    ) -> None:
        self.database = database
        self.clock = clock or SystemClock()
        self.passwords = passwords or Passwords()
        self.lasting = lasting or Lasting()
        self._base_url = base_url
        self.cookie = Cookie(
            secure=base_url.startswith("https://"),
            seconds=int(self.lasting.absolute.total_seconds()),
        )

    # --- who is it ---------------------------------------------------------------------------

    async def actor(self, request: web.Request) -> Actor | None:
        """Who the request comes from; None without a good session or token."""
        known = await self.identify(request)
        return known.actor if known else None

    async def identify(self, request: web.Request) -> SignedIn | None:
        """The actor with his CSRF token. A header wins over a cookie, even a wrong one."""
        if (token := bearer(request)) is not None:
            return await self._by_token(token) if token.startswith(API_TOKEN) else None
        secret = self.cookie.read(request)
        return await self._by_cookie(secret) if secret else None

    async def _by_cookie(self, secret: str) -> SignedIn | None:
        now, hashed = self.clock.now(), digest(secret)
        row = await store.session(
            self.database, hashed, now - self.lasting.idle, now - self.lasting.absolute
        )
        if row is None:
            return None
        if now - row["seen_at"] > TOUCH_EVERY:
            await store.touch_session(self.database, hashed, now)
        return SignedIn(_actor(row, session=hashed), row["csrf"])

    async def _by_token(self, token: str) -> SignedIn | None:
        now = self.clock.now()
        hashed = digest(token)
        row = await store.token_actor(self.database, hashed, now)
        if row is None:
            return None
        if row["used_at"] is None or now - row["used_at"] > TOUCH_EVERY:
            await store.touch_token(self.database, row["token_id"], now)
        return SignedIn(_actor(row, token=hashed, scopes=frozenset(row["scopes"])), None)

    # --- sessions ----------------------------------------------------------------------------

    async def sign_in(
        self, email: str, password: str, *, address: str, agent: str = "", old: str | None = None
    ) -> NewSession:
        """Open a session. Raises Unauthenticated for whatever reason it is not, or TooMany.

        Who does not exist, has no password or may not come in any more costs as much time as a
        wrong password. `old` is the cookie the browser came with: it ends.
        """
        tries = await self._sign_in_tries(email, limits.network_of(address))
        await limits.count(self.database, tries, self.clock.now())
        login = await store.login_by_email(self.database, email)
        stored = login.password_hash if login else None
        right = await self.passwords.verify(stored, password)
        if not right or login is None or stored is None or login.state != "active":
            raise Unauthenticated(_WRONG, code="wrong_credentials")
        await limits.give_back(self.database, tries)
        if self.passwords.outdated(stored):
            await store.set_password(self.database, login.id, await self.passwords.hash(password))
        if old:
            await store.revoke_session(self.database, digest(old), self.clock.now())
        return await self.open_session(self.database, login.id, address=address, agent=agent)

    async def _sign_in_tries(self, email: str, address: str) -> limits.Tries:
        pair = (limits.PAIR, limits.key_of(limits.PAIR, email, address))
        if await store.knows_address(self.database, email, address):
            return [pair]
        return [
            pair,
            (limits.ADDRESS, limits.key_of(limits.ADDRESS, address)),
            (limits.STRANGERS, limits.key_of(limits.STRANGERS, email)),
        ]

    async def open_session(
        self, db: Queries, employee_id: UUID, *, address: str, agent: str = ""
    ) -> NewSession:
        """A fresh session; nothing of an earlier one is kept."""
        new = NewSession(new_secret(), new_secret(), employee_id)
        await store.open_session(
            db,
            id_hash=digest(new.secret),
            employee_id=employee_id,
            csrf=new.csrf,
            address=limits.network_of(address),
            agent=agent[:200],
            now=self.clock.now(),
        )
        return new

    async def sign_out(self, secret: str | None) -> None:
        """End this session; its open sockets close."""
        if secret is None:
            return
        employee_id = await store.revoke_session(self.database, digest(secret), self.clock.now())
        if employee_id:
            self.database.wake(revoked_topic(employee_id))

    async def sign_out_everywhere(self, employee_id: UUID) -> None:
        """End all sessions of an employee within a second, sockets included."""
        await self.database.run(lambda unit: self.revoke(unit, employee_id))

    async def revoke(self, unit: Unit, employee_id: UUID, *, tokens: bool = False) -> None:
        """End all sessions (and API tokens) with this unit; open sockets are told after commit."""
        await store.revoke_sessions(unit, employee_id, self.clock.now())
        if tokens:
            await store.revoke_tokens(unit, employee_id, self.clock.now())
        unit.wake(revoked_topic(employee_id))

    async def change_password(
        self, actor: Actor, old: str, new: str, *, address: str, agent: str = ""
    ) -> NewSession:
        """Set another password; all sessions end and the one asking goes on under a new id."""
        login = await store.login_by_id(self.database, actor.employee_id)
        key = [(limits.PAIR, limits.key_of(limits.PAIR, str(actor.employee_id), "password"))]
        await limits.count(self.database, key, self.clock.now())
        if login is None or not await self.passwords.verify(login.password_hash, old):
            raise Forbidden("the present password is wrong", code="wrong_credentials")
        await limits.give_back(self.database, key)
        hashed = await self.hash_new(new, email=login.email, name=login.name)

        async def step(unit: Unit) -> NewSession:
            await store.set_password(unit, login.id, hashed)
            await self.revoke(unit, login.id)
            return await self.open_session(unit, login.id, address=address, agent=agent)

        return await self.database.run(step)

    async def hash_new(self, password: str, *, email: str, name: str) -> str:
        """The hash of a new password; raises Invalid when it is weak."""
        require_strong(password, email=email, name=name)
        return await self.passwords.hash(password)

    # --- one-time links ----------------------------------------------------------------------

    async def make_link(self, db: Queries, purpose: Purpose, employee_id: UUID | None) -> str:
        """An address that works once; an earlier one of its kind for this employee ends."""
        secret = new_secret()
        expires_at = self.clock.now() + LINK_LASTS[purpose]
        await store.make_link(db, digest(secret), purpose, employee_id, expires_at)
        # Behind '#': it reaches no server log, no proxy and no Referer header.
        return f"{self._base_url}/{purpose}#token={secret}"

    async def first_administrator_link(self) -> str | None:
        """A link for the first administrator, None when somebody works here already."""
        if await store.has_employees(self.database):
            return None
        return await self.make_link(self.database, "first", None)

    async def count_link_try(self, address: str) -> None:
        """Count a try of a link from this address; raises TooMany."""
        key = limits.key_of(limits.LINKS, limits.network_of(address))
        await limits.count(self.database, [(limits.LINKS, key)], self.clock.now())

    async def look_at_link(self, secret: str, *, address: str) -> store.Link:
        """What the link is for, without using it. Raises NotFound when it is no good (any more)."""
        await self.count_link_try(address)
        return _good(await store.link(self.database, digest(secret), self.clock.now()))

    async def use_link(self, unit: Unit, secret: str, purpose: Purpose) -> store.Link:
        """Use a link up with this unit. Raises NotFound when it is no good (any more)."""
        link = _good(await store.use_link(unit, digest(secret), self.clock.now()))
        return _good(link if link.purpose == purpose else None)

    async def demo_accounts(self) -> list[dict[str, str]]:
        """The throwaway sign-ins of a demo company; none in earnest."""
        place = await store.workspace(self.database)
        return place.settings.get("demo_accounts", []) if place.demo else []

    async def tidy(self) -> None:
        """Delete ended sessions, links and tries; for a daily job."""
        await store.tidy(self.database, self.clock.now())


def revoked_topic(employee_id: UUID) -> str:
    """The hint topic on which sockets of an employee learn that he is signed out."""
    return f"revoked:{employee_id}"


def _good(link: store.Link | None) -> store.Link:
    if link is None:
        raise NotFound("the link has been used or is too old", code="link_expired")
    return link


def _actor(
    row: Record, *, session: bytes | None = None, token: bytes | None = None,
    scopes: frozenset[str] | None = None,
) -> Actor:  # fmt: skip
    role = store.role_of(row)
    allowed = ROLE_PERMISSIONS[role]
    if scopes is not None:
        always = {Permission.PUBLIC, Permission.SIGNED_IN}
        allowed = frozenset(p for p in allowed if p in always or p.value in scopes)
    return Actor(
        employee_id=row["id"],
        role=role,
        name=row["name"],
        permissions=allowed,
        queues=frozenset(row["queues"]),
        departments=frozenset(row["departments"]),
        session=session,
        locale=row["locale"],
        token=token,
    )


SERVICE: web.AppKey[AccessService] = web.AppKey("access", AccessService)
