// A program with workers, for the tests of runWorkers(); runs on what was built. Each worker answers `<id> ...` with `<id> <pid>`, and
// notes the id in a book of its own before. What it is to do is in the environment; the primary minds what the test tells it.
import cluster from 'node:cluster';
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { line } from '../../../packages/codec-line/dist/index.js';
import { runWorkers } from '../../../packages/core/dist/cluster/index.js';
import { Server } from '../../../packages/core/dist/index.js';

const { options, place, folder, policy } = JSON.parse(process.env.CLUSTER_PROGRAM);
if (policy === 'none') cluster.schedulingPolicy = cluster.SCHED_NONE;

const tell = (message) => process.connected && process.send(message);
if (cluster.isPrimary) {
  process.on('warning', ({ name, code, message }) => tell({ event: 'warning', name, code, message }));
  cluster.on('exit', ({ process: { pid } }, status, signal) => tell({ event: 'exit', pid, status, signal }));
}

async function start() {
  // What a new version does.
  const mood = readFileSync(`${folder}/mood`, 'utf8');
  if (mood === 'throws') throw Object.assign(new TypeError('no such table'), { code: 'E_TABLE' });
  if (mood === 'exits') process.exit(3);
  if (mood === 'hangs') await new Promise(() => {});
  if (mood === 'returns nothing') return undefined;
  if (mood === 'lingers') setInterval(() => {}, 1000);
  process.on('exit', (status) => writeFileSync(`${folder}/end-${process.pid}`, String(status)));
  const book = openSync(`${folder}/book-${process.pid}`, 'a');
  const server = new Server({ codec: line() }).onRead((connection, text) => {
    const [id, what, ms] = text.split(' ');
    writeSync(book, `${id}\n`);
    const answer = () => connection.send(`${id} ${process.pid}`);
    if (what === 'wait') return sleep(Number(ms)).then(answer);
    if (what === 'hang') return new Promise(() => {});
    if (what === 'block') for (const until = performance.now() + Number(ms); performance.now() < until;);
    return answer();
  });
  await server.listen(place);
  cluster.worker.send({ port: server.port });
  return mood === 'several' ? [server, new Server({ codec: line() })] : server;
}

if (cluster.isPrimary) cluster.on('message', (worker, { port }) => port && tell({ event: 'port', port }));
try {
  const workers = await runWorkers(options, start);
  if (workers !== undefined) {
    const commands = {
      pids: () => workers.pids,
      restart: () => workers.restart(),
      'restart, restart and restart': async () => {
        const first = workers.restart();
        await new Promise(setImmediate);
        const second = workers.restart();
        const third = workers.restart();
        const pids = [first.then(() => workers.pids), second.then(() => workers.pids)];
        return { shared: [first === second, second === third], pids: await Promise.all(pids) };
      },
      close: () => workers.close(),
      'restart and close': async () => {
        const restarted = workers.restart();
        await new Promise(setImmediate);
        const closed = workers.close();
        const results = await Promise.allSettled([restarted, closed, workers.restart()]);
        return results.map(({ value, reason }) => value ?? `${reason.code}: ${reason.message}`);
      },
      again: () => runWorkers({}, start),
    };
    const obey = async ({ id, command }) => {
      try {
        tell({ id, result: await commands[command]() });
      } catch ({ name, code, message }) {
        tell({ id, error: { name, code, message } });
      }
    };
    process.on('message', (message) => void obey(message));
    tell({ event: 'ready', pids: workers.pids });
    tell({ event: 'closed', result: await workers.closed });
    // Only the test is left to keep this alive.
    process.channel?.unref();
  }
} catch ({ name, code, message, cause }) {
  tell({ event: 'failed', name, code, message, cause: cause && { ...cause, message: cause.message } });
  if (process.connected) process.disconnect();
}
