import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { GearmanLine } from '../interop/gearman/gearman-line.ts';
import { gearmand } from '../interop/gearman/gearmand.ts';
import { linesOf, PACKETS, request } from '../interop/gearman/packets.ts';
import { authority, issue } from '../support/certificates.ts';
import { freePort, Running } from '../support/programs.ts';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wirewright-gearmand-'));
const running: Running[] = [];
const lines: GearmanLine[] = [];
const daemons: number[] = [];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(() => {
  for (const line of lines.splice(0)) line.destroy();
  for (const it of running.splice(0)) it.destroy();
  for (const pid of daemons.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

function start(path: string, args: readonly string[]): Running {
  const it = new Running(path, args);
  running.push(it);
  return it;
}

/** `wirewright gearmand` with these arguments, as a process that says when it listens. */
async function listening(...args: readonly string[]): Promise<{ server: Running; port: number }> {
  const server = start(process.execPath, [main, 'gearmand', '-L', '127.0.0.1', '-p', '0', '--verbose=INFO', ...args]);
  await server.says(/Listening on port \d+\n/);
  return { server, port: Number(/Listening on port (\d+)\n/.exec(server.output)![1]) };
}

async function connected(port: number): Promise<GearmanLine> {
  const line = await GearmanLine.to(port);
  lines.push(line);
  return line;
}

/** What is answered to these bytes, packet by packet. */
async function ask(line: GearmanLine, ...bytes: readonly Buffer[]): Promise<string[]> {
  line.send(Buffer.concat(bytes));
  const answer = await line.fence();
  return linesOf(answer.bytes);
}

async function until(done: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400 && !done(); attempt++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(done()).toBe(true);
}

/** Waits until nobody is let in. */
async function closed(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    try {
      (await GearmanLine.to(port)).destroy();
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
      return;
    }
  }
  throw new Error('it goes on to let in whoever comes');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const SUBMIT = request(PACKETS.SUBMIT_JOB, 'f\0\0data');
const CAN_DO = request(PACKETS.CAN_DO, 'f');
const GRAB = request(PACKETS.GRAB_JOB, '');

describe('wirewright gearmand', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('tells clients that wait at %s, and ends with status 0', async (signal) => {
    const { server, port } = await listening('--job-handle-prefix=J');
    const client = await connected(port);
    expect(await ask(client, SUBMIT, Buffer.from('verbose\n'))).toEqual(['JOB_CREATED J:1', '"OK INFO\\n"']);
    server.process.kill(signal);
    expect(await server.ended).toBe(0);
    await until(() => client.closed);
    expect(linesOf(client.received)).toEqual(['WORK_FAIL J:1']);
  });

  test('lets a worker finish at SIGTERM', async () => {
    const { server, port } = await listening('--job-handle-prefix=J');
    const [client, worker] = [await connected(port), await connected(port)];
    await ask(client, SUBMIT);
    expect(await ask(worker, CAN_DO, GRAB)).toEqual(['JOB_ASSIGN J:1|f|data']);
    server.process.kill('SIGTERM');
    await server.says(/SIGTERM: stopping/);
    worker.send(request(PACKETS.WORK_COMPLETE, 'J:1\0done'));
    expect(await server.ended).toBe(0);
    await until(() => client.closed);
    expect(linesOf(client.received)).toEqual(['WORK_COMPLETE J:1|done']);
  });

  test('lets nobody in after SIGUSR1, and ends when no job is left', async () => {
    const { server, port } = await listening('--job-handle-prefix=J');
    const [client, worker] = [await connected(port), await connected(port)];
    await ask(client, SUBMIT);
    server.process.kill('SIGUSR1');
    await server.says(/SIGUSR1/);
    await closed(port);
    // Those who are there go on: even with another job.
    expect(await ask(client, SUBMIT)).toEqual(['JOB_CREATED J:2']);
    expect(await ask(worker, CAN_DO, GRAB, GRAB)).toEqual(['JOB_ASSIGN J:1|f|data', 'JOB_ASSIGN J:2|f|data']);
    worker.send(request(PACKETS.WORK_COMPLETE, 'J:1\0one'));
    worker.send(request(PACKETS.WORK_COMPLETE, 'J:2\0two'));
    expect(await server.ended).toBe(0);
    await until(() => client.closed);
    expect(linesOf(client.received)).toEqual(['WORK_COMPLETE J:1|one', 'WORK_COMPLETE J:2|two']);
  });

  test('fails a job after as many attempts as it is told', async () => {
    const { port } = await listening('-j', '2', '--job-handle-prefix=J');
    const client = await connected(port);
    await ask(client, SUBMIT);
    for (const left of ['f\\t1\\t0\\t0\\n', 'f\\t0\\t0\\t0\\n']) {
      const worker = await connected(port);
      expect(await ask(worker, CAN_DO, GRAB)).toEqual(['JOB_ASSIGN J:1|f|data']);
      worker.destroy();
      const admin = await connected(port);
      for (let attempt = 0; attempt < 100; attempt++) {
        const [row] = await ask(admin, Buffer.from('status\n'));
        if (row === `"${left}"`) break;
      }
    }
    expect(await ask(client)).toEqual(['WORK_FAIL J:1']);
  });

  test('warns of what has no effect, and ends when an administrator shuts it down', async () => {
    const { server, port } = await listening('--enable-shutdown', '-t', '4');
    const admin = await connected(port);
    admin.send(Buffer.from('shutdown\n'));
    expect(await server.ended).toBe(0);
    expect(server.output).toMatch(/^-t 4 has no effect: one thread serves all\n/);
  });

  test('speaks TLS, with those who have a certificate', async () => {
    const ca = await authority();
    const [own, client] = [await issue(['127.0.0.1', 'localhost'], ca), await issue(['client'], ca)];
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const { port } = await listening(
      '--ssl',
      `--ssl-certificate=${file('cert.pem', own.cert)}`,
      `--ssl-key=${file('key.pem', own.key)}`,
      `--ssl-ca-file=${file('ca.pem', ca.cert)}`,
    );
    const answer = (identity: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connectTls({ port, host: '127.0.0.1', ca: ca.cert, ...identity });
        socket.on('data', (chunk: Buffer) => {
          resolve(chunk.toString('latin1'));
          socket.destroy();
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve('closed'));
        socket.write('status\n');
      });
    expect(await answer({ cert: client.cert, key: client.key })).toBe('.\n');
    expect(await answer({})).toBe('closed');
  });

  test('keeps background jobs in a folder, and has them back when it was killed', async () => {
    const queue = ['-q', 'level', `--level-path=${join(folder, 'jobs')}`, '--job-handle-prefix=J'];
    const first = await listening(...queue);
    const client = await connected(first.port);
    const background = request(PACKETS.SUBMIT_JOB_BG, 'f\0unique\0kept');
    const [created] = await ask(client, background);
    expect(created).toMatch(/^JOB_CREATED J:\d+$/);
    const handle = created!.slice('JOB_CREATED '.length);
    first.server.destroy();
    await first.server.ended;
    const second = await listening(...queue);
    const worker = await connected(second.port);
    expect(await ask(worker, CAN_DO, request(PACKETS.GRAB_JOB_UNIQ, ''))).toEqual([
      `JOB_ASSIGN_UNIQ ${handle}|f|unique|kept`,
    ]);
    await ask(worker, request(PACKETS.WORK_COMPLETE, `${handle}\0done`));
    second.server.process.kill('SIGTERM');
    expect(await second.server.ended).toBe(0);
    const third = await listening(...queue);
    expect(await ask(await connected(third.port), CAN_DO, GRAB)).toEqual(['NO_JOB']);
  });

  test('logs to a file', async () => {
    const [port, log] = [await freePort(), join(folder, 'log')];
    const server = start(process.execPath, [
      main,
      'gearmand',
      '-L',
      '127.0.0.1',
      '-p',
      `${port}`,
      '-l',
      log,
      '--verbose=INFO',
    ]);
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes(`Listening on port ${port}\n`));
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.output).toBe('');
    expect(readFileSync(log, 'utf8')).toMatch(/NOTICE .* SIGTERM: stopping\n$/);
  });

  test('goes on when its log file cannot be written any more, and logs to stderr', async () => {
    const logs = mkdtempSync(join(folder, 'logs-'));
    const log = join(logs, 'log');
    const args = ['-L', '127.0.0.1', '-p', '0', '-l', log, '--verbose=INFO'];
    const server = start(process.execPath, [main, 'gearmand', ...args]);
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('Listening on port'));
    rmSync(logs, { recursive: true });
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.output).toMatch(/^ {2}NOTICE \S+ SIGTERM: stopping \(not in the log file: ENOENT.*\)\n$/);
  });

  test('goes on when nobody reads stderr any more', async () => {
    const { server } = await listening();
    server.process.stderr!.destroy();
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  test('runs in the background, with its process id in a file', async () => {
    const [pidFile, port] = [join(folder, 'pid'), await freePort()];
    const starter = start(process.execPath, [
      main,
      'gearmand',
      '-d',
      '-P',
      pidFile,
      '-p',
      `${port}`,
      '-L',
      '127.0.0.1',
    ]);
    expect(await starter.ended).toBe(0);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    daemons.push(pid);
    expect(await ask(await connected(port), Buffer.from('getpid\n'))).toEqual([`"OK ${pid}\\n"`]);
    process.kill(pid, 'SIGTERM');
    await until(() => !isAlive(pid));
    expect(existsSync(pidFile)).toBe(false);
  });

  test('says why it cannot listen, in the background, too', async () => {
    const { port } = await listening();
    for (const more of [[], ['-d']]) {
      const second = start(process.execPath, [main, 'gearmand', '-L', '127.0.0.1', '-p', `${port}`, ...more]);
      expect(await second.ended).toBe(1);
      expect(second.output).toMatch(/^gearmand: .*in use.*\n$/);
    }
  });
});

describe.runIf(gearmand !== undefined).concurrent('next to gearmand', () => {
  const listen = ['-L', '127.0.0.1'];

  test.for<string[]>([
    ['--bogus'],
    ['-Q'],
    ['-v'],
    ['extra', 'words'],
    ['--por=4730'],
    ['-p'],
    ['-p', 'x'],
    ['-p', '1', '-p', '2'],
    ['-p', '4730', '--daemon=yes'],
    ['-p', '4730', '-L', 'fooble.invalid'],
    ['--backlog=x'],
    ['--threads=x'],
    ['--job-retries=x'],
    ['--worker-wakeup=x'],
    ['--verbose'],
    ['--verbose=FOO'],
    ['--verbose=debug'],
    ['--queue-type=nothing'],
    ['--queue-type=libsqlite3'],
    ['--protocol=none'],
    ['--user=nobodyatall'],
    ['--pid-file=/nonexistent/pid'],
    ['--file-descriptors=x'],
    ['--hashtable-buckets=0'],
    ['--hashtable-buckets=x'],
    [`--job-handle-prefix=${'x'.repeat(70)}`],
    ['--keepalive-idle=x'],
    ['--config-file=/nonexistent'],
    ['--check-args'],
    ['-V'],
    ['-h'],
  ])('%s ends with the same status', async (args, { onTestFinished }) => {
    const place = args[0] === '-p' ? [] : ['-p', `${await freePort()}`];
    const all = [...(args.includes('-L') ? [] : listen), '--log-file=none', ...place, ...args];
    const real = new Running(gearmand!, all);
    const ours = new Running(process.execPath, [main, 'gearmand', ...all]);
    onTestFinished(() => {
      real.destroy();
      ours.destroy();
    });
    expect(await ours.ended).toBe(await real.ended);
  });
});
