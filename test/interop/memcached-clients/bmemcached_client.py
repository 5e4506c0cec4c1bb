import sys
import time

import bmemcached

from tap import check, same

port = sys.argv[1]
login = sys.argv[2:4] if len(sys.argv) > 3 else []
client = bmemcached.Client(["127.0.0.1:" + port], *login)


def storing():
    for value in ("text", b"\0\r\n\xff", 42, {"a": [1]}, "x" * 900_000):
        same(client.set("k", value), True)
        same(client.get("k"), value)
    same(client.get("missing"), None)


def modes():
    client.delete("m")
    same(client.replace("m", "1"), False)
    same(client.add("m", "b"), True)
    same(client.add("m", "c"), False)
    same(client.replace("m", "new"), True)
    same(client.get("m"), "new")
    same(client.delete("m"), True)


def many():
    values = {"many%d" % i: "value %d" % i for i in range(100)}
    client.set_multi(values)
    same(client.get_multi(list(values) + ["missing"]), values)
    client.delete_multi(list(values))
    same(client.get_multi(list(values)), {})


def cas():
    client.set("c", "1")
    value, token = client.gets("c")
    same(value, "1")
    same(client.cas("c", "2", token), True)
    same(client.cas("c", "3", token), False)


def counting():
    client.delete("n")
    same(client.incr("n", 5, default=10), 10)
    same(client.incr("n", 5), 15)
    same(client.decr("n", 100), 0)


def time_to_live():
    client.set("t", "1", time=1)
    time.sleep(2.2)
    same(client.get("t"), None)


def server():
    stats = list(client.stats().values())[0]
    assert int(stats["curr_items"]) > 0, stats
    client.set("s", "1")
    same(client.flush_all(), True)
    same(client.get("s"), None)


for test in (storing, modes, many, cas, counting, time_to_live, server):
    check(test.__name__, test)
