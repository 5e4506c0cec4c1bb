import time

import memcache

from tap import BYTES, LARGE, TOO_LARGE, fails, run, same, servers, until


def connect(to=servers[:1], **options):
    options.setdefault("cache_cas", True)
    return memcache.Client(
        ["unix:" + server if server.startswith("/") else server for server in to], socket_timeout=10, **options
    )


client = connect()


def storing():
    for value in ("text", BYTES, "", b"", 42, 2**70, True, "ü", LARGE):
        same(client.set("k", value) != 0, True)
        same(client.get("k"), value)
    same(client.get("missing"), None)
    same(client.set("x" * 250, "longest") != 0, True)
    same(client.get("x" * 250), "longest")


def modes():
    client.delete("m")
    same(client.replace("m", "1"), False)
    same(client.append("m", "1"), False)
    same(client.prepend("m", "1"), False)
    same(client.add("m", b"b"), True)
    same(client.add("m", b"c"), False)
    same(client.append("m", BYTES), True)
    same(client.prepend("m", b"a"), True)
    same(client.get("m"), b"ab" + BYTES)
    same(client.replace("m", "new"), True)
    same(client.get("m"), "new")
    same(client.delete("m"), 1)
    same(client.get("m"), None)


def many():
    values = {"many%d" % i: "value%d" % i for i in range(500)}
    same(client.set_multi(values), [])
    same(client.get_multi(list(values) + ["missing"]), values)
    same(client.delete_multi(list(values)), 1)
    same(client.get_multi(list(values)), {})
    same(client.set_multi({"a": "1", "b": 2}, key_prefix="prefix:"), [])
    same(client.get_multi(["a", "b"], key_prefix="prefix:"), {"a": "1", "b": 2})
    same(client.delete_multi(["a", "b"], key_prefix="prefix:"), 1)


def cas():
    client.set("c", "1")
    same(client.gets("c"), "1")
    same(client.cas("c", "2"), True)
    client.gets("c")
    connect().set("c", "other")
    same(client.cas("c", "3"), False)
    same(client.get("c"), "other")
    client.gets("c")
    client.delete("c")
    same(client.cas("c", "3"), False)
    client.reset_cas()


def counting():
    client.set("n", "18446744073709551614")
    same(client.incr("n"), 2**64 - 1)
    same(client.incr("n"), 0)
    client.set("n", "10")
    same(client.incr("n", 10), 20)
    same(client.decr("n", 5), 15)
    same(client.decr("n", 100), 0)
    client.delete("none")
    same(client.incr("none"), None)
    same(client.decr("none"), None)


def touching():
    client.set("t", "1")
    same(client.touch("t", 1000), 1)
    same(client.get("t"), "1")
    client.set("t", "1", time=-1)
    same(client.get("t"), None)


def noreply():
    for i in range(100):
        client.set("quiet", str(i), noreply=True)
    client.append("quiet", "!", noreply=True)
    client.add("quiet", "no", noreply=True)
    same(client.get("quiet"), "99!")
    client.replace("quiet", "5", noreply=True)
    client.incr("quiet", 3, noreply=True)
    client.decr("quiet", 1, noreply=True)
    client.touch("quiet", 1000, noreply=True)
    same(client.get("quiet"), "7")
    client.set_multi({"quieter": "1"}, noreply=True)
    client.delete("quiet", noreply=True)
    client.delete_multi(["quieter"], noreply=True)
    same(client.get_multi(["quiet", "quieter"]), {})


def objects():
    for value in ({"a": [1, 2.5, None], "b": ("x", b"\0")}, 1.5):
        same(client.set("o", value) != 0, True)
        same(client.get("o"), value)
    large = connect(server_max_value_length=8_000_000)
    same(large.set("z", LARGE * 5, min_compress_len=100) != 0, True)
    same(large.get("z"), LARGE * 5)


def refusals():
    # This one takes lengths to be none of its business.
    careless = connect(check_keys=False, server_max_key_length=0, server_max_value_length=0)
    careless.set("big", "1")
    same(careless.set("big", TOO_LARGE), False)
    same(careless.get("big"), None)
    same(connect(check_keys=False, server_max_key_length=0).get("k" * 251), None)
    fails(memcache.Client.MemcachedKeyLengthError, lambda: client.get("k" * 251))
    same(client.set("k", "v") != 0, True)
    same(client.get("k"), "v")


def server():
    client.set("s", "1")
    stats = client.get_stats()[0][1]
    same(stats["pointer_size"], "64")
    same(int(stats["curr_items"]) >= 1, True)
    same(client.get_stats("settings")[0][1]["cas_enabled"], "yes")
    client.flush_all()
    same(client.get("s"), None)
    client.disconnect_all()
    same(client.set("s", "1") != 0, True)


def expiry():
    client.set("t", "1", time=1)
    client.set("t2", "1", time=100)
    same(client.touch("t2", 1), 1)
    client.set("t3", "1", time=int(time.time()) + 2)
    client.set("t4", "1", time=1000)
    until(lambda: client.get_multi(["t", "t2", "t3", "t4"]) == {"t4": "1"})


def several_servers():
    values = {"h%d" % i: i for i in range(100)}
    ring = connect(servers)
    ring.flush_all()
    same(ring.set_multi(values), [])
    same(ring.get_multi(list(values) + ["none"]), values)
    shares = [len(connect([server]).get_multi(list(values))) for server in servers]
    same((sum(shares), min(shares) > 0), (100, True))
    same(ring.delete_multi(list(values)), 1)


run(
    [storing, modes, many, cas, counting, touching, noreply, objects, refusals, server],
    [several_servers, expiry],
)
