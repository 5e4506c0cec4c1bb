import time

from pymemcache.client.base import Client, PooledClient
from pymemcache.client.hash import HashClient
from pymemcache.exceptions import (
    MemcacheClientError,
    MemcacheIllegalInputError,
    MemcacheServerError,
    MemcacheUnknownCommandError,
    MemcacheUnknownError,
)
from pymemcache.serde import PickleSerde

from tap import BYTES, LARGE, TOO_LARGE, fails, password, run, same, servers, tls, until, user


class LoggedIn(Client):
    """Logs in by a first `set`, on each connection: the client itself knows nothing of logins in the text protocol."""

    def _connect(self):
        super()._connect()
        if user:
            self.set("login", user + " " + password, noreply=False)


def connect(**options):
    return LoggedIn(servers[0], timeout=10, tls_context=tls, default_noreply=False, **options)


client = connect()


def storing():
    for value in (b"text", BYTES, b"", LARGE.encode()):
        same(client.set("k", value), True)
        same(client.get("k"), value)
    client.set("k", 42)
    same(client.get("k"), b"42")
    same(client.get("missing"), None)
    same(client.get("missing", "default"), "default")
    same(client.set("x" * 250, "longest"), True)
    same(client.get("x" * 250), b"longest")


def modes():
    client.delete("m")
    same(client.replace("m", "1"), False)
    same(client.append("m", "1"), False)
    same(client.prepend("m", "1"), False)
    same(client.add("m", "b"), True)
    same(client.add("m", "c"), False)
    same(client.append("m", BYTES), True)
    same(client.prepend("m", "a"), True)
    same(client.get("m"), b"ab" + BYTES)
    same(client.replace("m", "new"), True)
    same(client.get("m"), b"new")
    same(client.delete("m"), True)
    same(client.delete("m"), False)


def many():
    values = {"many%d" % i: b"value%d" % i for i in range(500)}
    same(client.set_many(values), [])
    same(client.get_many(list(values) + ["missing"]), values)
    same(len(client.gets_many(list(values) + ["missing"])), 500)
    same(client.delete_many(list(values)), True)
    same(client.get_many(list(values)), {})
    same(client.get_many([]), {})


def cas():
    client.set("c", "1")
    value, token = client.gets("c")
    same(value, b"1")
    same(client.cas("c", "2", token), True)
    same(client.cas("c", "3", token), False)
    same(client.get("c"), b"2")
    same(client.cas("none", "3", token), None)
    same(client.gets("none"), (None, None))


def counting():
    client.set("n", "18446744073709551614")
    same(client.incr("n", 1), 18446744073709551615)
    same(client.incr("n", 1), 0)
    same(client.incr("n", 2**64 - 1), 2**64 - 1)
    same(client.incr("n", 5), 4)
    client.set("n", "10")
    same(client.decr("n", 3), 7)
    same(client.decr("n", 30), 0)
    same(client.incr("none", 1), None)
    same(client.decr("none", 1), None)
    client.set("n", "x")
    fails(MemcacheClientError, lambda: client.incr("n", 1))
    client.set("n", "1")
    fails(MemcacheClientError, lambda: client.incr("n", 2**64))


def touching():
    client.set("t", "1")
    same(client.touch("t", 1000), True)
    same(client.touch("none", 1000), False)
    same(client.touch("t", -1), True)
    same(client.get("t"), None)
    client.set("t", "1", expire=-1)
    same(client.get("t"), None)


def noreply():
    for i in range(100):
        client.set("quiet", str(i), noreply=True)
    client.append("quiet", "!", noreply=True)
    client.prepend("quiet", "!", noreply=True)
    client.add("quiet", "no", noreply=True)
    same(client.get("quiet"), b"!99!")
    client.replace("quiet", "5", noreply=True)
    client.incr("quiet", 3, noreply=True)
    client.decr("quiet", 1, noreply=True)
    same(client.get("quiet"), b"7")
    client.cas("quiet", "8", client.gets("quiet")[1], noreply=True)
    client.cas("quiet", "9", 1, noreply=True)
    same(client.get("quiet"), b"8")
    client.touch("quiet", -1, noreply=True)
    same(client.get("quiet"), None)
    client.set_many({"quiet": "1", "quieter": "2"}, noreply=True)
    client.delete("quiet", noreply=True)
    client.delete_many(["quieter"], noreply=True)
    same(client.get_many(["quiet", "quieter"]), {})


def flags():
    class Flags:
        def serialize(self, key, value):
            return value

        def deserialize(self, key, value, flags):
            return value, flags

    class All(Flags):
        def serialize(self, key, value):
            return value, 0xFFFFFFFF

    every = connect(serde=All())
    same(every.set("f", "all"), True)
    same(every.get("f"), (b"all", 0xFFFFFFFF))
    every.append("f", "!", flags=0)
    same(every.get("f"), (b"all!", 0xFFFFFFFF))


def objects():
    pickling = connect(serde=PickleSerde())
    for value in ({"a": [1, 2.5, None], "b": ("x", b"\0")}, 42, "ü", b"\xff", LARGE):
        same(pickling.set("o", value), True)
        same(pickling.get("o"), value)
    unicode = connect(allow_unicode_keys=True, key_prefix=b"prefix:", encoding="utf8")
    same(unicode.set("ключ", "значение"), True)
    same(unicode.get_many(["ключ"]), {"ключ": "значение".encode()})
    same(unicode.delete("ключ"), True)


def refusals():
    client.set("big", "1")
    fails(MemcacheServerError, lambda: client.set("big", TOO_LARGE))
    same(client.get("big"), None)
    fails(MemcacheIllegalInputError, lambda: client.get("k" * 251))
    fails(MemcacheUnknownCommandError, lambda: client.shutdown())
    fails(MemcacheClientError, lambda: client.set("k", "v", flags="x"))
    same(client.set("k", "v"), True)


def server():
    client = connect()
    same(client.version()[:2], b"1.")
    client.set("s", "1")
    stats = client.stats()
    same(stats[b"curr_items"] >= 1, True)
    same(stats[b"pointer_size"], 64)
    same(client.stats("settings")[b"cas_enabled"], b"yes")
    same(any(name.startswith(b"items:") for name in client.stats("items")), True)
    same(b"active_slabs" in client.stats("slabs"), True)
    fails(MemcacheUnknownCommandError, lambda: connect().stats("nonsense"))
    fails(MemcacheUnknownError, lambda: connect().stats("reset"))
    same(client.cache_memlimit(64), True)
    same(client.flush_all(), True)
    same(client.get("s"), None)
    client.set("s", "1")
    same(client.flush_all(noreply=True), True)
    same(client.get("s"), None)
    client.quit()


def expiry():
    client.set("t", "1", expire=1)
    client.set("t2", "1", expire=100)
    same(client.touch("t2", 1), True)
    client.set("t3", "1", expire=int(time.time()) + 1000)
    client.set("t4", "1", expire=int(time.time()) + 2)
    client.set("t5", "1", expire=1000)
    until(lambda: client.get_many(["t", "t2", "t3", "t4", "t5"]) == {"t3": b"1", "t5": b"1"})
    same(client.flush_all(delay=1), True)
    until(lambda: client.get_many(["t3", "t5"]) == {})


def several_servers():
    values = {"h%d" % i: b"%d" % i for i in range(100)}
    for options in ({}, {"use_pooling": True, "max_pool_size": 4}):
        ring = HashClient(servers, default_noreply=False, timeout=10, **options)
        same(ring.flush_all(), None)
        same(ring.set_many(values), [])
        same(ring.get_many(list(values) + ["none"]), values)
        shares = [len(Client(server).get_many(list(values))) for server in servers]
        same((sum(shares), min(shares) > 0), (100, True))
        same(ring.incr("h1", 5), 6)
        value, token = ring.gets("h2")
        same(ring.cas("h2", "x", token), True)
        same(ring.touch("h3", 100), True)
        same(ring.delete_many(list(values)), True)
        same(ring.get_many(list(values)), {})
    pooled = PooledClient(servers[0], max_pool_size=2, timeout=10)
    pooled.set("p", "1", noreply=False)
    same(pooled.get("p"), b"1")


run(
    [storing, modes, many, cas, counting, touching, noreply, flags, objects, refusals, server],
    [several_servers, expiry],
)
