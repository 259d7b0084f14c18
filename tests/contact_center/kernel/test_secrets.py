import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contact_center.kernel.errors import SettingsError
from contact_center.kernel.secrets import (
    Sealer,
    Unsealable,
    create_key_file,
    load_sealer,
    require_same_key,
)

KEY, OTHER = bytes(range(32)), bytes(32)


def test_what_was_sealed_opens_with_the_same_key_and_row() -> None:
    sealer = Sealer(KEY)
    assert Sealer(KEY).open(sealer.seal(b"a token", b"row 1"), b"row 1") == b"a token"


def test_sealing_twice_gives_different_bytes_that_do_not_show_the_secret() -> None:
    one, two = Sealer(KEY).seal(b"a token", b""), Sealer(KEY).seal(b"a token", b"")
    assert one != two
    assert b"token" not in one


def test_a_secret_copied_into_another_row_does_not_open() -> None:
    with pytest.raises(Unsealable):
        Sealer(KEY).open(Sealer(KEY).seal(b"a", b"row 1"), b"row 2")


def test_another_key_is_named_in_the_refusal() -> None:
    with pytest.raises(Unsealable, match=Sealer(KEY).key_id):
        Sealer(OTHER).open(Sealer(KEY).seal(b"a", b""), b"")


@pytest.mark.parametrize("place", [0, 8, 20, -1])
def test_a_changed_byte_anywhere_is_noticed(place: int) -> None:
    sealed = bytearray(Sealer(KEY).seal(b"a token", b"row"))
    sealed[place] ^= 1
    with pytest.raises(Unsealable):
        Sealer(KEY).open(bytes(sealed), b"row")


@pytest.mark.parametrize("cut", [b"", b"\0" * 7, b"\0" * 30])
def test_rubbish_is_unsealable_and_nothing_worse(cut: bytes) -> None:
    with pytest.raises(Unsealable):
        Sealer(KEY).open(cut, b"")


def test_derived_keys_differ_by_purpose_and_from_the_key_and_are_stable() -> None:
    sealer = Sealer(KEY)
    derived = {sealer.derive("visitor-session"), sealer.derive("media-link"), KEY}
    assert len(derived) == 3
    assert sealer.derive("media-link") == Sealer(KEY).derive("media-link")
    assert {len(key) for key in derived} == {32}


def test_the_first_start_makes_a_key_only_its_owner_may_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "key"
    made = load_sealer(file, create=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_sealer(file, create=True).key_id == made.key_id
    assert list(file.parent.iterdir()) == [file]


def test_two_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: load_sealer(file, create=True).key_id, range(8)))
    assert len(ids) == 1


def test_a_missing_key_that_may_not_be_made_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="key_file") as refusal:
        load_sealer(tmp_path / "key", create=False)
    assert str(tmp_path / "key") in str(refusal.value)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_key_open_to_others_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    create_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_sealer(tmp_path / "key", create=True)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_a_mounted_secret_readable_for_its_group_is_accepted(tmp_path: Path, mode: int) -> None:
    create_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    assert load_sealer(tmp_path / "key", create=False).key_id


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe\n", b"not base64 at all!!" * 3])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SettingsError):
        load_sealer(file, create=True)


def test_a_key_that_is_not_the_databases_is_refused_with_both_names(tmp_path: Path) -> None:
    sealer = Sealer(KEY)
    require_same_key(sealer, sealer.key_id, tmp_path / "key")
    with pytest.raises(SettingsError, match=f"{sealer.key_id}.*{Sealer(OTHER).key_id}"):
        require_same_key(sealer, Sealer(OTHER).key_id, tmp_path / "key")
