"""The contract every webhook adapter passes. Subclass `WebhookContract` in the adapter's tests.

A subclass says how its provider looks: settings, a request, how it is proven, what may be strange
about it. The suite derives what must be refused from the declared capabilities, so nothing of it is
written twice. What the house does with each fate is tested above it, in the project's own tests.
"""

from channels.toolkit.suite.fates import Fate, Mutation, fate_of
from channels.toolkit.suite.promises import OPTIONAL, Promises
from channels.toolkit.suite.proof import Proof
from channels.toolkit.suite.strange import SHARED, Strange
from channels.toolkit.suite.subject import FORGED, NOW, Subject, ids

__all__ = [
    "FORGED", "NOW", "OPTIONAL", "SHARED", "Fate", "Mutation", "Subject", "WebhookContract",
    "fate_of", "ids",
]  # fmt: skip


class WebhookContract(Proof, Strange, Promises):
    """All tests of one provider."""
