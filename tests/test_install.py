"""What docs/install.md and the compose file tell people to write can be started as it stands."""

import re
from pathlib import Path

from contact_center.kernel import configfile
from contact_center.kernel.configerrors import keys_of
from contact_center.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
INSTALL = (ROOT / "docs" / "install.md").read_text()
OF_NGINX = {
    "host", "http_upgrade", "proxy_add_x_forwarded_for", "remote_addr", "scheme",
}  # fmt: skip


def test_every_variable_of_the_compose_file_is_a_setting() -> None:
    known = {configfile.variable_of(key) for key in keys_of(Settings)}
    used = set(re.findall(r"^\s+(CC_\w+):", COMPOSE, re.MULTILINE))
    assert used
    assert used <= known


def test_compose_asks_for_the_public_address_and_names_the_proxy_it_believes() -> None:
    assert re.search(r"CC_PUBLIC_URL: \$\{CC_PUBLIC_URL:\?.+\}", COMPOSE)
    believed = re.search(r"CC_TRUSTED_PROXIES: \$\{CC_TRUSTED_PROXIES:-(.+)\}", COMPOSE)
    assert believed
    gateway = believed[1]
    assert f"gateway: {gateway} " in COMPOSE
    assert gateway in INSTALL
    assert all(f"`{name}`" in INSTALL for name in re.findall(r"\$\{(\w+):", COMPOSE))


def test_the_proxy_sample_defines_every_variable_it_uses() -> None:
    (sample,) = re.findall(r"```nginx\n(.*?)```", INSTALL, re.DOTALL)
    defined = set(re.findall(r"^map \$\w+ \$(\w+)", sample, re.MULTILINE))
    used = set(re.findall(r"\$(\w+)", sample))
    assert used - defined - OF_NGINX == set()
    assert sample.count("{") == sample.count("}")
