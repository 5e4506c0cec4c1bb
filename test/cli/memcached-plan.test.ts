import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { OPTIONS, SUBOPTIONS } from '../../packages/cli/src/memcached/option-table.ts';
import { type Plan, planOf } from '../../packages/cli/src/memcached/plan.ts';
import { Exit } from '../../packages/cli/src/shared/exit.ts';
import { issue } from '../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'wirewright-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with that text. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function plan(line: string, environment: NodeJS.ProcessEnv = {}): Plan {
  return planOf(line === '' ? [] : line.split(' '), environment);
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

const MiB = 1024 * 1024;

describe('a command line', () => {
  test('without options has the defaults of memcached', () => {
    expect(plan('')).toMatchObject({
      listens: [{ port: 11_211, backlog: 1024 }],
      warnings: [],
      verbosity: 0,
      daemon: false,
      server: {
        compat: '1.6.18',
        memoryLimit: 64 * MiB,
        maxItemSize: MiB,
        maxConnections: 1024,
        evict: true,
        cas: true,
        protocol: 'auto',
        allowFlush: true,
        allowShutdown: false,
        allowWatch: true,
        allowDump: true,
        idleTimeout: false,
      },
    });
  });

  test.each<[string, object]>([
    ['-p 22122', { listens: [{ port: 22_122 }] }],
    ['-p22122', { listens: [{ port: 22_122 }] }],
    ['--port=22122', { listens: [{ port: 22_122 }] }],
    ['--port 22122', { listens: [{ port: 22_122 }] }],
    ['-p 0', { listens: [] }],
    ['-p -1', { listens: [{ port: 0 }] }],
    ['-p 1 -p 2', { listens: [{ port: 2 }] }],
    ['-l 127.0.0.1', { listens: [{ host: '127.0.0.1', port: 11_211 }] }],
    [
      '-p 5 -l 127.0.0.1,[::1]:6 --listen=localhost:7',
      {
        listens: [
          { host: '127.0.0.1', port: 5 },
          { host: '::1', port: 6 },
          { host: 'localhost', port: 7 },
        ],
      },
    ],
    ['-l ::1', { listens: [{ host: '::1', port: 11_211 }] }],
    ['-s /tmp/x.sock -a 770 -p 5', { listens: [{ path: '/tmp/x.sock', mode: 0o770 }] }],
    ['-s /tmp/x.sock', { listens: [{ path: '/tmp/x.sock', mode: 0o700 }] }],
    ['-dvv', { daemon: true, verbosity: 2 }],
    ['-v -v -vP /tmp/pid', { verbosity: 3, pidFile: '/tmp/pid' }],
    ['-u nobody extra words', { user: 'nobody' }],
    ['-m 100 -M', { server: { memoryLimit: 100 * MiB, evict: false } }],
    ['-I 2k', { server: { maxItemSize: 2048 } }],
    ['-I 4m', { server: { maxItemSize: 4 * MiB } }],
    ['-I 4096', { server: { maxItemSize: 4096 } }],
    ['-m 4096 -I 1024m', { server: { maxItemSize: 1024 * MiB } }],
    ['-c 5 -b 7', { server: { maxConnections: 5, maxConnectionsPerAddress: 5 }, listens: [{ backlog: 7 }] }],
    [
      '-C -F -X -W -A',
      { server: { cas: false, allowFlush: false, allowDump: false, allowWatch: false, allowShutdown: true } },
    ],
    ['-B ascii', { server: { protocol: 'text' } }],
    ['-B binary', { server: { protocol: 'binary' } }],
    ['-D /', { server: { prefixDelimiter: '/', details: true } }],
    ['-o idle_timeout=60,track_sizes', { server: { idleTimeout: 60_000 }, trackSizes: true }],
    ['--compat 1.6.45', { server: { compat: '1.6.45' } }],
  ])('with %s', (line, expected) => {
    const actual = plan(line);
    expect(actual).toMatchObject(expected);
    expect(actual.warnings).toEqual([]);
  });

  test.each<[string, number, string]>([
    ['-l x:99999', 64, 'ERROR: Invalid port number 99999.'],
    ['-p 99999', 64, 'ERROR: Invalid port number 99999.'],
    ['-I 512', 64, 'Item max size cannot be less than 1024 bytes.'],
    ['-I x', 64, 'Item max size cannot be less than 1024 bytes.'],
    ['-I 40m', 64, 'Cannot set item size limit higher than 1/2 of memory max.'],
    ['-m 9000 -I 2048m', 64, 'Cannot set item size limit higher than a gigabyte.'],
    ['-m 0', 64, 'Cannot set item size limit higher than 1/2 of memory max.'],
    ['-t 0', 1, 'Number of threads must be greater than 0'],
    ['-c 0', 1, 'Maximum connections must be greater than 0'],
    ['-c -1', 1, 'Maximum connections must be greater than 0'],
    ['-R 0', 1, 'Number of requests per event must be greater than 0'],
    ['-f 1', 1, 'Factor must be greater than 1'],
    ['-n 0', 1, 'Chunk size must be greater than 0'],
    ['--bogus', 1, "memcached: unrecognized option '--bogus'"],
    ['-Q', 1, "memcached: unrecognized option '-Q'"],
    ['-p', 1, 'memcached: option -p requires an argument'],
    ['--daemon=yes', 1, "memcached: option --daemon doesn't allow an argument"],
    ['-B foo', 64, 'Invalid value for binding protocol: foo'],
    ['-o foo', 1, 'Illegal suboption "foo"'],
    ['-o idle_timeout', 1, 'Missing idle_timeout argument'],
    ['-S', 1, 'Error initializing sasl.'],
    [
      '-Y /nonexistent/file',
      1,
      "Could not open authfile [/nonexistent/file] for reading, error ENOENT: no such file or directory, open '/nonexistent/file'",
    ],
    ['-Z', 64, 'Missing ssl_chain_cert: -Z needs -o ssl_chain_cert=<file>'],
    ['-Z -o ssl_chain_cert=/nonexistent', 64, "TLS: ENOENT: no such file or directory, open '/nonexistent'"],
    ['-e /tmp/memory', 64, '-e does not work: items are in the memory of the process and end with it'],
    ['-o ext_path=/tmp/x:1G', 64, '-o ext_path does not work: there is no external storage'],
    ['--compat 1.5', 64, '--compat is 1.6.18 or 1.6.45, not 1.5'],
    ['-V', 0, 'memcached 1.6.18'],
  ])('with %s ends with status %i', (line, status, message) => {
    expect(exitOf(line)).toEqual([status, message]);
  });

  test('warns of each option that has no effect, unless it says what is so anyway', () => {
    expect(plan('-U 0 -t 1').warnings).toEqual([]);
    expect(plan('-t 4 -U 11211 -L -k -o modern,no_lru_crawler,hashpower=20').warnings).toEqual([
      '-t 4 has no effect: one thread serves all',
      '-U 11211 has no effect: there is no UDP',
      '-L has no effect: pages are those of the process',
      '-k has no effect: memory cannot be locked from here',
      '-o modern has no effect: what it turns on is on, or is not needed',
      '-o no_lru_crawler has no effect: what has expired makes room for others without it',
      '-o hashpower 20 has no effect: the index grows a few buckets at a time',
    ]);
  });

  test('with -h lists all options by what becomes of them', () => {
    const help = (() => {
      try {
        plan('-h');
      } catch (error) {
        return (error as Exit).message;
      }
      return '';
    })();
    for (const { long } of [...OPTIONS, ...SUBOPTIONS]) expect(help).toContain(long);
    expect(help.indexOf('--port')).toBeLessThan(help.indexOf('--threads'));
    expect(help.indexOf('--threads')).toBeLessThan(help.indexOf('--memory-file'));
  });

  test('reads passwords from the files that it names', () => {
    const path = file('users', 'ann:secret\nbob:a:b\n\n');
    expect(plan(`-Y ${path}`)).toMatchObject({
      passwordFile: path,
      server: { protocol: 'text', users: { ann: 'secret', bob: 'a:b' } },
    });
    expect(plan('-S', { MEMCACHED_SASL_PWDB: path }).server).toMatchObject({
      protocol: 'auto',
      users: { ann: 'secret' },
    });
    expect(exitOf(`-Y ${file('wrong', 'nonsense\n')}`)[0]).toBe(1);
  });

  test('reads certificates, and leaves TLS out where it is told to', async () => {
    const { key, cert } = await issue(['localhost']);
    const [chain, secret] = [file('chain.pem', cert), file('key.pem', key)];
    const { listens } = plan(
      `-Z -o ssl_chain_cert=${chain},ssl_key=${secret},ssl_ca_cert=${chain},ssl_verify_mode=2,ssl_min_version=tlsv1.3 -l localhost,notls:127.0.0.1:5`,
    );
    expect(listens[0]).toMatchObject({
      tls: { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    });
    expect(listens[1]).toMatchObject({ host: '127.0.0.1', port: 5, tls: undefined });
    expect(exitOf(`-Z -o ssl_chain_cert=${chain},ssl_min_version=9`)[0]).toBe(64);
    expect(exitOf(`-Z -o ssl_chain_cert=${chain},ssl_keyformat=DER`)[0]).toBe(64);
  });
});
