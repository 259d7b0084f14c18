"""The built console and widget: pages with a fresh nonce, assets that are cached for good.

Only names found in the directory are ever served, so a path cannot lead out of it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import secrets
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from contact_center.kernel.errors import NotFound

BUILT = Path(__file__).parent / "static"
PAGES = Path(__file__).parent / "pages"
NONCE = "__NONCE__"
NOT_PAGES = ("/api/", "/hooks/", "/chat/", "/files/", "/assets/")
WORTH_PACKING = 1000
FOR_GOOD = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=300"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json",
         ".woff2": "font/woff2", ".svg": "image/svg+xml"}  # fmt: skip


def page_policy(nonce: str) -> str:
    """The Content-Security-Policy of the console: our own files, styles by nonce, no frames."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
        " img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:;"
        " connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file in memory, as it was at `stamp`."""

    stamp: tuple[int, int]
    body: bytes
    tag: str
    packed: bytes | None  # gzip, where it is worth it


class Files:
    """The files of one directory; read once, again when they change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: set[str] = set()
        self._kept: dict[str, _Kept] = {}
        self.look()

    def look(self) -> None:
        """Learn which files there are."""
        if self._root.is_dir():
            found = (path for path in self._root.rglob("*") if path.is_file())
            self._names = {path.relative_to(self._root).as_posix() for path in found}

    def get(self, name: str) -> _Kept | None:
        """The file, None when there is none of that name."""
        if name not in self._names:
            return None
        path = self._root / name
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            kept = self._kept.get(name)
            if kept is None or kept.stamp != stamp:
                if kept is not None:
                    self.look()  # built anew: its assets have other names now
                kept = self._kept[name] = _read(path, stamp)
        except OSError:
            return None
        return kept

    def answer(self, request: web.Request, name: str, *, cache: str) -> web.Response:
        """Serve a file, compressed where that was prepared. Raises NotFound."""
        plain = self.get(name)
        if plain is None:
            raise NotFound("there is nothing at this address")
        headers = {"Cache-Control": cache, "ETag": plain.tag, "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == plain.tag:
            return web.Response(status=304, headers=headers)
        body = plain.body
        accepted = request.headers.get("Accept-Encoding", "")
        better = self.get(name + ".br") if "br" in accepted else None
        if better is not None:
            headers["Content-Encoding"], body = "br", better.body
        elif plain.packed is not None and "gzip" in accepted:
            headers["Content-Encoding"], body = "gzip", plain.packed
        return web.Response(body=body, headers=headers, content_type=_type_of(name))


def _read(path: Path, stamp: tuple[int, int]) -> _Kept:
    body = path.read_bytes()
    worth = len(body) > WORTH_PACKING and _type_of(path.name).startswith(COMPRESSIBLE)
    packed = gzip.compress(body, mtime=0) if worth else None
    return _Kept(stamp, body, f'"{hashlib.sha256(body).hexdigest()[:20]}"', packed)


def _type_of(name: str) -> str:
    kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    return kind or "application/octet-stream"


def add(app: web.Application, root: Path) -> None:
    """Serve the console and the widget out of `root`."""
    console, widget = Files(root / "console"), Files(root / "widget")

    async def script(request: web.Request) -> web.Response:
        """The widget's files: any site may load them."""
        name = request.path.lstrip("/")
        if name == "panel.js" and not request.query_string:
            name = "before.js"  # a widget.js asks that is older than the number of the panel
        response = widget.answer(request, name, cache=SHORTLY)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    async def asset(request: web.Request) -> web.Response:
        name = "assets/" + request.match_info["name"]
        return console.answer(request, name, cache=FOR_GOOD)

    async def page(request: web.Request) -> web.Response:
        name = request.match_info["path"]
        if name and name != "index.html" and console.get(name):
            return console.answer(request, name, cache=SHORTLY)
        if request.path.startswith(NOT_PAGES) or "." in name.rpartition("/")[2]:
            raise NotFound("there is nothing at this address")
        if console.get("index.html") is None:
            console.look()  # it may have been built since the start
        return _page(console.get("index.html"))

    for name in ("/widget.js", "/panel.js"):
        app.router.add_get(name, script)
    app.router.add_get("/assets/{name:.+}", asset)
    app.router.add_get("/{path:.*}", page)


def _page(index: _Kept | None) -> web.Response:
    nonce = secrets.token_urlsafe(16)
    body = index.body if index else (PAGES / "not_built.html").read_bytes()
    return web.Response(
        status=200 if index else 503,
        text=body.decode().replace(NONCE, nonce),
        content_type="text/html",
        headers={"Content-Security-Policy": page_policy(nonce), "Cache-Control": "no-store"},
    )
