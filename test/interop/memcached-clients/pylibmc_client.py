import time

import pylibmc

from tap import BYTES, LARGE, TOO_LARGE, binary, fails, password, run, same, servers, until, user


def connect(to=servers[:1], **behaviors):
    # Memcached's client library takes a path for a unix socket as it is.
    login = {"username": user, "password": password} if user else {}
    return pylibmc.Client(to, binary=binary, behaviors={"cas": True, "tcp_nodelay": True, **behaviors}, **login)


client = connect()


def storing():
    for value in ("text", BYTES, 42, 2**40, 1.5, "", b"", "ü", LARGE):
        same(client.set("k", value), True)
        same(client.get("k"), value)
    same(client.get("missing"), None)
    same(client.get("missing", "default"), "default")
    same(client.set("x" * 250, "longest"), True)
    same(client.get("x" * 250), "longest")
    client["item"] = "by index"
    same(client["item"], "by index")
    same("item" in client, True)
    del client["item"]
    same("item" in client, False)


def modes():
    client.delete("m")
    if binary:
        fails(pylibmc.NotFound, lambda: client.replace("m", "1"))
    else:
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
    same(client.delete("m"), True)
    same(client.delete("m"), False)


def many():
    values = {"many%d" % i: i for i in range(500)}
    same(client.set_multi(values, time=1000), [])
    same(client.get_multi(list(values) + ["missing"]), values)
    client.delete("added")
    same(client.add_multi({"many1": 0, "added": 1}), ["many1"])
    same(client.delete_multi(list(values) + ["added"]), True)
    same(client.delete_multi(["many1"]), False)
    same(client.get_multi(list(values)), {})
    same(client.set_multi({"a": "1", "b": "2"}, key_prefix="prefix:"), [])
    same(client.get_multi(["a", "b"], key_prefix="prefix:"), {"a": "1", "b": "2"})
    same(client.get("prefix:a"), "1")
    same(client.delete_multi(["a", "b"], key_prefix="prefix:"), True)


def cas():
    client.set("c", "1")
    value, token = client.gets("c")
    same(value, "1")
    same(client.cas("c", "2", token), True)
    same(client.cas("c", "3", token), False)
    same(client.get("c"), "2")
    client.delete("c")
    fails(pylibmc.NotFound, lambda: client.cas("c", "3", token))
    same(client.gets("c"), (None, None))


def counting():
    client.set("n", "10")
    same(client.incr("n"), 11)
    same(client.incr("n", 10), 21)
    same(client.decr("n", 5), 16)
    same(client.decr("n", 100), 0)
    client.delete("none")
    fails(pylibmc.NotFound, lambda: client.incr("none"))
    fails(pylibmc.NotFound, lambda: client.decr("none"))
    client.set("n", "18446744073709551610")
    same(client.incr("n", 5), 18446744073709551615)
    same(client.incr("n", 1), 0)
    client.set_multi({"n1": "1", "n2": "2"})
    client.incr_multi(["n1", "n2"], delta=5)
    same([client.get("n1"), client.get("n2")], ["6", "7"])
    client.set("n", "x")
    fails(pylibmc.Error, lambda: client.incr("n"))


def touching():
    client.set("t", "1")
    same(client.touch("t", 1000), True)
    same(client.get("t"), "1")
    same(client.touch("none", 1000), False)


def objects():
    for value in ({"a": [1, 2.5, None], "b": ("x", b"\0")}, None):
        same(client.set("o", value), True)
        same(client.get("o", "default"), value)
    for level in (1, 9):
        same(client.set("z", LARGE * 5, min_compress_len=100, compress_level=level), True)
        same(client.get("z"), LARGE * 5)
    same(client.set_multi({"z1": LARGE, "z2": "short"}, min_compress_len=100), [])
    same(client.get_multi(["z1", "z2"]), {"z1": LARGE, "z2": "short"})


def behaviours():
    quiet = connect(_noreply=True, cas=False)
    for i in range(100):
        quiet.set("quiet", i)
    quiet.delete("gone")
    quiet.disconnect_all()
    until(lambda: client.get("quiet") == 99)
    waiting = connect(no_block=True, tcp_keepalive=True, **({} if binary else {"verify_keys": True}))
    same(waiting.set_multi({"waiting%d" % i: i for i in range(300)}), [])
    same(len(waiting.get_multi(["waiting%d" % i for i in range(300)])), 300)
    if not binary:
        fails(Exception, lambda: waiting.get("a space"))
    copy = client.clone()
    same(copy.get("waiting7"), 7)


def refusals():
    client.set("big", "1")
    fails(pylibmc.Error, lambda: client.set("big", TOO_LARGE))
    same(client.get("big"), None)
    fails(Exception, lambda: client.get("k" * 251))
    same(client.set("k", 1), True)
    same(client.get("k"), 1)


def server():
    client.set("s", "1")
    stats = client.get_stats()[0][1]
    same(stats["pointer_size"], b"64")
    same(int(stats["curr_items"]) >= 1, True)
    same(client.flush_all(), True)
    same(client.get("s"), None)
    client.disconnect_all()
    same(client.set("s", "1"), True)


def expiry():
    client.set("t", "1", time=1)
    client.set("t2", "1", time=100)
    same(client.touch("t2", 1), True)
    client.set("t3", "1", time=int(time.time()) + 2)
    client.set("t4", "1", time=1000)
    client.set_multi({"t5": "1"}, time=1)
    until(lambda: client.get_multi(["t", "t2", "t3", "t4", "t5"]) == {"t4": "1"})


def several_servers():
    values = {"h%d" % i: i for i in range(100)}
    for distribution in ({"ketama": True}, {"ketama_weighted": True}, {"distribution": "modula"}):
        for hashed in ("md5", "murmur"):
            ring = connect(servers, hash=hashed, **distribution)
            same(ring.flush_all(), True)
            same(ring.set_multi(values), [])
            same(ring.get_multi(list(values) + ["none"]), values)
            shares = [len(connect([server]).get_multi(list(values))) for server in servers]
            same((sum(shares), min(shares) > 0), (100, True))
            same(ring.delete_multi(list(values)), True)


run(
    [storing, modes, many, cas, counting, touching, objects, behaviours, refusals, server],
    [several_servers, expiry],
)
