import asyncio

import pytest
from argon2 import PasswordHasher

from contact_center.access.passwords import Passwords, common, require_strong
from contact_center.kernel.errors import Invalid
from tests.support.office import CHEAP


def reason(password: str, **who: str) -> str:
    with pytest.raises(Invalid) as caught:
        require_strong(password, **who)
    assert caught.value.code == "weak_password"
    return str(caught.value.extra["reason"])


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevensigns", "short"),
        ("", "short"),
        ("x" * 257, "long"),
        ("123456789012", "common"),
        ("Password1234", "common"),
        ("QWERTYUIOP123", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
        ("ababababababab", "common"),
        ("пароль123456", "common"),
        ("pass word 1234", "common"),
    ],
)
def test_a_password_that_is_tried_first_is_refused_with_its_reason(password, why):
    assert reason(password) == why


@pytest.mark.parametrize("password", ["anna.petrova1", "ANNA.PETROVA99", "petrova-anna"])
def test_a_password_made_of_name_or_address_is_refused(password):
    who = {"email": "anna.petrova@shop.example", "name": "Anna Petrova"}
    assert reason(password, **who) == "personal"


@pytest.mark.parametrize(
    "password", ["gull tram pepper 9", "жёлтый трамвай у моря", "k2#Zp0-vQ8!r"]
)
def test_an_unusual_password_of_twelve_signs_is_taken(password):
    require_strong(password, email="anna@shop.example", name="Anna")


def test_all_common_passwords_are_long_enough_to_need_the_list():
    assert len(common()) > 100
    assert {entry for entry in common() if entry != entry.lower()} == set()


async def test_a_hash_is_argon2id_and_verifies_only_its_password():
    passwords = Passwords()
    stored = await passwords.hash("gull tram pepper 9")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "gull tram pepper 9")
    assert not await passwords.verify(stored, "gull tram pepper 8")
    assert not await passwords.verify(None, "gull tram pepper 9")
    assert not await passwords.verify("no hash at all", "gull tram pepper 9")


async def test_composed_and_decomposed_letters_are_the_same_password():
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("café à la crème")
    assert await passwords.verify(stored, "café à la crème")


async def test_a_flood_of_sign_ins_is_hashed_two_at_a_time():
    running = most = 0

    class Counting(PasswordHasher):
        def hash(self, password, *, salt=None):
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                return CHEAP.hash(password)
            finally:
                running -= 1

    passwords = Passwords(Counting())
    await asyncio.gather(*(passwords.hash(f"gull tram pepper {n}") for n in range(20)))
    assert most <= 2
