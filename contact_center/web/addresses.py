"""Addresses of an account as administration shows them.

Where its provider posts, what a site embeds. The first-party web chat is known by name here, as
in all of the web floor.
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote

WEB_CHAT = "webchat"


def addresses(base_url: str, provider: str, public_key: str, *, hooked: bool) -> dict[str, str]:
    """The addresses of one account; `hooked` says whether its provider posts to us."""
    key = quote(public_key, safe="")
    if provider == WEB_CHAT:
        script = f"{base_url}/widget.js"
        return {
            "embed_snippet": f'<script async src="{escape(script)}" data-key="{escape(key)}">'
            "</script>",
            "page_url": f"{base_url}/chat/{key}",
        }
    return {"webhook_url": f"{base_url}/hooks/{key}"} if hooked else {}
