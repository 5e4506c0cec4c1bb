import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';

import { OPTIONS } from '../../packages/cli/src/gearmand/option-table.ts';
import { type Plan, planOf } from '../../packages/cli/src/gearmand/plan.ts';
import { Exit } from '../../packages/cli/src/shared/exit.ts';
import { issue } from '../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'wirewright-gearmand-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with that text. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function plan(line: string): Plan {
  return planOf(line === '' ? [] : line.split(' '));
}

/** How a command line ends the process: its status, and the first line that it prints. */
function exitOf(line: string): [number, string] {
  try {
    plan(line);
  } catch (error) {
    if (error instanceof Exit) return [error.status, error.message.split('\n')[0]!];
    throw error;
  }
  return [-1, 'it runs'];
}

describe('a command line of gearmand', () => {
  test('without options has the defaults of gearmand', () => {
    expect(plan('')).toMatchObject({
      listen: { port: 4730, backlog: 32 },
      queue: { type: 'builtin' },
      warnings: [],
      level: 'ERROR',
      log: 'stderr',
      daemon: false,
      pidFile: undefined,
      user: undefined,
      server: { defaults: {}, wakeUp: 'all', timeoutUnit: 'ms', allowShutdown: false, version: '1.1.20' },
    });
  });

  test.each<[string, object]>([
    ['-p 22122', { listen: { port: 22_122 } }],
    ['--port=22122 -L 127.0.0.1 -b 7', { listen: { port: 22_122, host: '127.0.0.1', backlog: 7 } }],
    ['--backlog=0', { listen: { backlog: 1 } }],
    ['-dP /tmp/pid', { daemon: true, pidFile: '/tmp/pid' }],
    ['-f 100', { server: { maxConnections: 100, maxConnectionsPerAddress: 100 } }],
    ['-j 1', { server: { defaults: { retries: { lost: 0, timeout: 0 } } } }],
    ['-j 3', { server: { defaults: { retries: { lost: 2, timeout: 2 } } } }],
    ['-w 2', { server: { wakeUp: 2 } }],
    ['--job-handle-prefix=J', { server: { handlePrefix: 'J' } }],
    ['--keepalive', { server: { keepAlive: 30_000 } }],
    ['--keepalive --keepalive-idle=60', { server: { keepAlive: 60_000 } }],
    ['--keepalive-idle=-1', { server: { keepAlive: 30_000 } }],
    ['-l none', { log: 'none' }],
    ['--log-file=/tmp/log', { log: { file: '/tmp/log' } }],
    ['--verbose=DEBUG', { level: 'DEBUG' }],
    ['-u nobody', { user: 'nobody' }],
    ['-q builtin -t 1', {}],
    ['-q level --level-path=/tmp/jobs', { queue: { type: 'level', path: '/tmp/jobs' } }],
    [
      '-q Postgres --libpq-conninfo=postgres://db/jobs -p 5000 --queue-name=mail',
      { queue: { type: 'postgres', connection: 'postgres://db/jobs', name: 'mail' } },
    ],
    ['--timeout-unit=s', { server: { timeoutUnit: 's' } }],
    ['--enable-shutdown', { server: { allowShutdown: true } }],
  ])('with %s', (line, expected) => {
    const actual = plan(line);
    expect(actual).toMatchObject(expected);
    expect(actual.warnings).toEqual([]);
  });

  test.each<[string, number, string]>([
    ['--bogus', 1, "gearmand: unrecognised option '--bogus'"],
    ['extra', 1, "gearmand: unrecognised option 'extra'"],
    ['-p', 1, "gearmand: the required argument for option '-p' is missing"],
    ['--daemon=yes', 1, "gearmand: option '--daemon' does not take any arguments"],
    ['-p 1 --port=2', 1, "gearmand: option '--port' cannot be specified more than once"],
    ['-p 99999', 1, "gearmand: the argument ('99999') for option '--port' is invalid"],
    ['-b x', 1, "gearmand: the argument ('x') for option '--backlog' is invalid"],
    ['--keepalive-idle=x', 1, "gearmand: the argument ('x') for option '--keepalive-idle' is invalid"],
    ['--keepalive-count=x', 1, "gearmand: the argument ('x') for option '--keepalive-count' is invalid"],
    ['-t x', 1, "gearmand: the argument ('x') for option '--threads' is invalid"],
    ['--hashtable-buckets=0', 1, 'gearmand: hashtable-buckets has to be greater than 0'],
    ['--verbose=debug', 1, 'gearmand: Invalid value for --verbose supplied'],
    ['--config-file=/nonexistent', 1, 'gearmand: Could not open configuration file.'],
    ['--ssl', 1, 'gearmand: --ssl needs --ssl-certificate and --ssl-key'],
    [
      '--ssl --ssl-certificate=/nonexistent',
      1,
      "gearmand: --ssl-certificate: ENOENT: no such file or directory, open '/nonexistent'",
    ],
    ['-r http', 1, 'gearmand: -r does not work: there is no HTTP front'],
    ['-q nothing', 1, 'gearmand: Error while initializing the queue : nothing'],
    [
      '-q libsqlite3',
      1,
      'gearmand: there is no queue libsqlite3: --queue-type=level --level-path=<folder> keeps jobs without a database',
    ],
    ['-q level', 1, 'gearmand: --queue-type=level needs --level-path'],
    ['-q postgres', 1, 'gearmand: --queue-type=postgres needs --libpq-conninfo'],
    [
      '-q postgres --libpq-conninfo=jobs',
      1,
      'gearmand: --libpq-conninfo: it is no list of <keyword>=<value>, nor an address',
    ],
    [
      "-q postgres --libpq-conninfo=password='secret",
      1,
      'gearmand: --libpq-conninfo: it is no list of <keyword>=<value>, nor an address',
    ],
    ['-q postgres --libpq-conninfo=hots=db', 1, "gearmand: --libpq-conninfo: there is no keyword 'hots'"],
    [`--job-handle-prefix=${'x'.repeat(47)}`, 1, 'gearmand: --job-handle-prefix has 1 to 46 letters and no space'],
    ['--timeout-unit=h', 1, 'gearmand: --timeout-unit is ms, s or auto, not h'],
    ['--check-args', 0, ''],
    ['-V', 0, 'gearmand 1.1.20'],
  ])('with %s ends with status %i', (line, status, message) => {
    expect(exitOf(line)).toEqual([status, message]);
  });

  test('warns of each option that has no effect, unless it says what is so anyway', () => {
    expect(plan('-t 1').warnings).toEqual([]);
    expect(plan('-t 4 -R --hashtable-buckets=1733003 --exceptions').warnings).toEqual([
      '-t 4 has no effect: one thread serves all',
      '-R has no effect: what is most urgent, and oldest, of all functions comes first',
      '--hashtable-buckets 1733003 has no effect: tables grow with what is in them',
      '--exceptions has no effect: clients that want to hear of exceptions say so',
    ]);
  });

  test('with -h lists all options by what becomes of them', () => {
    let help = '';
    try {
      plan('-h');
    } catch (error) {
      help = (error as Exit).message;
    }
    for (const { long } of OPTIONS) expect(help).toContain(`--${long}`);
    expect(help.indexOf('--port')).toBeLessThan(help.indexOf('--threads'));
    expect(help.indexOf('--threads')).toBeLessThan(help.indexOf('--mysql-host'));
  });

  test('reads a file of options, which the arguments overrule', () => {
    const path = file('gearmand.conf', '# a comment\nport = 5000\nlisten=127.0.0.1 # another\n\nround-robin\n');
    expect(plan(`--config-file=${path} -p 6000`)).toMatchObject({
      listen: { port: 6000, host: '127.0.0.1' },
      warnings: ['--round-robin has no effect: what is most urgent, and oldest, of all functions comes first'],
    });
    expect(exitOf(`--config-file=${file('wrong.conf', 'bogus=1\n')}`)[0]).toBe(1);
  });

  test('reads certificates', async () => {
    const { key, cert } = await issue(['localhost']);
    const files = `--ssl --ssl-certificate=${file('cert.pem', cert)} --ssl-key=${file('key.pem', key)}`;
    expect(plan(files).listen.tls).toEqual({ cert, key });
    expect(plan(`${files} --ssl-ca-file=${file('ca.pem', cert)}`).listen.tls).toEqual({
      cert,
      key,
      ca: cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
  });
});

describe('the database as libpq has it', () => {
  test.each<[string, object]>([
    ['host=db.example dbname=jobs', { host: 'db.example', database: 'jobs' }],
    ["  host = db  port = 5433 user='me too'  ", { host: 'db', port: 5433, user: 'me too' }],
    [
      String.raw`password='it\'s \\ + 100% & so' dbname=a%b`,
      { password: String.raw`it's \ + 100% & so`, database: 'a%b' },
    ],
    [String.raw`password=a\ b\'c host=/var/run/postgresql`, { password: "a b'c", host: '/var/run/postgresql' }],
    ["password='' host=name hostaddr=192.0.2.1", { host: '192.0.2.1' }],
    [
      'postgresql://me:secret@db:1234/jobs',
      { host: 'db', port: 1234, user: 'me', password: 'secret', database: 'jobs' },
    ],
  ])('%s', (conninfo, expected) => {
    const { queue } = planOf(['-q', 'postgres', `--libpq-conninfo=${conninfo}`]);
    expect(new Client((queue as { connection: string }).connection)).toMatchObject(expected);
  });
});
