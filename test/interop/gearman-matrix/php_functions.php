<?php
// A worker in PHP: server=<host:port> parent=<process id> prefix=<of the names of its functions>
parse_str(implode('&', array_slice($argv, 1)), $args);
[$host, $port] = explode(':', $args['server']);

$worker = new GearmanWorker();
$worker->addServer($host, (int) $port);
// So that it looks whether whoever has started it is still there.
$worker->setTimeout(1000);

$functions = [
    'echo' => fn (GearmanJob $job) => $job->workload(),
    'reverse' => fn (GearmanJob $job) => strrev($job->workload()),
    'steps' => function (GearmanJob $job) {
        for ($i = 1; $i <= 4; $i++) $job->sendStatus($i, 4);
        return 'stepped';
    },
    'pieces' => function (GearmanJob $job) {
        for ($i = 1; $i <= 3; $i++) $job->sendData("piece\0$i");
        return 'whole';
    },
    'warn' => function (GearmanJob $job) {
        $job->sendWarning("careful\0!");
        return 'warned';
    },
    'throw' => function (GearmanJob $job) {
        $job->sendException("because of {$job->workload()}\n");
    },
    'fail' => function (GearmanJob $job) {
        $job->sendFail();
    },
    // Writes down that a task is done; one whose text begins with `wait` waits for the file to have a gate.
    'note' => function (GearmanJob $job) use ($args) {
        [$file, $text] = explode("\n", $job->workload());
        while (str_starts_with($text, 'wait') && !file_exists("$file.gate") && posix_getppid() === (int) $args['parent']) {
            usleep(10000);
            clearstatcache();
        }
        file_put_contents($file, "$text\n", FILE_APPEND);
        return $text;
    },
];

foreach ($functions as $name => $function) $worker->addFunction("{$args['prefix']}.$name", $function);
while (posix_getppid() === (int) $args['parent']) @$worker->work();
