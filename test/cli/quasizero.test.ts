import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CommandError, QuasizeroClient } from '@wirewright/quasizero';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

const running = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

interface Output {
  stdout: string;
  stderr: string;
}

/** Starts a command, and resolves with its output when that matches `pattern` or it has ended. */
async function start(
  command: string,
  args: readonly string[],
  pattern: RegExp = /$^/,
): Promise<{ readonly child: ChildProcess; readonly output: Output; readonly ended: Promise<unknown[]> }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const output: Output = { stdout: '', stderr: '' };
  const ended = once(child, 'close').finally(() => running.delete(child));
  const matched = new Promise<void>((resolve) => {
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        if (pattern.test(output[name])) resolve();
      });
    }
  });
  await Promise.race([matched, ended]);
  return { child, output, ended };
}

const LISTENING = /listening on 127\.0\.0\.1:(\d+)\n/;
const wirewright = (...args: string[]): ReturnType<typeof start> => start(process.execPath, [main, ...args], LISTENING);

test('it serves the commands of the original’s tests, and ends in good order on SIGTERM', async () => {
  const { child, output, ended } = await wirewright('quasizero', '--port', '0');
  const port = Number(LISTENING.exec(output.stdout)![1]);
  const client = new QuasizeroClient({ port, host: '127.0.0.1' });
  expect((await client.call({ code: 1 })).text()).toBe('PONG');
  const echo = await client.call({ code: 2, payload: Buffer.from([0, 255]), metadata: { a: 'b', c: '' } });
  expect([[...echo.payload], [...echo.metadata]]).toEqual([
    [0, 255],
    [
      ['a', 'b'],
      ['c', ''],
    ],
  ]);
  const error = (await client.call({ code: 3 }).catch((reason: unknown) => reason)) as CommandError;
  expect([error.message, error.response.payload.length, error.response.metadata.size]).toEqual([
    'something went wrong',
    0,
    0,
  ]);
  await expect(client.call({ code: 4 })).rejects.toThrow('unknown command code 4');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await client.close();
  expect(output.stderr).toBe('');
});

test('the root script ends with it: nothing keeps the signal', async () => {
  const { child, output, ended } = await start(
    'npm',
    ['run', '-s', 'wirewright', '--', 'quasizero', '--port', '0'],
    LISTENING,
  );
  expect(output.stdout).toMatch(LISTENING);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('it listens on a unix socket, and logs when it is told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
  try {
    const path = join(folder, 'qz.sock');
    const { output, child, ended } = await start(
      process.execPath,
      [main, 'quasizero', '--path', path, '-v'],
      /listening on/,
    );
    expect(output.stdout).toBe(`quasizero: listening on ${path}\n`);
    const client = new QuasizeroClient({ path });
    await client.call({ code: 2, payload: 'hi' });
    await client.close();
    child.kill('SIGTERM');
    await ended;
    expect(output.stderr).toMatch(/command 2, 2 bytes/);
    expect(output.stderr).toMatch(/ok, 2 bytes/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('options that are none, or out of range, are refused in a line', async () => {
  for (const [args, message] of [
    [['quasizero', '--port', 'x'], /It is an integer from 0 to 65535/],
    [['quasizero', '--port', '65536'], /It is an integer from 0 to 65535/],
    [['quasizero', '--ports', '1'], /unknown option '--ports'/],
    [['quasizer'], /unknown command 'quasizer'/],
  ] as const) {
    const { output, ended } = await wirewright(...args);
    expect(await ended).toEqual([1, null]);
    expect(output.stderr).toMatch(message);
    expect(output.stderr).toContain('(--help lists the options)');
    expect(output.stderr).not.toMatch(/at .*\.js/);
  }
});

test('a port that is in use is said to be, without a stack', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    const { output, ended } = await wirewright('quasizero', '--port', `${port}`);
    expect(await ended).toEqual([1, null]);
    expect(output.stderr).toBe(
      `wirewright: 127.0.0.1:${port} is in use: stop who listens there, or choose another (port 0 takes a free one)\n`,
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
