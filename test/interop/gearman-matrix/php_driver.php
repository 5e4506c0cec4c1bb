<?php
// A client in PHP that does what it reads, a line of JSON for some tasks, and answers a line for each: server=<host:port>
parse_str(implode('&', array_slice($argv, 1)), $args);
[$host, $port] = explode(':', $args['server']);

function told(string $bytes): string {
    return strlen($bytes) <= 65536 ? $bytes : strlen($bytes) . ' bytes, ' . hash('sha256', $bytes);
}

// Text of JSON that has a character for each byte.
function characters(string $bytes): string {
    return preg_replace_callback('/[\x80-\xff]/', fn ($byte) => chr(0xc0 | ord($byte[0]) >> 6) . chr(0x80 | ord($byte[0]) & 0x3f), $bytes);
}

function runAll(array $requests): array {
    global $host, $port;
    $client = new GearmanClient();
    $client->addServer($host, (int) $port);
    $client->setTimeout(20000);
    $outcomes = [];
    foreach ($requests as $request) $outcomes[] = ['data' => [], 'warnings' => [], 'statuses' => [], 'failed' => false];
    $heard = function (callable $note) use (&$outcomes): callable {
        return function (GearmanTask $task, $number) use (&$outcomes, $note) {
            $note($outcomes[(int) $number], $task);
            return GEARMAN_SUCCESS;
        };
    };
    $client->setCreatedCallback($heard(function (&$outcome, $task) { $outcome['handle'] = $task->jobHandle(); }));
    $client->setCompleteCallback($heard(function (&$outcome, $task) { $outcome['result'] = characters(told($task->data())); }));
    $client->setFailCallback($heard(function (&$outcome) { $outcome['failed'] = true; }));
    $client->setExceptionCallback($heard(function (&$outcome, $task) { $outcome['exception'] = characters($task->data()); }));
    $client->setDataCallback($heard(function (&$outcome, $task) { $outcome['data'][] = characters($task->data()); }));
    $client->setWarningCallback($heard(function (&$outcome, $task) { $outcome['warnings'][] = characters($task->data()); }));
    $client->setStatusCallback($heard(function (&$outcome, $task) {
        $outcome['statuses'][] = $task->taskNumerator() . '/' . $task->taskDenominator();
    }));
    $client->enableExceptionHandler();
    foreach ($requests as $i => $request) {
        $method = 'addTask' . ucfirst($request['priority'] ?? '') . (($request['background'] ?? false) ? 'Background' : '');
        $payload = str_repeat(base64_decode($request['text']), $request['times'] ?? 1);
        $task = @$client->$method($request['function'], $payload, (string) $i, $request['unique'] ?? null);
        if ($task === false) $outcomes[$i]['error'] = $client->error();
    }
    if (!@$client->runTasks()) {
        foreach ($outcomes as &$outcome) $outcome['error'] = $client->error();
    }
    return $outcomes;
}

while (($line = fgets(STDIN)) !== false) echo json_encode(runAll(json_decode($line, true)), JSON_UNESCAPED_SLASHES), "\n";
