"""Signatures of requests to object stores, held against Amazon's examples and its own library."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contact_center.kernel.s3_signing import EMPTY, Place, query_of, signed

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, read 2026-11.
AT = datetime(2013, 5, 24, tzinfo=UTC)
USER, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE = Place("https://examplebucket.s3.amazonaws.com", "b", "", "us-east-1", USER, SECRET)


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        ({"lifecycle": ""}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            {"max-keys": "2", "prefix": "J"},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_amazons_own_examples(query: dict[str, str], signature: str) -> None:
    headers = signed(EXAMPLE, "GET", "/", query=query, digest=EMPTY, now=AT)
    assert headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={USER}/20130524/us-east-1/s3/aws4_request, "
        f"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_amazons_own_library_signs_the_same(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore import auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    monkeypatch.setattr(auth, "get_current_datetime", lambda: AT.replace(tzinfo=None))
    place = Place.of(f"s3://{USER}:wJalrXUtnFEMI%2FK7@store.example:9000/files/a%20b?region=eu-1")
    path, query, digest = place.path("0a~b"), {"prefix": "a/ü+", "list-type": "2"}, "f" * 64
    request = AWSRequest(method, f"{place.origin}{path}?{query_of(query)}")
    request.headers["X-Amz-Content-SHA256"] = digest
    signer = auth.S3SigV4Auth(Credentials(USER, "wJalrXUtnFEMI/K7"), "s3", "eu-1")
    request.context["payload_signing_enabled"] = True
    monkeypatch.setattr(signer, "payload", lambda _request: digest)
    signer.add_auth(request)
    ours = signed(place, method, path, query=query, digest=digest, now=AT)
    assert ours["Authorization"] == request.headers["Authorization"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://key:secret@host/bucket", "begins with s3://"),
        ("s3://host/bucket", "KEY:SECRET@host"),
        ("s3://key@host/bucket", "KEY:SECRET@host"),
        ("s3://key:secret@host/", "names no bucket"),
    ],
)
def test_an_address_that_lacks_something_says_what(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Place.of(address)


def test_an_address_is_taken_apart() -> None:
    place = Place.of("s3://K%2F:s%2B@s3.example/files/house?region=eu-1")
    assert place == Place("https://s3.example", "files", "house/", "eu-1", "K/", "s+")
    assert place.path("abc") == "/files/house/abc"
    assert Place.of("s3+http://k:s@[::1]:9000/files").origin == "http://[::1]:9000"
    assert "s+" not in repr(place)
