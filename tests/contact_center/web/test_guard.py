"""S7, S8 and the shape of errors: what every request passes before and after its handler."""

import asyncio
import io
from typing import Any
from uuid import uuid4

import pytest

from contact_center.web.auth import endpoint
from contact_center.web.routes import all_routes
from tests.support.office import Office, open_office


def origin_of(office: Office) -> str:
    return f"http://127.0.0.1:{office.client.port}"


async def test_a_write_without_the_csrf_token_is_refused_and_changes_nothing(office: Office):
    anna = await office.hire("anna")
    for token in ("", "wrong", anna.session.csrf[:-1]):
        answer = await office.ask(
            "PATCH", "/me", anna, json={"name": "X"}, headers={"X-CSRF-Token": token}
        )
        assert (answer.status, answer.code) == (403, "csrf")
    assert await office.db.fetchval("SELECT name FROM employees") == "anna"


async def test_the_csrf_token_of_somebody_else_does_not_help(office: Office):
    anna, bela = await office.hire("anna"), await office.hire("bela")
    answer = await office.ask(
        "PATCH", "/me", anna, json={"name": "X"}, headers={"X-CSRF-Token": bela.session.csrf}
    )
    assert (answer.status, answer.code) == (403, "csrf")


async def test_a_write_from_another_site_is_refused_signed_in_or_not(office: Office):
    anna = await office.hire("anna")
    for headers in [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://evil.example", "Host": "evil.example"},  # DNS rebinding
    ]:
        for path, body in (("/auth/sign-in", {"email": "a", "password": "b"}), ("/me", None)):
            method = "PATCH" if path == "/me" else "POST"
            answer = await office.ask(method, path, anna, json=body or {}, headers=headers)
            assert (answer.status, answer.code) == (403, "foreign_origin")


async def test_our_own_page_may_write(office: Office):
    anna = await office.hire("anna")
    for headers in (
        {"Origin": origin_of(office), "Sec-Fetch-Site": "same-origin"},
        {"Origin": f"http://localhost:{office.client.port}",
         "Host": f"localhost:{office.client.port}"},
        {"Sec-Fetch-Site": "none"},
        {},
    ):  # fmt: skip
        answer = await office.ask("PATCH", "/me", anna, json={"name": "A"}, headers=headers)
        assert answer.status == 200


async def test_with_a_public_address_only_its_origin_is_ours_and_cookies_are_secure(
    database_url, tmp_path
):
    public = "https://cc.example"
    async with open_office(database_url, tmp_path, public_url=public) as office:
        await office.hire("anna", password="gull tram pepper 9")
        body = {"email": "anna@shop.example", "password": "gull tram pepper 9"}
        for origin, status in ((public, 200), (origin_of(office), 403), (public + ".evil", 403)):
            answer = await office.ask(
                "POST", "/auth/sign-in", json=body, headers={"Origin": origin}
            )
            assert answer.status == status, origin
            if status == 200:
                cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-cc_session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        health = await office.ask("GET", "/healthz", prefix="")
        assert health.headers["Strict-Transport-Security"].startswith("max-age=31536000")


async def test_no_answer_of_the_api_may_be_read_by_another_site(office: Office):
    anna = await office.hire("anna")
    answer = await office.ask("GET", "/me", anna, headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    preflight = await office.ask(
        "OPTIONS", "/me", headers={"Origin": "https://evil.example",
                                   "Access-Control-Request-Method": "PATCH"},
    )  # fmt: skip
    assert preflight.status == 405


async def test_every_answer_carries_the_strict_headers(office: Office):
    for path, status in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/", 503),  # the console is not built here
        ("/api/docs", 200),
        ("/api/v1/openapi.json", 200),
        ("/api/v1/me", 401),
        ("/api/v1/auth/state", 200),
        ("/api/v1/nothing", 404),
        ("/hooks/unknown", 405),
    ]:
        answer = await office.ask("GET", path, prefix="")
        if path not in ("/", "/hooks/unknown"):
            assert answer.status == status
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert len(headers["X-Request-ID"]) == 16


async def test_every_route_of_the_table_answers_with_the_strict_headers(office: Office):
    for route in all_routes():
        path = route.path
        while "{" in path:
            head, _, rest = path.partition("{")
            path = head + str(uuid4()) + rest.partition("}")[2]
        answer = await office.ask(route.method, path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert answer.headers["Cache-Control"] == "no-store", path


async def test_a_refusal_is_a_problem_with_a_stable_code(office: Office):
    answer = await office.ask("GET", "/me")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body == {
        "type": "urn:contact-center:problem:unauthenticated",
        "title": "unauthenticated",
        "status": 401,
        "code": "unauthenticated",
        "detail": "sign in first",
        "request_id": answer.headers["X-Request-ID"],
    }


async def test_a_body_that_cannot_be_read_is_named_and_never_a_fault(office: Office):
    cases: list[Any] = [
        ({"data": b"{", "type": "application/json"}, 400, "malformed"),
        ({"data": b"\xff", "type": "application/json"}, 400, "malformed"),
        ({"data": b'"\\ud800"', "type": "application/json"}, 400, "malformed"),
        ({"data": b"[]", "type": "application/json"}, 422, "invalid"),
        ({"data": b"", "type": "application/json"}, 422, "invalid"),
        (
            {"data": b'{"email":"\\u0000","password":"x"}', "type": "application/json"},
            422,
            "invalid",
        ),
        (
            {"data": b"email=a&password=b", "type": "application/x-www-form-urlencoded"},
            415,
            "unsupported_media_type",
        ),
        (
            {"data": b'{"email":"a","password":"b"}', "type": "text/plain"},
            415,
            "unsupported_media_type",
        ),
        ({"data": b"{" + b" " * 1_100_000 + b"}", "type": "application/json"}, 413, "too_large"),
        ({"data": b"[" * 100_000, "type": "application/json"}, 400, "malformed"),
    ]
    for send, status, code in cases:
        answer = await office.ask(
            "POST", "/auth/sign-in", data=io.BytesIO(send["data"]),
            headers={"Content-Type": send["type"]},
        )  # fmt: skip
        assert (answer.status, answer.code) == (status, code)
        if status == 413:
            assert answer.body["limit"] == 1024 * 1024


async def test_a_wrong_value_is_never_echoed(office: Office):
    secret = "my-secret-password-in-the-wrong-field"
    answer = await office.ask("POST", "/auth/sign-in", json={"email": "a", secret: secret})
    assert answer.status == 422
    answer = await office.ask("POST", "/auth/sign-in", json={"email": {"x": secret}})
    assert secret not in str(answer.body)


async def test_an_id_that_is_none_is_nothing_here(office: Office):
    boss = await office.hire("boss", "administrator")
    for path in ["/employees/not-an-id", "/employees/1", "/employees/%00"]:
        assert (await office.ask("GET", path, boss)).status == 404


async def test_an_unknown_query_parameter_is_refused_by_name(office: Office):
    boss = await office.hire("boss", "administrator")
    answer = await office.ask("GET", "/queues?archvied=true", boss)
    assert (answer.status, answer.body["field"]) == (422, "archvied")
    assert (await office.ask("GET", "/queues?archived=%00", boss)).status == 422


async def test_a_fault_of_the_program_is_500_with_a_number_and_nothing_else(
    office: Office, monkeypatch, caplog
):
    anna = await office.hire("anna")
    from contact_center.employees import store

    async def broken(*_args, **_more):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(store, "employee", broken)
    answer = await office.ask("GET", "/me", anna)
    assert (answer.status, answer.code) == (500, "internal")
    assert "secret detail" not in str(answer.body)
    assert answer.body["request_id"] == answer.headers["X-Request-ID"]


async def test_with_the_database_away_it_answers_503_and_is_not_ready(own_postgres, tmp_path):
    url = await asyncio.to_thread(own_postgres.start)
    async with open_office(url, tmp_path) as office:
        anna = await office.hire("anna")
        assert (await office.ask("GET", "/readyz", prefix="")).status == 200
        await asyncio.to_thread(own_postgres.stop, "immediate")
        answer = await office.ask("GET", "/me", anna)
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.headers["Retry-After"]
        assert (await office.ask("GET", "/readyz", prefix="")).status == 503
        assert (await office.ask("GET", "/healthz", prefix="")).status == 200
        await asyncio.to_thread(own_postgres.start)
        assert (await office.ask("GET", "/me", anna)).status == 200


async def test_a_handler_that_hangs_is_ended_with_503(office: Office, monkeypatch):
    from contact_center.web import auth

    monkeypatch.setattr(auth, "DEADLINE_SECONDS", 0.05)
    route = next(r for r in all_routes() if r.path == "/auth/state")

    async def hang(_call):
        await asyncio.sleep(60)

    from dataclasses import replace

    handler = endpoint(replace(route, handler=hang))
    from aiohttp.test_utils import make_mocked_request

    from contact_center.kernel.errors import Unavailable

    request = make_mocked_request("GET", "/api/v1/auth/state", app=office.app)
    with pytest.raises(Unavailable, match="too long"):
        await handler(request)


async def test_metrics_are_for_this_machine_or_a_token_that_may_supervise(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    await office.ask("GET", f"/employees/{uuid4()}", boss)
    here = await office.ask("GET", "/metrics", prefix="")
    assert 'cc_http_requests_total{method="GET",route="/api/v1/employees/{id}",' in here.body
    away = {"X-Forwarded-For": "203.0.113.7"}
    for who, status in ((None, 403), (anna, 403), (boss, 200)):
        answer = await office.ask("GET", "/metrics", who, prefix="", headers=away)
        assert answer.status == status


async def test_an_invented_method_makes_no_new_time_series(office: Office):
    for method in ("PROPFIND", "MKCOL"):
        await office.ask(method, "/healthz", prefix="")
    text = (await office.ask("GET", "/metrics", prefix="")).body
    assert "PROPFIND" not in text
    assert 'method="other"' in text


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger's header is not believed
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # only the last one is the proxy's
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "garbage", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.3", "10.0.0.3"),
    ],
)
def test_the_address_is_the_last_one_no_proxy_of_ours_has_added(remote, forwarded, address):
    from ipaddress import ip_network
    from types import SimpleNamespace

    from contact_center.web.origins import Origins

    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request: Any = SimpleNamespace(remote=remote, headers=headers)
    origins = Origins(proxies=(ip_network("10.0.0.0/8"),))
    assert origins.address(request) == address
