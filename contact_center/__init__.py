"""An omnichannel contact centre: one waiting line for every channel, nothing lost."""

__version__ = "0.1.0"
