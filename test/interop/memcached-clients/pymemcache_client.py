import sys
import time

from pymemcache.client.base import Client
from pymemcache.client.hash import HashClient
from pymemcache.exceptions import MemcacheClientError, MemcacheServerError
from pymemcache.serde import PickleSerde

from tap import check, fails, same

host, port = "127.0.0.1", int(sys.argv[1])
client = Client((host, port), timeout=5)
BYTES = bytes(range(256)) + b"\r\nEND\r\n"
LARGE = b"x" * 900_000


def storing():
    same(client.set("k", "text"), True)
    same(client.get("k"), b"text")
    same(client.set("k", BYTES), True)
    same(client.get("k"), BYTES)
    same(client.set("k", b""), True)
    same(client.get("k"), b"")
    same(client.set("k", LARGE, noreply=False), True)
    same(client.get("k"), LARGE)
    same(client.get("missing"), None)
    same(client.get("missing", "default"), "default")


def modes():
    client.delete("m", noreply=False)
    same(client.replace("m", "1", noreply=False), False)
    same(client.append("m", "1", noreply=False), False)
    same(client.add("m", "b", noreply=False), True)
    same(client.add("m", "c", noreply=False), False)
    same(client.append("m", "c", noreply=False), True)
    same(client.prepend("m", "a", noreply=False), True)
    same(client.get("m"), b"abc")
    same(client.replace("m", "new", noreply=False), True)
    same(client.get("m"), b"new")


def many():
    values = {"many%d" % i: b"value%d" % i for i in range(200)}
    same(client.set_many(values, noreply=False), [])
    same(client.get_many(list(values) + ["missing"]), values)
    same(client.delete_many(list(values), noreply=False), True)
    same(client.get_many(list(values)), {})


def cas():
    client.set("c", "1", noreply=False)
    value, token = client.gets("c")
    same(value, b"1")
    same(client.cas("c", "2", token, noreply=False), True)
    same(client.cas("c", "3", token, noreply=False), False)
    same(client.cas("none", "3", token, noreply=False), None)
    same(set(client.gets_many(["c", "none"])), {"c"})


def counting():
    client.set("n", "18446744073709551614", noreply=False)
    same(client.incr("n", 1), 18446744073709551615)
    same(client.incr("n", 1), 0)
    client.set("n", "10", noreply=False)
    same(client.decr("n", 3), 7)
    same(client.decr("n", 30), 0)
    same(client.incr("none", 1), None)
    client.set("n", "x", noreply=False)
    fails(MemcacheClientError, lambda: client.incr("n", 1))


def time_to_live():
    same(client.set("t", "1", expire=1, noreply=False), True)
    same(client.set("t2", "1", expire=100, noreply=False), True)
    same(client.touch("t2", 1, noreply=False), True)
    same(client.touch("none", 1, noreply=False), False)
    same(client.set("t3", "1", expire=int(time.time()) + 1000, noreply=False), True)
    time.sleep(2.2)
    same([client.get("t"), client.get("t2"), client.get("t3")], [None, None, b"1"])


def noreply():
    for i in range(100):
        client.set("quiet", str(i), noreply=True)
    same(client.get("quiet"), b"99")
    client.delete("quiet", noreply=True)
    same(client.get("quiet"), None)


def refusals():
    fails(MemcacheServerError, lambda: client.set("big", b"x" * 1_100_000, noreply=False))
    same(client.get("big"), None)
    fails(MemcacheClientError, lambda: client.get("k" * 251))
    same(client.version()[:2], b"1.")



def server():
    client.set("s", "1", noreply=False)
    assert client.stats()[b"curr_items"] >= 1
    assert client.stats("settings")[b"cas_enabled"] in (True, b"yes")
    same(client.cache_memlimit(64), True)
    same(client.flush_all(noreply=False), True)
    same(client.get("s"), None)


def objects():
    pickling = Client((host, port), serde=PickleSerde())
    value = {"a": [1, 2.5, None], "b": ("x", b"\0")}
    pickling.set("o", value)
    same(pickling.get("o"), value)
    pickling.set("i", 42)
    same(pickling.get("i"), 42)


def hashed():
    hash_client = HashClient([(host, port)], use_pooling=True)
    values = {"h%d" % i: b"%d" % i for i in range(50)}
    hash_client.set_many(values)
    same(hash_client.get_many(list(values)), values)


for test in (storing, modes, many, cas, counting, time_to_live, noreply, refusals, server, objects, hashed):
    check(test.__name__, test)
