"""The public side of the web chat: what the widget on a site talks to.

`setup.py` mounts it, `service.py` keeps who listens, `store.py` reads what a visitor may see.
"""

from contact_center.web.chat.ports import ChatAccount, Ports, StoredUpload
from contact_center.web.chat.service import CHAT, Chat
from contact_center.web.chat.setup import setup_chat
from contact_center.web.chat.talk import Limits

__all__ = ["CHAT", "Chat", "ChatAccount", "Limits", "Ports", "StoredUpload", "setup_chat"]
