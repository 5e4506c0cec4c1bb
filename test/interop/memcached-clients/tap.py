"""What the Python scripts have in common: where the server is, and a line of output for each check."""
import ssl
import sys
import time
import traceback

# servers=<host:port or path>[,...] protocol=text|binary user= password= ca=<file> patient=yes
args = dict(arg.split("=", 1) for arg in sys.argv[1:])
servers = args["servers"].split(",")
binary = args.get("protocol") == "binary"
user, password = args.get("user"), args.get("password")
tls = ssl.create_default_context(cafile=args["ca"]) if "ca" in args else None

BYTES = bytes(range(256)) + b"\0\r\nEND\r\n\xff"
LARGE = "x" * 900_000
TOO_LARGE = b"x" * 1_100_000


def run(checks, patient_checks):
    """Makes the checks; those that wait for time to pass, or that need more than one server, only for who is patient."""
    for check in list(checks) + (list(patient_checks) if "patient" in args else []):
        try:
            check()
            print("ok " + check.__name__, flush=True)
        except Exception:
            print("not ok %s: %s" % (check.__name__, traceback.format_exc().strip().replace("\n", " | ")), flush=True)


def same(actual, expected):
    if actual != expected or type(actual) is not type(expected):
        raise AssertionError("%.200r is not %.200r" % (actual, expected))


def fails(error, function):
    try:
        result = function()
    except error:
        return
    raise AssertionError("it did not fail with %s, but returned %.200r" % (error, result))


def until(condition):
    """Waits for what happens within two seconds or so, depending on a clock that ticks once a second."""
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it does not happen")
