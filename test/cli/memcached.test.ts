import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { Talk, talkTo } from '../memcached/scene.ts';
import { freePort, program, Running } from '../support/programs.ts';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wirewright-memcached-'));
const running: Running[] = [];
const daemons: number[] = [];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(() => {
  for (const it of running.splice(0)) it.destroy();
  for (const pid of daemons.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

function start(path: string, args: readonly string[]): Running {
  const it = new Running(path, args);
  running.push(it);
  return it;
}

/** `wirewright memcached` with these arguments, as a process. */
function wirewright(...args: string[]): Running {
  return start(process.execPath, [main, 'memcached', ...args]);
}

/** A connection to a server that is starting. */
async function talkSoon(place: { readonly port: number } | string): Promise<Talk> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await talkTo(place);
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function until(done: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400 && !done(); attempt++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(done()).toBe(true);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('wirewright memcached', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGUSR1'] as const)('serves, and ends with status 0 at %s', async (signal) => {
    const port = await freePort();
    const server = wirewright('-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '100');
    const talk = await talkSoon({ port });
    expect(await talk.text('set k 0 0 1\r\n1\r\nget k\r\nversion\r\n')).toBe(
      'STORED\r\nVALUE k 0 1\r\n1\r\nEND\r\nVERSION 1.6.18\r\n',
    );
    expect(await talk.text('stats settings\r\n')).toContain(
      `STAT maxbytes ${100 * 1024 * 1024}\r\nSTAT maxconns 1024\r\n`,
    );
    server.process.kill(signal);
    expect(await server.ended).toBe(0);
    expect(server.output).toBe('');
  });

  test('ends at SIGUSR1 long before it listens, and opens no debugger', async () => {
    // Says when there is a listener for the signal; until then Node would open its debugger.
    const watch =
      'const timer = setInterval(() => { if (process.listenerCount("SIGUSR1") === 0) return; ' +
      'clearInterval(timer); process.stderr.write("taken\\n"); }, 1);';
    const preload = ['--import', `data:text/javascript,${encodeURIComponent(watch)}`];
    const server = start(process.execPath, [
      ...preload,
      main,
      'memcached',
      '-l',
      '127.0.0.1',
      '-p',
      `${await freePort()}`,
    ]);
    await server.says(/taken\n/);
    server.process.kill('SIGUSR1');
    expect(await server.ended).toBe(0);
    expect(server.output).toBe('taken\n');
  });

  test('warns of what has no effect, and ends when a client shuts it down', async () => {
    const port = await freePort();
    const server = wirewright('-l', '127.0.0.1', '-p', String(port), '-A', '-t', '4');
    const talk = await talkSoon({ port });
    talk.send('shutdown\r\n');
    expect(await server.ended).toBe(0);
    expect(server.output).toBe('-t 4 has no effect: one thread serves all\n');
  });

  test('runs in the background, with its process id and its ports in files', async () => {
    const [pidFile, portFile] = [join(folder, 'pid'), join(folder, 'ports')];
    process.env['MEMCACHED_PORT_FILENAME'] = portFile;
    const starter = wirewright('-d', '-P', pidFile, '-p', '-1', '-l', '127.0.0.1');
    delete process.env['MEMCACHED_PORT_FILENAME'];
    expect(await starter.ended).toBe(0);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    daemons.push(pid);
    expect(pid).not.toBe(starter.process.pid);
    const [, port] = /^TCP INET: (\d+)\n$/.exec(readFileSync(portFile, 'utf8'))!;
    expect(await (await talkTo({ port: Number(port) })).text('version\r\n')).toBe('VERSION 1.6.18\r\n');
    process.kill(pid, 'SIGTERM');
    await until(() => !isAlive(pid));
    expect(existsSync(pidFile)).toBe(false);
  });

  test('says in the foreground why it cannot run in the background', async () => {
    const port = await freePort();
    wirewright('-l', '127.0.0.1', '-p', String(port));
    await talkSoon({ port });
    const second = wirewright('-d', '-l', '127.0.0.1', '-p', String(port));
    expect(await second.ended).toBe(71);
    expect(second.output).toMatch(/^failed to listen: .*\n$/);
  });

  test('says in the foreground what is wrong with an option that only the server in the background sees', async () => {
    const starter = wirewright('-d', '-p', '-1', '-o', 'idle_timeout=9999999');
    expect(await starter.ended).toBe(1);
    expect(starter.output).toMatch(/^wirewright: idleTimeout must be .*\n$/);
  });

  test('goes on when the file of its ports cannot be written, and minds no pid file that is empty', async () => {
    const [port, pidFile] = [await freePort(), join(folder, 'empty-pid')];
    const portFile = join(folder, 'missing', 'ports');
    writeFileSync(pidFile, '');
    process.env['MEMCACHED_PORT_FILENAME'] = portFile;
    const server = wirewright('-P', pidFile, '-l', '127.0.0.1', '-p', String(port));
    delete process.env['MEMCACHED_PORT_FILENAME'];
    await server.says(/\n/);
    expect(server.output).toMatch(/^Failed to open ".*ports": ENOENT.*\n$/);
    expect(await (await talkTo({ port })).text('version\r\n')).toBe('VERSION 1.6.18\r\n');
    expect(readFileSync(pidFile, 'utf8')).toBe(`${server.process.pid}\n`);
  });

  test('listens on a unix socket that only its user may open', async () => {
    const path = join(folder, 'socket');
    wirewright('-s', path);
    expect(await (await talkSoon(path)).text('version\r\n')).toBe('VERSION 1.6.18\r\n');
  });

  test('reads the passwords again at SIGHUP', async () => {
    const [port, path] = [await freePort(), join(folder, 'users')];
    writeFileSync(path, 'ann:one\n');
    const server = wirewright('-l', '127.0.0.1', '-p', String(port), '-Y', path);
    const logIn = async (password: string): Promise<boolean> => {
      const talk = await talkSoon({ port });
      talk.send(`set x 0 0 ${4 + password.length}\r\nann ${password}\r\n`);
      await talk.until(() => talk.unseen.endsWith('\r\n'));
      return talk.unseen === 'STORED\r\n';
    };
    expect([await logIn('one'), await logIn('two')]).toEqual([true, false]);
    writeFileSync(path, 'ann:two\n');
    server.process.kill('SIGHUP');
    for (let attempt = 0; attempt < 100 && !(await logIn('two')); attempt++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect([await logIn('one'), await logIn('two')]).toEqual([false, true]);
  });
});

const memcached = program('memcached');

describe.runIf(memcached !== undefined).concurrent('next to memcached', () => {
  test.for<string[]>([
    ['-l', 'fooble.invalid'],
    ['-I', '512'],
    ['-I', '2g'],
    ['-t', '0'],
    ['-c', '0'],
    ['-c', '-1'],
    ['-m', '0'],
    ['-p', '99999'],
    ['--bogus'],
    ['-Q'],
    ['-B', 'foo'],
    ['-o', 'foo'],
    ['-D'],
    ['-R', '0'],
    ['-f', '0.5'],
    ['-n', '0'],
    ['-S'],
    ['-Y', '/nonexistent/file'],
    ['-Z'],
    ['-s', '/nonexistent/socket'],
    ['-V'],
    ['-h'],
  ])('%s ends with the same status', async (args, { onTestFinished }) => {
    const port = ['-U', '0', ...(args[0] === '-p' ? [] : ['-p', String(await freePort())])];
    const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
    const real = new Running(memcached!, [...user, ...port, ...args]);
    const ours = new Running(process.execPath, [main, 'memcached', ...user, ...port, ...args]);
    onTestFinished(() => {
      real.destroy();
      ours.destroy();
    });
    expect(await ours.ended).toBe(await real.ended);
  });
});
