"""Says how each check went, a line each, for whoever has started the script."""
import traceback


def check(name, function):
    try:
        function()
        print("ok " + name, flush=True)
    except Exception:
        print("not ok " + name + ": " + traceback.format_exc().strip().replace("\n", " | "), flush=True)


def same(actual, expected):
    assert actual == expected, "%r is not %r" % (actual, expected)


def fails(error, function):
    try:
        function()
    except error:
        return
    raise AssertionError("it did not fail with %s" % error)
