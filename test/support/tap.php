<?php
// What the PHP scripts have in common: a line of output for each check.

function check(string $name, callable $test): void {
    try {
        $test();
        echo "ok $name\n";
    } catch (Throwable $error) {
        echo "not ok $name: {$error->getMessage()}\n";
    }
}

function same($actual, $expected): void {
    if ($actual === $expected) return;
    $line = debug_backtrace()[0]['line'];
    throw new Exception(substr(var_export($actual, true), 0, 200) . ' is not ' . substr(var_export($expected, true), 0, 200) . " in line $line");
}

// Waits for what happens within ten seconds or so, depending on somebody else.
function until(callable $condition): void {
    for ($i = 0; $i < 200; $i++) {
        if ($condition()) return;
        usleep(50000);
    }
    throw new Exception('it does not happen');
}

set_error_handler(function ($number, $message) {
    throw new Exception($message);
});
