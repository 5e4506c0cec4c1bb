<?php
require __DIR__ . '/../../support/tap.php';
// servers=<host:port or path>[,...] protocol=text|binary user= password= patient=yes
parse_str(implode('&', array_slice($argv, 1)), $args);
$servers = explode(',', $args['servers']);
$binary = $args['protocol'] === 'binary';
$bytes = implode('', array_map('chr', range(0, 255))) . "\0\r\nEND\r\n\xff";
$large = str_repeat('x', 900000);

function connected(array $options = [], ?array $to = null): Memcached {
    global $servers, $binary, $args;
    $client = new Memcached();
    $client->setOptions($options + [Memcached::OPT_BINARY_PROTOCOL => $binary, Memcached::OPT_TCP_NODELAY => true]);
    if (isset($args['user'])) $client->setSaslAuthData($args['user'], $args['password']);
    foreach ($to ?? [$servers[0]] as $server) {
        if ($server[0] === '/') $client->addServer($server, 0);
        else $client->addServer(...array_map(fn ($part) => is_numeric($part) ? (int) $part : $part, explode(':', $server)));
    }
    return $client;
}

// Checks that wait for time to pass, or that need more than one server.
function checkPatiently(string $name, callable $test): void {
    global $args;
    if (isset($args['patient'])) check($name, $test);
}

$client = connected();
$plain = connected([Memcached::OPT_COMPRESSION => false]);

check('storing', function () use ($client, $bytes, $large) {
    foreach (['text', $bytes, '', 42, PHP_INT_MAX, 1.5, true, false, null, $large] as $value) {
        same($client->set('k', $value), true);
        same($client->get('k'), $value);
        same($client->getResultCode(), Memcached::RES_SUCCESS);
    }
    same($client->get('missing'), false);
    same($client->getResultCode(), Memcached::RES_NOTFOUND);
    same($client->set(str_repeat('x', 250), 'longest'), true);
    same($client->get(str_repeat('x', 250)), 'longest');
    same($client->setByKey('together', 'k', 'v'), true);
    same($client->getByKey('together', 'k'), 'v');
});
check('modes', function () use ($plain, $bytes) {
    $plain->delete('m');
    same($plain->replace('m', '1'), false);
    same($plain->append('m', '1'), false);
    same($plain->getResultCode(), Memcached::RES_NOTSTORED);
    same($plain->prepend('m', '1'), false);
    same($plain->add('m', 'b'), true);
    same($plain->add('m', 'c'), false);
    same($plain->append('m', $bytes), true);
    same($plain->prepend('m', 'a'), true);
    same($plain->get('m'), "ab$bytes");
    same($plain->replace('m', 'new'), true);
    same($plain->get('m'), 'new');
    same($plain->delete('m'), true);
    same($plain->delete('m'), false);
    same($plain->getResultCode(), Memcached::RES_NOTFOUND);
});
check('many', function () use ($client) {
    $values = [];
    for ($i = 0; $i < 500; $i++) $values["many$i"] = "value $i";
    same($client->setMulti($values, 1000), true);
    same($client->getMulti([...array_keys($values), 'missing'], Memcached::GET_PRESERVE_ORDER), $values + ['missing' => null]);
    $got = $client->getMulti(array_keys($values), Memcached::GET_EXTENDED);
    same(count($got), 500);
    same($got['many77']['value'], 'value 77');
    same(is_int($got['many77']['cas']), true);
    same($client->getDelayed(array_keys($values), true), true);
    same(count($client->fetchAll()), 500);
    $results = $client->deleteMulti([...array_keys($values), 'missing']);
    same(count(array_filter($results, fn ($result) => $result === true)), 500);
    same($results['missing'], Memcached::RES_NOTFOUND);
    same($client->getMulti(array_keys($values)), []);
});
check('cas', function () use ($client) {
    $client->set('c', '1');
    $token = $client->get('c', null, Memcached::GET_EXTENDED)['cas'];
    same($client->cas($token, 'c', '2'), true);
    same($client->cas($token, 'c', '3'), false);
    same($client->getResultCode(), Memcached::RES_DATA_EXISTS);
    same($client->get('c'), '2');
    $client->delete('c');
    same($client->cas($token, 'c', '3'), false);
    same($client->getResultCode(), Memcached::RES_NOTFOUND);
});
check('counting', function () use ($client, $plain, $binary) {
    $client->set('n', 10);
    same($client->increment('n'), 11);
    same($client->increment('n', 5), 16);
    same($client->decrement('n', 4), 12);
    same($client->decrement('n', 100), 0);
    $client->delete('n');
    if ($binary) {
        same($client->increment('n', 1, 7, 100), 7);
        same($client->increment('n', 1, 7, 100), 8);
        same($client->get('n'), '8');
    } else {
        same($client->increment('n'), false);
        same($client->getResultCode(), Memcached::RES_NOTFOUND);
    }
    $plain->set('n', '9223372036854775800');
    same($client->increment('n', 7), PHP_INT_MAX);
    $plain->set('n', '18446744073709551615');
    same($client->increment('n', 3), 2);
    $plain->set('n', 'x');
    same($client->increment('n'), false);
});
check('touching', function () use ($client) {
    $client->set('t', 1);
    same($client->touch('t', 1000), true);
    same($client->get('t'), 1);
    same($client->touch('none', 1000), false);
    same($client->getResultCode(), Memcached::RES_NOTFOUND);
});
check('objects', function () use ($client, $large) {
    foreach ([['a' => [1, 2.5, null]], (object) ['b' => 'c']] as $value) {
        same($client->set('o', $value), true);
        same(serialize($client->get('o')), serialize($value));
    }
    foreach ([Memcached::SERIALIZER_PHP, Memcached::SERIALIZER_IGBINARY, Memcached::SERIALIZER_MSGPACK, Memcached::SERIALIZER_JSON_ARRAY] as $serializer) {
        $other = connected([Memcached::OPT_SERIALIZER => $serializer, Memcached::OPT_PREFIX_KEY => 'prefix:', Memcached::OPT_USER_FLAGS => 3]);
        same($other->set('o', ['a' => [1, 'x']]), true);
        same($other->get('o', null, Memcached::GET_EXTENDED)['value'], ['a' => [1, 'x']]);
        same($other->get('o', null, Memcached::GET_EXTENDED)['flags'], 3);
    }
    foreach ([Memcached::COMPRESSION_ZLIB, Memcached::COMPRESSION_FASTLZ] as $type) {
        $other = connected([Memcached::OPT_COMPRESSION => true, Memcached::OPT_COMPRESSION_TYPE => $type]);
        same($other->set('z', $large . $large), true);
        same($other->get('z'), $large . $large);
    }
});
check('noreply', function () use ($client) {
    same($client->set('quiet', -1), true);
    $quiet = connected([Memcached::OPT_NOREPLY => true]);
    for ($i = 0; $i < 100; $i++) $quiet->set('quiet', $i);
    $quiet->add('quiet', -1);
    $quiet->set('gone', 1);
    $quiet->delete('gone');
    $quiet->quit();
    until(fn () => $client->get('quiet') === 99 && $client->get('gone') === false);
    $buffered = connected([Memcached::OPT_BUFFER_WRITES => true, Memcached::OPT_NO_BLOCK => true]);
    for ($i = 0; $i < 300; $i++) $buffered->set("buffered$i", $i);
    same($buffered->flushBuffers(), true);
    same($buffered->get('buffered299'), 299);
    same(count($buffered->getMulti(array_map(fn ($i) => "buffered$i", range(0, 299)))), 300);
});
check('refusals', function () use ($client, $plain) {
    $plain->set('big', 1);
    same($plain->set('big', str_repeat('x', 1100000)), false);
    same($plain->getResultCode(), Memcached::RES_E2BIG);
    same($client->get(str_repeat('k', 251)), false);
    same($client->getResultCode(), Memcached::RES_BAD_KEY_PROVIDED);
    same($client->set('k', 'v'), true);
    same($client->get('k'), 'v');
});
check('server', function () use ($client) {
    same(preg_match('/^1\.6\./', array_values($client->getVersion())[0]), 1);
    $client->set('s', 1);
    $stats = array_values($client->getStats())[0];
    same($stats['pointer_size'], 64);
    same($stats['curr_items'] > 0, true);
    same(array_values($client->getStats('settings'))[0]['cas_enabled'], 'yes');
    same(count(preg_grep('/^items:\d+:number$/', array_keys(array_values($client->getStats('items'))[0]))) > 0, true);
    same($client->flush(), true);
    same($client->get('s'), false);
    $client->quit();
    same($client->set('s', 1), true);
});
checkPatiently('expiry', function () use ($client) {
    $client->set('t', 1, 1);
    $client->set('t2', 1, 100);
    same($client->touch('t2', 1), true);
    $client->add('t3', 1, time() + 2);
    $client->set('t4', 1, 1000);
    $client->setMulti(['t5' => 1], 1);
    until(fn () => $client->getMulti(['t', 't2', 't3', 't4', 't5']) === ['t4' => 1]);
});
checkPatiently('several servers', function () use ($servers) {
    $values = [];
    for ($i = 0; $i < 100; $i++) $values["h$i"] = $i;
    $ways = [
        [],
        [Memcached::OPT_LIBKETAMA_COMPATIBLE => true],
        [Memcached::OPT_DISTRIBUTION => Memcached::DISTRIBUTION_CONSISTENT, Memcached::OPT_HASH => Memcached::HASH_MD5],
    ];
    foreach ($ways as $options) {
        $ring = connected($options, $servers);
        same($ring->flush(), true);
        same($ring->setMulti($values), true);
        same(count($ring->getMulti(array_keys($values))), 100);
        $shares = array_map(fn ($server) => count(connected([], [$server])->getMulti(array_keys($values))), $servers);
        same([array_sum($shares), min($shares) > 0], [100, true]);
        same(count($ring->getVersion()), 2);
    }
});
