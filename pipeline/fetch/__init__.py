"""Everything that speaks HTTP: ``Fetcher.get`` takes a ``Request`` and gives an ``Outcome``.

``client`` asks and follows, ``transport`` puts one request on the wire, ``answer`` reads what comes back within
bounds, ``verdict`` says what it means; ``guard`` says which addresses may be asked, ``manners`` whose turn it is,
``robots`` what a host forbids; ``decode`` undoes encodings within a bound; ``room`` holds back what nobody can use yet.
"""

from pipeline.fetch.address_guard import Guard, Refused
from pipeline.fetch.client import Fetcher
from pipeline.model import HostState

__all__ = ["Fetcher", "Guard", "HostState", "Refused"]
