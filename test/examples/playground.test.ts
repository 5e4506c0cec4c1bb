import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { program, Running } from '../support/programs.ts';
import { ExampleProcess } from './example-process.ts';
import { exchange } from './raw-peer.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
const running: Running[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) one.destroy();
  await ExampleProcess.endAll();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('--once talks to each server in its protocol, and exits', async () => {
  const playground = new ExampleProcess('playground', '--once');
  expect(await playground.exited()).toEqual({ status: 0, signal: null });
  const sections = playground.stdout.split(/\n(?=\S.*: 127\.0\.0\.1:\d+\n)/).slice(1);
  expect(sections.map((section) => section.slice(0, section.indexOf(':')))).toEqual([
    'line echo',
    'memcached text',
    'memcached binary',
    'gearman',
    'quasizero',
  ]);
  const [echo, textCache, binaryCache, gearman, quasizero] = sections;
  expect(echo).toMatch(/client -> 6 bytes: hello\n {4}client <- 6 bytes: hello\n {4}= 'hello'\n/);
  expect(echo).toMatch(/median \d+ µs\n/);
  expect(textCache).toMatch(/ {4}client <- 8 bytes: STORED\n(.*\n)*.*= 'hello, from text'\n/);
  // The counter that the other has begun.
  expect(binaryCache).toMatch(/ {4}client <- 24 bytes: Set, ok, cas \d\n(.*\n)*.*= 2\n/);
  expect(gearman).toMatch(/worker <- 33 bytes: JOB_ASSIGN_UNIQ.*\n(.*\n)*.*WORK_COMPLETE.*\n {4}= 'olleh'\n/);
  expect(gearman).toMatch(/function: 'reverse', total: 0, running: 0, workers: 1 /);
  expect(quasizero).toMatch(
    /client -> 3 bytes: command 1, 0 bytes\n {4}client <- 7 bytes: ok, 4 bytes\n {4}= 'PONG'\n/,
  );
  expect(playground.stderr).toBe('');
});

test('--bytes shows the bytes', async () => {
  const playground = new ExampleProcess('playground', '--once', '--bytes');
  expect(await playground.exited()).toEqual({ status: 0, signal: null });
  expect(playground.stdout).toMatch(
    / {4}client -> 3 bytes: command 1, 0 bytes\n {6}00000000 {2}02 08 01 .*\|\.\.\.\|\n/,
  );
});

test('a port that is taken is no failure', async () => {
  // Whoever has it, it is taken.
  const taken = createServer().listen(9991, '127.0.0.1');
  await once(taken, 'listening').catch(() => {});
  try {
    const playground = new ExampleProcess('playground');
    const [, port] = await playground.printed(/line echo: 127\.0\.0\.1:(\d+), as 9991 is taken\n/);
    await playground.printed(/Ctrl-C ends it all/);
    expect(await exchange(Number(port), 'hello\n')).toBe('hello\n');
    playground.signal('SIGINT');
    expect(await playground.exited()).toEqual({ status: 0, signal: null });
  } finally {
    taken.close();
  }
});

test('an option that is none is told without a stack, with status 1', async () => {
  const playground = new ExampleProcess('playground', '--twice');
  expect(await playground.exited()).toEqual({ status: 1, signal: null });
  expect(playground.stderr).toMatch(/^Unknown option '--twice'.*\n$/);
});

/** What the tools are in, and what they print; by the words that a line has. */
const lines: { words: RegExp; prints: RegExp; debian?: string }[] = [
  { words: /^nc /, prints: /^hello\n/ },
  { words: /^node .*echo-client/, prints: /^-> hello\n<- hello\n$/ },
  { words: /^memcstat /, prints: /^Server: 127\.0\.0\.1 \(\d+\)\n\s*pid: \d+/, debian: 'libmemcached-tools' },
  {
    words: /^printf 'get /,
    prints: /^VALUE greeting 16 18\r\nhello, from binary\r\nVALUE visits 0 1\r\n2\r\nEND\r\n$/,
  },
  { words: /^memccat /, prints: /^hello, from binary\n$/, debian: 'libmemcached-tools' },
  { words: /^gearman /, prints: /^olleh$/, debian: 'gearman-tools' },
  { words: /^gearadmin /, prints: /^reverse\t0\t0\t1\n\.\n$/, debian: 'gearman-tools' },
  { words: /^node .*reverse-client/, prints: /^olleh\ndone by way of 127\.0\.0\.1:\d+\n$/ },
  { words: /^node .*quasizero-call\.js \d+ 1$/, prints: /^PONG\n$/ },
  { words: /^node .*quasizero-call\.js \d+ 2 hello$/, prints: /^hello\n$/ },
];

describe('the lines for a shell', () => {
  const hasNc = spawnSync('sh', ['-c', 'command -v nc']).status === 0 || ncBySocat();

  test('do what they are for, each; then SIGTERM ends it all', async () => {
    const playground = new ExampleProcess('playground');
    await playground.printed(/Ctrl-C ends it all/);
    const printed = [...playground.stdout.matchAll(/^ {2}.{17} ((?:nc|node|mem|printf|gear).*)$/gm)].map(
      ([, text]) => text!,
    );
    expect(printed).toEqual(lines.map(({ words }) => expect.stringMatching(words)));

    for (const [i, text] of printed.entries()) {
      const { prints, debian } = lines[i]!;
      const [tool] = text.split(' ', 1);
      if (debian === undefined ? /\bnc /.test(text) && !hasNc : program(tool!, debian) === undefined) continue;
      const shell = inShell(text);
      if (tool === 'nc') {
        // It goes on until somebody ends it.
        shell.say('hello\n');
        await shell.says(prints);
      } else {
        shell.process.stdin!.end();
        expect({ text, code: await shell.ended, output: shell.output }).toEqual({
          text,
          code: 0,
          output: expect.stringMatching(prints),
        });
      }
    }

    await playground.printed(/line echo: server#\d+ <- 6 bytes: hello\n/);
    await playground.printed(/gearman: server#\d+ -> .*JOB_ASSIGN/);
    playground.signal('SIGTERM');
    expect(await playground.exited()).toEqual({ status: 0, signal: null });
    expect(playground.stderr).toBe('');
  });
});

function inShell(text: string): Running {
  const path = `${process.env['PATH']}${delimiter}${folder}`;
  // What does not end by itself must be what is ended, and not a child of it.
  const command = text.startsWith('nc ') ? `exec ${text}` : text;
  const shell = new Running('sh', ['-c', 'cd "$0" && PATH="$1" exec sh -c "$2"', ROOT, path, command]);
  running.push(shell);
  return shell;
}

/** Makes an `nc` of socat, where there is none: of that, all that the lines want is to connect. */
function ncBySocat(): boolean {
  const socat = program('socat');
  if (socat === undefined) return false;
  const path = join(folder, 'nc');
  writeFileSync(path, `#!/bin/sh\nexec ${socat} - "TCP:$1:$2"\n`);
  chmodSync(path, 0o755);
  return true;
}
