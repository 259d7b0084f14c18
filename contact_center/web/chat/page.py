"""GET /chat/{key}: the chat as a whole page, on our own origin, also inside a frame of the site."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from html import escape

from aiohttp import web

from channels.webchat.channel import WebChat
from channels.webchat.session import origin_of
from contact_center.kernel.errors import NotFound
from contact_center.web.chat.service import CHAT

HTML = """<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title><style nonce="{nonce}">
html{{color-scheme:light dark;background:light-dark(#eef1f5,#0e0f11)}}
html,body{{margin:0;block-size:100%}}</style></head>
<body><script src="/widget.js" data-key="{key}" data-page="1" data-lang="{lang}" nonce="{nonce}">
</script></body></html>
"""


async def page(request: web.Request) -> web.Response:
    """The page; a language may be asked for by ?lang=."""
    key = request.match_info["key"]
    account = await request.app[CHAT].ports.account(key)
    if account is None or not isinstance(account.channel, WebChat):
        raise NotFound("there is nothing at this address")
    settings = account.channel.settings
    lang = _language(request, settings.locales)
    nonce = secrets.token_urlsafe(16)
    title = settings.title.within(lang)
    text = HTML.format(lang=lang, title=escape(title), key=escape(key), nonce=nonce)
    return web.Response(
        text=text, content_type="text/html",
        headers={"Content-Security-Policy": _policy(nonce, settings.allowed_origins)},
    )  # fmt: skip


def _language(request: web.Request, known: Sequence[str]) -> str:
    """The language asked for, else the first of the browser's that the account speaks."""
    accepted = request.headers.get("Accept-Language", "").split(",")
    wanted = [request.query.get("lang", ""), *(part.strip()[:2].lower() for part in accepted)]
    return next((language for language in wanted if language in known), known[0])


def _policy(nonce: str, allowed: tuple[str, ...]) -> str:
    sites = " ".join(site for site in map(_site, allowed) if site)
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'nonce-{nonce}';"
        " connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:;"
        f" base-uri 'none'; form-action 'none'; frame-ancestors 'self' {sites}"
    ).strip()


def _site(entry: str) -> str:
    """A site of the account's list as the policy writes it; what is none is left out."""
    if entry == "*":
        return "*"
    scheme, wild, host = entry.partition("://*.")
    if wild:
        plain = origin_of(f"{scheme}://{host}")
        return plain.replace("://", "://*.", 1)
    return origin_of(entry)
