import sys
import time

import pylibmc

from tap import check, fails, same

port, binary = sys.argv[1], sys.argv[2] == "binary"
login = {"username": sys.argv[3], "password": sys.argv[4]} if len(sys.argv) > 4 else {}
client = pylibmc.Client(["127.0.0.1:" + port], binary=binary, behaviors={"cas": True, "tcp_nodelay": True}, **login)


def storing():
    for value in ("text", b"\0\r\n\xff", 42, 2**40, True, {"a": [1]}, "", b"x" * 900_000):
        same(client.set("k", value), True)
        same(client.get("k"), value)
    same(client.get("missing"), None)


def modes():
    client.delete("m")
    if binary:
        fails(pylibmc.NotFound, lambda: client.replace("m", "1"))
    else:
        same(client.replace("m", "1"), False)
    same(client.add("m", "b"), True)
    same(client.add("m", "c"), False)
    same(client.append("m", "c"), True)
    same(client.prepend("m", "a"), True)
    same(client.get("m"), "abc")
    same(client.replace("m", "new"), True)
    same(client.delete("m"), True)
    same(client.delete("m"), False)


def many():
    values = {"many%d" % i: i for i in range(300)}
    same(client.set_multi(values), [])
    same(client.get_multi(list(values) + ["missing"]), values)
    same(client.delete_multi(list(values)), True)
    same(client.get_multi(list(values)), {})


def compressed():
    text = "compress me " * 1000
    same(client.set("z", text, min_compress_len=100), True)
    same(client.get("z"), text)


def cas():
    client.set("c", "1")
    value, token = client.gets("c")
    same(client.cas("c", "2", token), True)
    same(client.cas("c", "3", token), False)
    same(client.get("c"), "2")


def counting():
    client.set("n", "10")
    same(client.incr("n"), 11)
    same(client.decr("n", 5), 6)
    fails(pylibmc.NotFound, lambda: client.incr("none"))
    client.set("n", "18446744073709551610")
    same(client.incr("n", 5), 18446744073709551615)


def time_to_live():
    client.set("t", "1", time=1)
    client.set("t2", "1", time=100)
    same(client.touch("t2", 1), True)
    time.sleep(2.2)
    same([client.get("t"), client.get("t2")], [None, None])


def server():
    same(client.get_stats()[0][1]["pointer_size"], b"64")
    client.set("s", "1")
    same(client.flush_all(), True)
    same(client.get("s"), None)


def refusals():
    fails(pylibmc.Error, lambda: client.set("big", b"x" * 1_100_000))
    same(client.get("big"), None)
    client.set("after", 1)
    same(client.get("after"), 1)


for test in (storing, modes, many, compressed, cas, counting, time_to_live, server, refusals):
    check(test.__name__, test)
