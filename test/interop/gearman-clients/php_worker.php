<?php
// A worker in PHP with some functions: server=<host:port> parent=<process id> [only=<function>,...]
parse_str(implode('&', array_slice($argv, 1)), $args);
[$host, $port] = explode(':', $args['server']);

$worker = new GearmanWorker();
$worker->addServer($host, (int) $port);
$worker->setId('php_' . getmypid());
// So that it looks whether whoever has started it is still there.
$worker->setTimeout(1000);
$order = [];
$stopping = false;

$functions = [
    'reverse' => fn (GearmanJob $job) => strrev($job->workload()),
    'length' => fn (GearmanJob $job) => (string) $job->workloadSize(),
    'about' => fn (GearmanJob $job) => implode(' ', [$job->functionName(), $job->unique(), $job->handle()]),
    'order' => function (GearmanJob $job) use (&$order) {
        $order[] = $job->workload();
    },
    'ordered' => function () use (&$order) {
        return implode(',', $order);
    },
    'steps' => function (GearmanJob $job) {
        for ($i = 1; $i <= 4; $i++) $job->sendStatus($i, 4);
        return 'stepped';
    },
    'words' => function (GearmanJob $job) {
        foreach ([1, 2, 3] as $i) $job->sendData("some $i");
        $job->sendWarning('careful');
        return 'all';
    },
    'exception' => function (GearmanJob $job) {
        $job->sendException('because of ' . $job->workload());
    },
    'fail' => function (GearmanJob $job) {
        $job->sendFail();
    },
    // Goes on when there is a file of that name.
    'held' => function (GearmanJob $job) {
        $job->sendStatus(1, 2);
        while (!file_exists($job->workload())) {
            usleep(20000);
            clearstatcache();
        }
        return 'let go';
    },
    'stop' => function () use (&$stopping) {
        $stopping = true;
        return 'stopping';
    },
];

foreach (isset($args['only']) ? explode(',', $args['only']) : array_keys($functions) as $name) $worker->addFunction($name, $functions[$name]);
while (!$stopping && posix_getppid() === (int) $args['parent']) @$worker->work();
