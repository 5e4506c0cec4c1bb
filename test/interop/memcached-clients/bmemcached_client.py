import time

import bmemcached
from bmemcached.exceptions import MemcachedException

from tap import BYTES, LARGE, TOO_LARGE, fails, password, run, same, servers, tls, until, user


def connect(kind=bmemcached.Client, to=servers[:1]):
    return kind(to, user, password, socket_timeout=10, tls_context=tls)


client = connect()


def storing():
    for value in ("text", BYTES, "", b"", 42, 2**70, "ü", LARGE.encode(), b"x" * 250):
        same(client.set("k", value), True)
        same(client.get("k"), value)
    same(client.get("missing"), None)
    same(client.get("missing", "default"), "default")
    same(client.set("x" * 250, "longest"), True)
    same(client.get("x" * 250), "longest")
    same(client.set(b"\0 \r\n\xff", "any bytes are a key"), True)
    same(client.get(b"\0 \r\n\xff"), "any bytes are a key")


def modes():
    client.delete("m")
    same(client.replace("m", "1"), False)
    same(client.add("m", "b"), True)
    same(client.add("m", "c"), False)
    same(client.replace("m", "new"), True)
    same(client.get("m"), "new")
    same(client.delete("m"), True)
    same(client.get("m"), None)
    same(client.delete("m"), True)  # A miss is no failure to this client.


def many():
    # Over TLS memcached 1.6.18 forgets what it has decrypted already when a little of a request is beyond what it reads at once.
    values = {"many%d" % i: "value %d" % i for i in range(100 if tls else 500)}
    same(client.set_multi(values), [])
    same(client.get_multi(list(values) + ["missing"]), values)
    same(len(client.get_multi(["missing"] + list(values), get_cas=True)), len(values))
    if not tls:
        same(client.set_multi({"big": TOO_LARGE, "small": "1"}, compress_level=0), ["big"])
        same(client.get_multi(["big", "small"]), {"small": "1"})
    same(client.delete_multi(list(values)), True)
    client.set("small", "1")
    same(client.delete_multi(["many1", "small"]), False)
    same(client.get_multi(list(values) + ["small"]), {})
    same(client.get_multi([]), {})


def cas():
    client.set("c", "1")
    value, token = client.gets("c")
    same(value, "1")
    same(client.cas("c", "2", token), True)
    same(client.cas("c", "3", token), False)
    same(client.get("c"), "2")
    same(client.delete("c", cas=token), False)
    same(client.delete("c", cas=client.gets("c")[1]), True)
    same(client.cas("c", "3", token), False)
    same(client.gets("c"), (None, None))
    same(client.cas("c", "added", None), True)
    _, token = client.gets("c")
    same(client.set_multi({("c", token): "4", ("c", 1): "5", ("d", 0): "6"}), [("c", 0)])
    same(client.get_multi(["c", "d"]), {"c": "4", "d": "6"})
    client.delete("d")


def counting():
    client.delete("n")
    same(client.incr("n", 5, default=10), 10)
    same(client.incr("n", 5), 15)
    same(client.decr("n", 100), 0)
    same(client.incr("n", 2**64 - 1), 2**64 - 1)
    same(client.incr("n", 2), 1)
    client.delete("n")
    same(client.decr("n", 5, default=2**64 - 1), 2**64 - 1)
    same(client.decr("n", 1), 2**64 - 2)
    client.delete("n")
    fails(MemcachedException, lambda: client.incr("n", 1, time=0xFFFFFFFF))
    client.set("n", "x")
    fails(MemcachedException, lambda: client.incr("n", 1))


def objects():
    for value in ({"a": [1, 2.5, None], "b": ("x", b"\0")}, 1.5, None, True):
        same(client.set("o", value), True)
        same(client.get("o"), value)
    for level in (0, 1, 9, -1):
        same(client.set("z", LARGE, compress_level=level), True)
        same(client.get("z"), LARGE)


def refusals():
    client.set("big", "1")
    fails(MemcachedException, lambda: client.set("big", TOO_LARGE, compress_level=0))
    same(client.get("big"), None)
    # The server refuses what is not in order, and closes. The client would find out when it is too late for its next request.
    fails(MemcachedException, lambda: client.get("k" * 251))
    client.disconnect_all()
    same(client.set("k", "v"), True)
    same(client.get("k"), "v")
    fails(MemcachedException, lambda: client.set("", "v"))
    client.disconnect_all()


def server():
    client = connect()
    client.set("s", "1")
    stats = client.stats()[servers[0]]
    same(int(stats["curr_items"]) >= 1, True)
    same(stats["pointer_size"], b"64")
    same(client.stats("settings")[servers[0]]["cas_enabled"], b"yes")
    same(any(name.startswith("items:") for name in client.stats("items")[servers[0]]), True)
    same(client.flush_all(), True)
    same(client.get("s"), None)
    client.disconnect_all()
    same(client.set("s", "1"), True)


def expiry():
    client.set("t", "1", time=1)
    client.add("t2", "1", time=1)
    client.set("t3", "1", time=int(time.time()) + 2)
    client.set("t4", "1", time=1000)
    client.set_multi({"t5": "1"}, time=1)
    client.delete("t6")
    client.incr("t6", 1, default=1, time=1)
    until(lambda: client.get_multi(["t%s" % i for i in ["", 2, 3, 4, 5, 6]]) == {"t4": "1"})
    same(client.flush_all(time=1), True)
    until(lambda: client.get("t4") is None)


def several_servers():
    values = {"h%d" % i: "%d" % i for i in range(100)}
    ring = connect(bmemcached.DistributedClient, servers)
    same(ring.flush_all(), True)
    same(ring.set_multi(values), [])
    same(ring.get_multi(list(values) + ["none"]), values)
    shares = [len(connect(to=[server]).get_multi(list(values))) for server in servers]
    same((sum(shares), min(shares) > 0), (100, True))
    same(ring.delete_multi(list(values)), True)
    replicating = connect(bmemcached.ReplicatingClient, servers)
    same(replicating.set("r", "1"), True)
    same([connect(to=[server]).get("r") for server in servers], ["1", "1"])


run([storing, modes, many, cas, counting, objects, refusals, server], [several_servers, expiry])
