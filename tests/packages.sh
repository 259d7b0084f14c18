#!/bin/sh
# Brings the Debian packages some tests need: only as root, only where apt-get is. Elsewhere it
# says what is missing; those tests are then skipped, which CI=true does not allow.
set -eu
PATH="$PATH:/usr/sbin"

# Most tests in a browser take the Chromium without windows where it is to be had, in half the time.
browser=""
if [ -z "${CC_TEST_CHROMIUM:-}" ]; then
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1 || browser="chromium fonts-noto-core"
    [ "$(id -u)" -ne 0 ] || command -v chromium-headless-shell >/dev/null 2>&1 ||
        ! apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
        browser="$browser chromium-headless-shell"
fi
missing="${browser# }"
[ -x /usr/lib/dovecot/imap ] && [ -x /usr/lib/dovecot/lmtp ] ||
    missing="$missing dovecot-imapd dovecot-lmtpd"
command -v exim4 >/dev/null 2>&1 || missing="$missing exim4-daemon-light"
missing="${missing# }"

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Tests in a browser or with real mail servers are skipped, missing: $missing" >&2
    echo "Bring it with:  sudo apt-get install --no-install-recommends $missing" >&2
    exit 0
fi

# The mail servers are started by the tests, on ports of their own: not by their packages.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi

echo "Installing $missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update </dev/null >&2 || echo "apt-get update failed, trying with what is known" >&2
# shellcheck disable=SC2086 # several words are several packages
apt-get -qq install --yes --no-install-recommends $missing </dev/null >/dev/null 2>&1 ||
    apt-get install --yes --no-install-recommends $missing </dev/null >&2 ||
    echo "Could not install $missing: their tests are skipped" >&2
