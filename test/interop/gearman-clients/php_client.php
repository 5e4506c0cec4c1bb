<?php
// Clients and workers in PHP: servers=<host:port> folder=<for files>
require __DIR__ . '/../../support/tap.php';
parse_str(implode('&', array_slice($argv, 1)), $args);
[$host, $port] = explode(':', $args['servers']);
$bytes = implode('', array_map('chr', range(0, 255))) . "\0\r\n.\r\n\xff";
$large = str_repeat('x', 5000000);
$workers = [];

// Starts a worker.
function startWorker(?string $only = null): void {
    global $args, $workers;
    $command = [PHP_BINARY, __DIR__ . '/php_worker.php', "server={$args['servers']}", 'parent=' . getmypid()];
    if ($only !== null) $command[] = "only=$only";
    $workers[] = proc_open($command, [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes);
}

function endWorkers(): void {
    global $workers;
    foreach ($workers as $worker) {
        proc_terminate($worker, 9);
        proc_close($worker);
    }
    $workers = [];
}
register_shutdown_function('endWorkers');

// Lines of what the server answers to an administrator.
function asked(string $command): array {
    global $host, $port;
    $socket = stream_socket_client("tcp://$host:$port");
    fwrite($socket, "$command\n");
    $lines = [];
    while (($line = rtrim(fgets($socket), "\r\n")) !== '.') $lines[] = $line;
    return $lines;
}

function connected(): GearmanClient {
    global $host, $port;
    $client = new GearmanClient();
    $client->addServer($host, (int) $port);
    return $client;
}

// A client whose callbacks write down what they are called with.
function listening(array &$heard): GearmanClient {
    $client = connected();
    $client->setCreatedCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = 'created ' . $task->unique();
    });
    $client->setDataCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = 'data ' . $task->data();
    });
    $client->setWarningCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = 'warning ' . $task->data();
    });
    $client->setStatusCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = "status {$task->taskNumerator()}/{$task->taskDenominator()}";
    });
    $client->setCompleteCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = 'complete ' . $task->data();
    });
    $client->setExceptionCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = 'exception ' . $task->data();
    });
    $client->setFailCallback(function (GearmanTask $task) use (&$heard) {
        $heard[] = 'fail';
    });
    return $client;
}

startWorker();
$client = connected();

check('a ping', function () use ($client, $bytes) {
    same($client->ping('hello'), true);
    same($client->ping($bytes), true);
});
check('jobs in the foreground, in three priorities', function () use ($client, $bytes, $large) {
    same($client->doNormal('reverse', 'abc'), 'cba');
    same($client->returnCode(), GEARMAN_SUCCESS);
    same($client->doHigh('reverse', 'high'), 'hgih');
    same($client->doLow('reverse', 'low'), 'wol');
    same($client->doNormal('reverse', $bytes), strrev($bytes));
    same($client->doNormal('length', $large), '5000000');
    same($client->doNormal('reverse', $large), $large);
});
check('what a job knows', function () use ($client) {
    [$function, $unique, $handle] = explode(' ', $client->doNormal('about', 'x', 'a-unique'));
    same($function, 'about');
    same($unique, 'a-unique');
    same(preg_match('/^H:.+:\d+$/', $handle), 1);
});
check('who works', function () {
    same(count(preg_grep('/ php_\d+ :.* reverse\b/', asked('workers'))), 1);
    same(preg_grep('/^reverse\t/', asked('status')) !== [], true);
});
check('data, warnings and progress', function () {
    $heard = [];
    $client = listening($heard);
    $client->addTask('words', 'x', null, 'words');
    same($client->runTasks(), true);
    same($heard, ['created words', 'data some 1', 'data some 2', 'data some 3', 'warning careful', 'complete all']);
    $heard = [];
    $client->addTask('steps', 'x', null, 'steps');
    $client->runTasks();
    same($heard, ['created steps', 'status 1/4', 'status 2/4', 'status 3/4', 'status 4/4', 'complete stepped']);
});
check('failing', function () use ($client) {
    $heard = [];
    $listening = listening($heard);
    $listening->addTask('fail', 'x', null, 'failing');
    $listening->runTasks();
    same($heard, ['created failing', 'fail']);
    @$client->doNormal('fail', 'x');
    same($client->returnCode(), GEARMAN_WORK_FAIL);
    same($client->doNormal('reverse', 'again'), 'niaga');
});
check('an exception', function () use ($client) {
    $heard = [];
    $listening = listening($heard);
    same($listening->enableExceptionHandler(), true);
    $listening->addTask('exception', 'x', null, 'excepted');
    $listening->runTasks();
    same(array_slice($heard, 0, 2), ['created excepted', 'exception because of x']);
    same($client->doNormal('reverse', 'again'), 'niaga');
});
check('many tasks at once', function () {
    $client = connected();
    $results = [];
    $client->setCompleteCallback(function (GearmanTask $task) use (&$results) {
        $results[$task->unique()] = $task->data();
    });
    $expected = [];
    for ($i = 0; $i < 200; $i++) {
        $client->{['addTask', 'addTaskHigh', 'addTaskLow'][$i % 3]}('reverse', "work $i", null, "unique-$i");
        $expected["unique-$i"] = strrev("work $i");
    }
    same($client->runTasks(), true);
    ksort($results);
    ksort($expected);
    same($results, $expected);
});
check('background, and what becomes of it', function () use ($args) {
    // Once it has asked by a unique, it cannot do a job in the foreground any more.
    $client = connected();
    $gate = "{$args['folder']}/php-gate";
    $handle = $client->doBackground('held', $gate, 'in-background');
    same($client->returnCode(), GEARMAN_SUCCESS);
    until(fn () => $client->jobStatus($handle) === [true, true, 1, 2]);
    same($client->jobStatusByUniqueKey('in-background'), [true, true, 1, 2]);
    touch($gate);
    until(fn () => $client->jobStatus($handle) === [false, false, 0, 0]);
    same($client->jobStatusByUniqueKey('in-background'), [false, false, 0, 0]);
});
check('tasks in the background', function () {
    $client = connected();
    $created = 0;
    $client->setCreatedCallback(function () use (&$created) {
        $created++;
    });
    $client->addTaskBackground('reverse', '1');
    $client->addTaskHighBackground('reverse', '2');
    $client->addTaskLowBackground('reverse', '3');
    same($client->runTasks(), true);
    same($created, 3);
    until(fn () => in_array("reverse\t0\t0\t1", asked('status')));
});
check('the status of a task', function () use ($args) {
    $client = connected();
    $gate = "{$args['folder']}/php-status-gate";
    $handle = $client->doBackground('held', $gate);
    $known = null;
    $client->setStatusCallback(function (GearmanTask $task) use (&$known) {
        $known = [$task->isKnown(), $task->isRunning()];
    });
    until(function () use ($client, $handle, &$known) {
        $client->addTaskStatus($handle);
        $client->runTasks();
        return $known === [true, true];
    });
    touch($gate);
});
check('a worker that is told to stop', function () use ($client) {
    endWorkers();
    startWorker('stop,reverse');
    same($client->doNormal('stop', 'x'), 'stopping');
    until(fn () => in_array("stop\t0\t0\t0", asked('status')));
});
check('priorities', function () use ($client) {
    endWorkers();
    foreach (['Low', '', 'High'] as $priority) {
        $client->{"do{$priority}Background"}('order', "$priority 1");
        $client->{"do{$priority}Background"}('order', "$priority 2");
    }
    startWorker('order,ordered');
    until(fn () => in_array("order\t0\t0\t1", asked('status')));
    same($client->doNormal('ordered', 'x'), 'High 1,High 2, 1, 2,Low 1,Low 2');
});
