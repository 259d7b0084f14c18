"""The console's pages and assets, the widget's files, the API's own page."""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from contact_center.web import static
from contact_center.web.guard import SECURE, add_headers, guard
from contact_center.web.metrics import METRICS, Metrics
from contact_center.web.origins import ORIGINS, Origins
from tests.support.office import Office

INDEX = '<meta property="csp-nonce" nonce="__NONCE__"><script nonce="__NONCE__" src="/assets/a.js">'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "console" / "assets").mkdir(parents=True)
    (tmp_path / "widget").mkdir()
    (tmp_path / "console" / "index.html").write_text(INDEX)
    (tmp_path / "console" / "favicon.svg").write_text("<svg/>")
    (tmp_path / "console" / "assets" / "a-1b2c.js").write_text("let a = 1;\n" * 500)
    (tmp_path / "widget" / "widget.js").write_text("widget()")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
async def site(built: Path):
    app = web.Application(middlewares=[guard])
    app.on_response_prepare.append(add_headers)
    app[SECURE], app[ORIGINS], app[METRICS] = False, Origins(), Metrics()
    static.add(app, built)
    jar = DummyCookieJar()
    async with TestClient(TestServer(app), cookie_jar=jar, auto_decompress=False) as client:
        yield client


async def test_each_page_has_a_nonce_of_its_own_that_its_policy_names(site):
    nonces = set()
    for path in ("/", "/contacts/0198", "/index.html"):
        answer = await site.get(path)
        assert answer.status == (404 if path == "/index.html" else 200)
        if answer.status == 404:
            continue
        text = await answer.text()
        found = set(re.findall(r'nonce="([^"]+)"', text))
        assert len(found) == 1
        nonces |= found
        policy = answer.headers["Content-Security-Policy"]
        assert f"script-src 'self' 'nonce-{next(iter(found))}'" in policy
        assert f"style-src 'self' 'nonce-{next(iter(found))}'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
    assert len(nonces) == 2


async def test_hashed_assets_are_cached_for_good_and_packed(site):
    answer = await site.get("/assets/a-1b2c.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await answer.read()) == b"let a = 1;\n" * 500
    tag = answer.headers["ETag"]
    again = await site.get("/assets/a-1b2c.js", headers={"If-None-Match": tag})
    assert again.status == 304
    plain = await site.get("/assets/a-1b2c.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


async def test_a_better_packing_beside_the_file_is_preferred(site, built):
    (built / "console" / "assets" / "a-1b2c.js.br").write_bytes(b"brotli bytes")
    app = web.Application(middlewares=[guard])
    app[ORIGINS], app[METRICS] = Origins(), Metrics()
    static.add(app, built)
    async with TestClient(TestServer(app), auto_decompress=False) as fresh:
        answer = await fresh.get("/assets/a-1b2c.js", headers={"Accept-Encoding": "gzip, br"})
        assert answer.headers["Content-Encoding"] == "br"
        assert await answer.read() == b"brotli bytes"


async def test_a_console_built_anew_is_served_without_a_restart(site, built):
    await site.get("/")
    assets = built / "console" / "assets"
    (assets / "b-3d4e.js").write_text("let b = 2;")
    (built / "console" / "index.html").write_text(INDEX + "<p>newer</p>")
    assert "newer" in await (await site.get("/")).text()
    assert (await site.get("/assets/b-3d4e.js")).status == 200


async def test_the_widget_may_be_loaded_by_any_site(site):
    answer = await site.get("/widget.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (await site.get("/panel.js")).status == 404


async def test_a_panel_without_a_number_is_what_fits_an_older_widget(site, built):
    (built / "widget" / "panel.js").write_text("panel()")
    (built / "widget" / "before.js").write_text("before()")
    app = web.Application()
    static.add(app, built)
    async with TestClient(TestServer(app)) as fresh:
        assert await (await fresh.get("/panel.js")).text() == "before()"
        assert await (await fresh.get("/panel.js?2")).text() == "panel()"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets//etc/passwd",
        "/secret.txt",
        "/assets/none.js",
        "/api/v1/nothing",
        "/hooks/nothing",
    ],
)
async def test_a_path_leads_nowhere_but_to_the_built_files(site, path):
    # Over a bare socket: every client library would tidy the path up first.
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    assert answer.startswith(("HTTP/1.1 404", "HTTP/1.1 400"))
    assert answer.endswith("}")
    assert "not_found" in answer


async def test_without_a_built_console_a_page_says_how_to_build_it(tmp_path: Path):
    app = web.Application(middlewares=[guard])
    app[ORIGINS], app[METRICS] = Origins(), Metrics()
    static.add(app, tmp_path)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/")
        assert answer.status == 503
        assert "make build" in await answer.text()
        (tmp_path / "console").mkdir()
        (tmp_path / "console" / "index.html").write_text(INDEX)
        assert (await client.get("/")).status == 200, "built meanwhile, without a restart"


async def test_the_page_to_try_the_api_needs_nothing_from_elsewhere(office: Office):
    page = await office.ask("GET", "/api/docs", prefix="")
    assert re.findall(r'(?:src|href)="([^"]+)"', page.body) == [
        "/api/v1/openapi.json", "/api/docs.js",
    ]  # fmt: skip
    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r'<style nonce="([^"]+)"', page.body)
    assert nonce
    assert f"style-src 'nonce-{nonce[1]}'" in policy
    assert "style=" not in page.body
    script = await office.ask("GET", "/api/docs.js", prefix="")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "innerHTML" not in script.body
