"""Places keys, or looks for them, with a client of Python: ring_client.py <kind> store|find <count> <server> ..."""

import sys

kind, what, count, servers = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]

if kind == "pymemcache":
    from pymemcache.client.hash import HashClient

    # It takes no weights.
    places = [server.rsplit(":", 2)[:2] for server in servers]
    client = HashClient([(host, int(port)) for host, port in places])
else:
    import pylibmc

    behaviors = {"ketama-weighted": {"ketama_weighted": True}, "ketama": {"ketama": True}}[kind]
    client = pylibmc.Client(servers, behaviors=behaviors)

found = 0
for i in range(count):
    # Some are no ASCII, for those clients that have such keys.
    key = ("schl\u00fcssel:%d" if i % 10 == 0 and kind != "pymemcache" else "key:%d") % i
    if what == "store":
        client.set(key, b"value:%d" % i)
    elif client.get(key) == b"value:%d" % i:
        found += 1
print(count if what == "store" else found)
