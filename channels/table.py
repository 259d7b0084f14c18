"""The capability table of channels/README.md: `python -m channels.table` writes it."""

from __future__ import annotations

from pathlib import Path

from channels.contract import Capabilities, Provider
from channels.registry import providers

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- capabilities: generated -->", "<!-- end of capabilities -->"
_FLAGS = {
    "receipts": "receipts",
    "read_receipts": "read",
    "typing": "typing",
    "edit": "edit",
    "delete": "delete",
    "templates": "templates",
    "starts_conversations": "starts talks",
    "idempotent_send": "safe to resend",
    "groups": "groups",
    "reply_to": "answers one message",
    "segments": "counted in segments",
}
MEGABYTE = 1024 * 1024


def table() -> str:
    """The table in Markdown, one line per provider."""
    heads = ["channel", "medium", "proof of a webhook", "text", "attachments", "buttons",
             "reply window", *_FLAGS.values()]  # fmt: skip
    lines = [heads, ["---"] * len(heads), *(_row(one) for one in providers())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(provider: Provider) -> list[str]:
    can = provider.capabilities
    proof = ("signed body" if can.authentication == "body" else "secret") + (
        " and time" if can.timestamped else ""
    )
    window = f"{can.reply_window_hours} h" if can.reply_window_hours else "none"
    flags = ["yes" if getattr(can, name) else "" for name in _FLAGS]
    return [f"`{provider.name}`", provider.medium.value, proof, str(can.text_limit),
            _files(can), str(can.buttons), window, *flags]  # fmt: skip


def _files(can: Capabilities) -> str:
    sizes = (f"{kind} {round(size / MEGABYTE)} MB" for kind, size in can.attachments.items())
    return ", ".join(sizes) or "none"


def refreshed(text: str) -> str:
    """The README with the present table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text("utf-8")), "utf-8")
