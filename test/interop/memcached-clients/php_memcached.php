<?php
[, $port, $binary] = $argv;
$client = new Memcached();
$client->setOption(Memcached::OPT_BINARY_PROTOCOL, $binary === 'binary');
$client->setOption(Memcached::OPT_TCP_NODELAY, true);
if (isset($argv[4])) $client->setSaslAuthData($argv[3], $argv[4]);
$client->addServer('127.0.0.1', (int) $port);

function check(string $name, callable $test): void {
    try {
        $test();
        echo "ok $name\n";
    } catch (Throwable $error) {
        echo "not ok $name: {$error->getMessage()} in line {$error->getLine()}\n";
    }
}

function same($actual, $expected): void {
    if ($actual === $expected) return;
    $line = debug_backtrace()[0]['line'];
    throw new Exception(substr(var_export($actual, true), 0, 80) . ' is not ' . substr(var_export($expected, true), 0, 80) . ", line $line");
}

check('storing', function () use ($client) {
    foreach (['text', implode('', array_map('chr', range(0, 255))) . "\r\n", '', 42, 1.5, true, ['a' => [1]], str_repeat('x', 900000)] as $value) {
        same($client->set('k', $value), true);
        same($client->get('k'), $value);
    }
    same($client->get('missing'), false);
    same($client->getResultCode(), Memcached::RES_NOTFOUND);
});
check('modes', function () use ($client) {
    $client->setOption(Memcached::OPT_COMPRESSION, false);
    $client->delete('m');
    same($client->replace('m', '1'), false);
    same($client->add('m', 'b'), true);
    same($client->add('m', 'c'), false);
    same($client->append('m', 'c'), true);
    same($client->prepend('m', 'a'), true);
    same($client->get('m'), 'abc');
    same($client->delete('m'), true);
    same($client->delete('m'), false);
    $client->setOption(Memcached::OPT_COMPRESSION, true);
});
check('many', function () use ($client) {
    $values = [];
    for ($i = 0; $i < 200; $i++) $values["many$i"] = "value $i";
    same($client->setMulti($values), true);
    $got = $client->getMulti(array_merge(array_keys($values), ['missing']));
    ksort($got);
    ksort($values);
    same($got, $values);
    $client->deleteMulti(array_keys($values));
    same($client->getMulti(array_keys($values)), []);
});
check('cas', function () use ($client) {
    $client->set('c', '1');
    $token = $client->get('c', null, Memcached::GET_EXTENDED)['cas'];
    same($client->cas($token, 'c', '2'), true);
    same($client->cas($token, 'c', '3'), false);
    same($client->getResultCode(), Memcached::RES_DATA_EXISTS);
});
check('counting', function () use ($client, $binary) {
    $client->set('n', 10);
    same($client->increment('n', 5), 15);
    same($client->decrement('n', 100), 0);
    $client->delete('n');
    same($client->increment('n'), false);
    if ($binary === 'binary') {
        same($client->increment('n', 1, 7, 100), 7);
        same($client->increment('n', 1, 7, 100), 8);
    }
});
check('time to live', function () use ($client) {
    $client->set('t', 1, 1);
    $client->set('t2', 1, 100);
    same($client->touch('t2', 1), true);
    sleep(3);
    same([$client->get('t'), $client->get('t2')], [false, false]);
});
check('server', function () use ($client) {
    same(preg_match('/^1\./', array_values($client->getVersion())[0]), 1);
    same(array_values($client->getStats())[0]['pointer_size'], 64);
    $client->set('s', 1);
    same($client->flush(), true);
    same($client->get('s'), false);
});
