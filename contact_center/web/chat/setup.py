"""Mounting the web chat: six public routes and the whole-page chat."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from contact_center.storage.following import Follower
from contact_center.web.chat import opening, talking
from contact_center.web.chat.door import add_cors, door, preflight
from contact_center.web.chat.page import page
from contact_center.web.chat.service import CHAT, Chat

PREFIX = "/chat/v1/{key}"


def setup_chat(app: web.Application, chat: Chat, follower: Follower) -> None:
    """Mount the routes; the chat is fed by the process's one reader of the log.

    To be called after `setup_live`, and before `serve_files`, which takes any path that is left.
    """
    app[CHAT] = chat
    follower.listeners.append(chat.note)
    app.on_response_prepare.append(add_cors)
    app.router.add_post(f"{PREFIX}/session", door(opening.open_session))
    app.router.add_post(f"{PREFIX}/events", door(talking.events))
    app.router.add_get(f"{PREFIX}/messages", door(talking.messages))
    app.router.add_get(f"{PREFIX}/live", door(talking.live))
    app.router.add_post(f"{PREFIX}/files", door(talking.upload))
    app.router.add_options(f"{PREFIX}/{{rest:.*}}", preflight)
    app.router.add_get("/chat/{key}", page)

    async def run(_: web.Application) -> AsyncIterator[None]:
        await chat.start()
        yield
        await chat.close()

    app.cleanup_ctx.append(run)
    app.on_shutdown.append(_say_goodbye)


async def _say_goodbye(app: web.Application) -> None:
    await app[CHAT].close()
