"""OAuth 2.0 for mailboxes of Gmail and Microsoft 365: the authorization-code flow and refresh.

RFC 6749, PKCE by RFC 7636. The providers' own pages:
https://developers.google.com/identity/protocols/oauth2/web-server
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

from __future__ import annotations


def xoauth2(user: str, token: str) -> bytes:
    """The response of SASL XOAUTH2, before base64."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()
