"""The account and the visitor of these tests."""

from datetime import UTC, datetime

from channels.webchat.session import Session, issue_session

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECRETS = ("first-session-secret-of-32-characters", "other-session-secret-of-32-characters")
ORIGIN = "https://shop.example"
EXPIRES = int(NOW.timestamp()) + 3600


def account_settings(which: int = 0) -> dict[str, object]:
    return {
        "session_secret": SECRETS[which],
        "identity_secret": "identity-" + SECRETS[which],
        "allowed_origins": [ORIGIN],
    }


def token(which: int = 0, **more: object) -> str:
    values = {"visitor": "v1", "account": "account-0", "expires": EXPIRES} | more
    return issue_session(SECRETS[which], Session(**values))  # type: ignore[arg-type]
