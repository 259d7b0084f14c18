"""The key that seals account secrets."""

from contact_center.commands.common import configured, database_url


def show() -> None:
    """Print the id of this node's key, as the database stores it."""
    from contact_center.kernel.secrets import load_sealer

    settings = configured()
    sealer = load_sealer(settings.key_path, create=settings.may_create_key)
    print(f"{sealer.key_id}  {settings.key_path}")


def rotate() -> None:
    """Seal everything with a new key. Stop all nodes first, give them the new file afterwards."""
    import asyncio

    from contact_center.storage.rotation import rotate as rotate_key

    settings = configured()
    with database_url(settings) as url:
        done = asyncio.run(rotate_key(url, settings.key_path))
    print(f"{done.sealed} secrets are sealed with key {done.key_id}")
    print(f"the old key is kept as {done.kept}: remove it once no backup needs it")
