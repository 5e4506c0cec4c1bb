import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { MemcachedServer } from '@wirewright/memcached';
import { describe, expect, test } from 'vitest';

import { freePort, program, Running } from '../../support/programs.ts';

/** A client of another language: what runs it, the Debian package that it is in, and how to see whether that is installed. */
interface Foreign {
  readonly name: string;
  readonly interpreter: string;
  readonly debian: string;
  /** Arguments with which the interpreter ends with 0 if the client is there. */
  readonly probe: readonly string[];
  readonly script: string;
  /** Arguments behind the port. */
  readonly args?: readonly string[];
  /** Checks that it makes. */
  readonly checks: number;
  /** Whether it can log in, by arguments behind those. */
  readonly logsIn?: boolean;
}

/** Some of them wait for items to expire. */
const PATIENCE = { timeout: 30_000 };

const python = (module: string): string[] => ['-c', `import ${module}`];
const php = ['-r', 'exit(class_exists("Memcached") ? 0 : 1);'];

const FOREIGN: readonly Foreign[] = [
  {
    name: 'pymemcache',
    interpreter: '/usr/bin/python3',
    debian: 'python3-pymemcache',
    probe: python('pymemcache'),
    script: 'pymemcache_client.py',
    checks: 11,
  },
  {
    name: 'pylibmc, text',
    interpreter: '/usr/bin/python3',
    debian: 'python3-pylibmc',
    probe: python('pylibmc'),
    script: 'pylibmc_client.py',
    args: ['text'],
    checks: 9,
  },
  {
    name: 'pylibmc, binary',
    interpreter: '/usr/bin/python3',
    debian: 'python3-pylibmc',
    probe: python('pylibmc'),
    script: 'pylibmc_client.py',
    args: ['binary'],
    checks: 9,
    logsIn: true,
  },
  {
    name: 'python-binary-memcached',
    interpreter: '/usr/bin/python3',
    debian: 'python3-binary-memcached',
    probe: python('bmemcached'),
    script: 'bmemcached_client.py',
    checks: 7,
    logsIn: true,
  },
  {
    name: 'Cache::Memcached::Fast',
    interpreter: '/usr/bin/perl',
    debian: 'libcache-memcached-fast-perl',
    probe: ['-MCache::Memcached::Fast', '-e', '1'],
    script: 'cache_memcached_fast.pl',
    checks: 8,
  },
  {
    name: 'php-memcached, text',
    interpreter: '/usr/bin/php',
    debian: 'php-cli php-memcached',
    probe: php,
    script: 'php_memcached.php',
    args: ['text'],
    checks: 7,
  },
  {
    name: 'php-memcached, binary',
    interpreter: '/usr/bin/php',
    debian: 'php-cli php-memcached',
    probe: php,
    script: 'php_memcached.php',
    args: ['binary'],
    checks: 7,
    logsIn: true,
  },
  {
    name: 'dalli',
    interpreter: '/usr/bin/ruby',
    debian: 'ruby ruby-dalli',
    probe: ['-e', 'require "dalli"'],
    script: 'dalli_client.rb',
    checks: 8,
    logsIn: true,
  },
];

/** Whether a client is installed. Without it its tests are skipped, which is said in a line; in CI that is an error. */
function isThere({ name, interpreter, probe, debian }: Foreign): boolean {
  try {
    execFileSync(interpreter, probe, { stdio: 'ignore' });
    return true;
  } catch {
    const missing = `${name} is not installed (Debian: apt-get install ${debian})`;
    if (process.env['WIREWRIGHT_PEERS'] === 'required') throw new Error(missing);
    process.stderr.write(`skipped: tests with ${name}, since ${missing}\n`);
    return false;
  }
}

/** Has something done at the end of a test: they run at the same time, so each has its own. */
type Finish = (end: () => Promise<void>) => void;

/** What a client has to say, line by line, of a server. */
async function reportOf(
  finish: Finish,
  { interpreter, script, args = [] }: Foreign,
  port: number,
  login: readonly string[] = [],
): Promise<string[]> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const running = new Running(interpreter, [path, `${port}`, ...args, ...login]);
  finish(async () => running.destroy());
  await running.ended;
  return running.output.split('\n').filter((line) => line !== '');
}

async function real(finish: Finish, memcached: string): Promise<number> {
  const port = await freePort();
  const running = new Running(memcached, ['-p', `${port}`, '-l', '127.0.0.1', '-U', '0', '-u', 'nobody', '-vv']);
  finish(async () => running.destroy());
  await running.says(/server listening/);
  return port;
}

async function ours(finish: Finish, users?: Record<string, string>): Promise<number> {
  const server = new MemcachedServer(users === undefined ? {} : { users });
  await server.listen({ port: 0, host: '127.0.0.1' });
  finish(async () => {
    server.destroy();
    await server.close();
  });
  return server.port!;
}

const memcached = program('memcached');
const here = FOREIGN.filter(isThere);

function expectGood(lines: readonly string[], checks: number): void {
  expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
  expect(lines.length).toBe(checks);
}

describe.runIf(memcached !== undefined).concurrent('the scripts are right: with memcached, it works with', () => {
  test.for(here)('$name', PATIENCE, async (client, { onTestFinished }) => {
    expectGood(await reportOf(onTestFinished, client, await real(onTestFinished, memcached!)), client.checks);
  });
});

describe.concurrent('with our server, it works with', () => {
  test.for(here)('$name', PATIENCE, async (client, { onTestFinished }) => {
    expectGood(await reportOf(onTestFinished, client, await ours(onTestFinished)), client.checks);
  });

  test.for(here.filter(({ logsIn }) => logsIn === true))(
    '$name, logged in',
    PATIENCE,
    async (client, { onTestFinished }) => {
      expectGood(
        await reportOf(onTestFinished, client, await ours(onTestFinished, { ann: 'secret' }), ['ann', 'secret']),
        client.checks,
      );
    },
  );

  test.for(here.filter(({ logsIn }) => logsIn === true))(
    '$name, but not with a wrong password',
    PATIENCE,
    async (client, { onTestFinished }) => {
      const lines = await reportOf(onTestFinished, client, await ours(onTestFinished, { ann: 'secret' }), [
        'ann',
        'wrong',
      ]);
      expect(lines.filter((line) => line.startsWith('ok storing'))).toEqual([]);
    },
  );
});

const memccapable = program('memccapable');

describe.runIf(memccapable !== undefined)('memccapable passes all of its tests', () => {
  test.for<[string, string]>([
    ['-a', 'ascii'],
    ['-b', 'binary'],
  ])('%s', PATIENCE, async ([option, name], { onTestFinished: finish }) => {
    const running = new Running(memccapable!, ['-h', '127.0.0.1', '-p', `${await ours(finish)}`, option]);
    finish(async () => running.destroy());
    expect(await running.ended).toBe(0);
    const results = running.output.split('\n').filter((line) => line.startsWith(name));
    expect(results.filter((line) => !line.endsWith('[pass]'))).toEqual([]);
    expect(results.length).toBe(27);
  });
});
