"""Everything that speaks HTTP: ``Fetcher.get`` takes a ``Request`` and returns an ``Outcome``.

| module | job |
| --- | --- |
| ``client`` | fetches a URL: redirects, robots.txt, deadline |
| ``host_limiter`` | one request at a time per host, pauses, Retry-After |
| ``byte_budget`` | back-pressure: no request while too many fetched bytes wait |
| ``address_guard`` | which addresses may be requested |
| ``connection_pool`` | kept connections, request headers |
| ``connector`` | makes connections: checked addresses, several at once, proxy, TLS |
| ``lookup`` | name look-ups in threads of their own |
| ``proxy``, ``tls`` | the proxy of a request; TLS contexts |
| ``http11``, ``head`` | HTTP/1.1 over one asyncio connection; repair of response heads |
| ``cookies`` | cookies within one chain of redirects |
| ``response`` | reads one response within its limits |
| ``decompress`` | undoes content encodings within a limit |
| ``classify``, ``bot_walls`` | turns a response into an ``Outcome``; recognises bot walls |
| ``robots`` | rules of robots.txt |
"""

from pipeline.fetch.address_guard import Guard, Refused
from pipeline.fetch.client import Fetcher

__all__ = ["Fetcher", "Guard", "Refused"]
