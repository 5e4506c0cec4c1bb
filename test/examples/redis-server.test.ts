import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { encodeMessage } from '@wirewright/core/codec';
import { codecVectors, embed } from '@wirewright/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Reply, RespCodec } from '../../examples/redis-server.ts';
import { freePort, program, Running } from '../support/programs.ts';
import { random } from '../support/random.ts';
import { received } from '../support/received.ts';
import { ExampleProcess } from './example-process.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A request as clients send it. */
function request(...args: string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

const every = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
const large = 'x'.repeat(3000);

const checks = [
  ...codecVectors('resp', () => new RespCodec(), [
    { name: 'a request', bytes: latin1(request('GET', 'key')), messages: [['GET', 'key']] },
    {
      name: 'all bytes, none at all, and many',
      bytes: latin1(request('SET', every, '') + request('SET', '\r\n*1\r\n', large)),
      messages: [
        ['SET', every, ''],
        ['SET', '\r\n*1\r\n', large],
      ],
    },
    {
      name: 'words',
      bytes: latin1('PING\r\n  GET \t key\xa0\x85\n'),
      messages: [['PING'], ['GET', 'key\xa0\x85']],
    },
    {
      name: 'both by turns',
      bytes: latin1(`PING\r\n${request('PING')}PING\n`),
      messages: [['PING'], ['PING'], ['PING']],
    },
    {
      name: 'a number where an argument is to be',
      bytes: latin1(`${request('PING')}*1\r\n:1\r\n`),
      messages: [['PING']],
      error: 'WIRE_PROTOCOL',
    },
    { name: 'too many arguments', bytes: latin1('*16385\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'too long an argument', bytes: latin1('*1\r\n$16777217\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'an argument less than empty', bytes: latin1('*1\r\n$-1\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'a count of letters', bytes: latin1('*one\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'a count with a zero in front', bytes: latin1('*01\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'a count that is not whole', bytes: latin1('*1.5\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'a count that is no number', bytes: latin1('*NaN\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'no count', bytes: latin1('*\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    {
      name: 'a length that does not end',
      bytes: latin1(`*1\r\n$${'1'.repeat(32)}`),
      messages: [],
      error: 'WIRE_PROTOCOL',
    },
    { name: 'a line that ends otherwise', bytes: latin1('*1\r\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'more than was said', bytes: latin1('*1\r\n$4\r\nPINGS\r\n'), messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'too long a line', bytes: Buffer.alloc(65_537, 'x'), messages: [], error: 'WIRE_PROTOCOL' },
  ]),
  // Behind these, nothing is said.
  ...codecVectors(
    'resp',
    () => new RespCodec(),
    [{ name: 'nothing', bytes: latin1(`\r\n*0\r\n${request('PING')}\n \r\n*-1\r\n`), messages: [['PING']] }],
    { filler: true },
  ),
];

for (const { name, run } of checks) test(name, run);

test('a longest line is one', () => {
  const embedded = embed(() => new RespCodec());
  embedded.feed('x'.repeat(65_536)).feed('\n');
  expect(embedded.messages).toEqual([['x'.repeat(65_536)]]);
});

test.each<[what: string, reply: Reply, bytes: string]>([
  ['a line', { line: '+OK' }, '+OK\r\n'],
  ['a line with ends of lines in it', { line: '-ERR it is not\r\n+OK\n' }, '-ERR it is not  +OK \r\n'],
  ['a number', -42, ':-42\r\n'],
  ['nothing', null, '$-1\r\n'],
  ['an empty string', '', '$0\r\n\r\n'],
  ['all bytes', every, `$256\r\n${every}\r\n`],
  ['an empty array', [], '*0\r\n'],
  ['arrays in an array', ['a', [1, null]], '*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n'],
])('%s is written', (_what, reply, bytes) => {
  expect(encodeMessage(new RespCodec(), reply).toString('latin1')).toBe(bytes);
});

test('a request that never comes whole is not waited for', () => {
  const embedded = embed(() => new RespCodec());
  embedded.feed('*3\r\n$3\r\nSET\r\n').advance(20_000).feed('$3\r\nkey\r\n').advance(20_000);
  expect(embedded.errors.map(({ code }) => code)).toEqual(['WIRE_FRAME_TIMEOUT']);
});

test('whatever comes, it is requests or a protocol error', () => {
  const next = random(1);
  const pick = (from: string): string => from[Math.floor(next() * from.length)]!;
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const noise = Array.from({ length: 40 }, () => pick('**$$\r\n\r\n\r\n0123x')).join('');
    const embedded = embed(() => new RespCodec());
    for (const chunk of [request('PING'), noise.slice(0, 9), noise.slice(9), request('PING')])
      embedded.feed(latin1(chunk));
    expect(embedded.messages[0]).toEqual(['PING']);
    for (const { code } of embedded.errors) expect(code).toBe('WIRE_PROTOCOL');
    refused += embedded.errors.length;
  }
  // Most of it is wrong somewhere; not all.
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(2000);
});

const redisCli = program('redis-cli', 'redis-tools');
const redisBenchmark = program('redis-benchmark', 'redis-tools');
const redisServer = program('redis-server');

/** What redis-cli prints. It prints the same when it asks the real one. */
const dialogue: [command: string, prints: string][] = [
  ['PING', 'PONG'],
  ['ping hello', '"hello"'],
  ['ECHO "a b\\r\\n\\x00"', '"a b\\r\\n\\x00"'],
  ['SET a 1', 'OK'],
  ['GET a', '"1"'],
  ['GET nothing', '(nil)'],
  ['SET a 2 NX', '(nil)'],
  ['SET b 2 nx', 'OK'],
  ['SET b 3 XX', 'OK'],
  ['SET nothing 3 XX', '(nil)'],
  ['SET c 3 EX 100', 'OK'],
  ['TTL c', '(integer) 100'],
  ['APPEND c 4', '(integer) 2'],
  ['TTL c', '(integer) 100'],
  ['SET c 3 PX 200000 XX', 'OK'],
  ['TTL c', '(integer) 200'],
  ['SET c 3 NX EX 10', '(nil)'],
  ['SET c 3', 'OK'],
  ['TTL c', '(integer) -1'],
  ['TTL nothing', '(integer) -2'],
  ['SET c 3 EX', '(error) ERR syntax error'],
  ['SET c 3 FOR ever', '(error) ERR syntax error'],
  ['SET c 3 EX 0', "(error) ERR invalid expire time in 'set' command"],
  ['SET c 3 EX soon', '(error) ERR value is not an integer or out of range'],
  ['EXPIRE c 50', '(integer) 1'],
  ['TTL c', '(integer) 50'],
  ['EXPIRE c -1', '(integer) 1'],
  ['EXISTS c', '(integer) 0'],
  ['EXPIRE c 50', '(integer) 0'],
  ['EXISTS a b c a', '(integer) 3'],
  ['INCR a', '(integer) 2'],
  ['INCR counter', '(integer) 1'],
  ['INCRBY counter 41', '(integer) 42'],
  ['INCRBY counter -50', '(integer) -8'],
  ['DECR counter', '(integer) -9'],
  ['INCRBY missing much', '(error) ERR value is not an integer or out of range'],
  ['EXISTS missing', '(integer) 0'],
  ['SET word w', 'OK'],
  ['INCR word', '(error) ERR value is not an integer or out of range'],
  ['APPEND word ord', '(integer) 4'],
  ['APPEND another word', '(integer) 4'],
  ['STRLEN word', '(integer) 4'],
  ['STRLEN nothing', '(integer) 0'],
  ['MSET one 1 two 2', 'OK'],
  ['MGET one nothing two', '1) "1"\n2) (nil)\n3) "2"'],
  ['LPUSH list c b a', '(integer) 3'],
  ['RPUSH list d', '(integer) 4'],
  ['LRANGE list 0 -1', '1) "a"\n2) "b"\n3) "c"\n4) "d"'],
  ['LRANGE list 1 2', '1) "b"\n2) "c"'],
  ['LRANGE list -2 100', '1) "c"\n2) "d"'],
  ['LRANGE list -100 -4', '1) "a"'],
  ['LRANGE list 0 -5', '(empty array)'],
  ['LRANGE list 3 1', '(empty array)'],
  ['LRANGE nothing 0 -1', '(empty array)'],
  ['LRANGE list 0 end', '(error) ERR value is not an integer or out of range'],
  ['GET list', '(error) WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['LPUSH word x', '(error) WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['LPOP list', '"a"'],
  ['RPOP list', '"d"'],
  ['RPOP list', '"c"'],
  ['RPOP list', '"b"'],
  ['RPOP list', '(nil)'],
  ['EXISTS list', '(integer) 0'],
  ['SADD set x x y', '(integer) 2'],
  ['SADD set y', '(integer) 0'],
  ['SADD single one', '(integer) 1'],
  ['SPOP single', '"one"'],
  ['SPOP single', '(nil)'],
  ['EXISTS single', '(integer) 0'],
  ['HSET hash f 1 g 2', '(integer) 2'],
  ['HSET hash f 3 h 4', '(integer) 1'],
  ['HGET hash f', '"3"'],
  ['HGET hash nothing', '(nil)'],
  ['HGET set f', '(error) WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['MGET hash one', '1) (nil)\n2) "1"'],
  ['SET hash text', 'OK'],
  ['DEL a b nothing', '(integer) 2'],
  ['KEYS word', '1) "word"'],
  ['DBSIZE', '(integer) 7'],
  ['FLUSHALL', 'OK'],
  ['KEYS *', '(empty array)'],
  ['SET k v', 'OK'],
  ['KEYS *', '1) "k"'],
  ['DBSIZE', '(integer) 1'],
  ['SELECT 0', 'OK'],
  ['SELECT 1000', '(error) ERR DB index is out of range'],
  ['CONFIG GET save', '1) "save"\n2) ""'],
  ['CONFIG GET no-such-setting', '(empty array)'],
  ['GET', "(error) ERR wrong number of arguments for 'get' command"],
  ['get a b', "(error) ERR wrong number of arguments for 'get' command"],
  ['LPUSH list', "(error) ERR wrong number of arguments for 'lpush' command"],
];

/** Malformed input, and the answer before the connection is closed. */
const malformed: [bytes: string, answer: string][] = [
  [`PING\r\n*1\r\n:1\r\nPING\r\n`, "+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n"],
  ['*-1\r\n*0\r\n*-1000\r\nPING\r\nQUIT\r\n', '+PONG\r\n+OK\r\n'],
  ['*-\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*-0\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*01\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*1\r\n$04\r\nPING\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  ['*x\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*99999999999\r\n', '-ERR Protocol error: invalid multibulk length\r\n'],
  ['*1\r\n$x\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  ['*1\r\n$-1\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  ['*1\r\n$9999999999\r\n', '-ERR Protocol error: invalid bulk length\r\n'],
  ['PING\r\nQUIT\r\nPING\r\n', '+PONG\r\n+OK\r\n'],
];

const longest = 'x'.repeat(2 ** 24);

/** What a string beyond the longest is answered. */
const long: [bytes: string, answer: string] = [
  `${request('SET', 'long', longest)}${request('APPEND', 'long', 'y')}STRLEN long\r\nDEL long\r\nQUIT\r\n`,
  '+OK\r\n-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n:16777216\r\n:1\r\n+OK\r\n',
];

async function send(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(latin1(bytes));
  return (await received(socket)).toString('latin1');
}

/** Runs a program to its end, with `input` to read. */
async function runToEnd(
  path: string,
  args: string[],
  input: string = '',
): Promise<{ code: number | null; output: string }> {
  const running = new Running(path, args);
  running.process.stdin!.end(latin1(input));
  return { code: await running.ended, output: running.output };
}

describe('the server', () => {
  let server: ExampleProcess;
  let port: number;

  const cli = (args: string[], input?: string): ReturnType<typeof runToEnd> =>
    runToEnd(redisCli!, ['-p', `${port}`, ...args], input);

  beforeAll(async () => {
    server = new ExampleProcess('redis-server', '0');
    const [, found] = await server.printed(/^listening on 127\.0\.0\.1:(\d+)\n/);
    port = Number(found);
  });

  afterAll(() => ExampleProcess.endAll());

  test.each(malformed)('%j is answered, and the connection closed', async (bytes, answer) => {
    expect(await send(port, bytes)).toBe(answer);
  });

  test('a string beyond the longest is refused', async () => {
    expect(await send(port, long[0])).toBe(long[1]);
  });

  test('too long a line is refused while it comes', async () => {
    expect(await send(port, 'x'.repeat(200_000))).toBe('-ERR Protocol error: too big inline request\r\n');
  });

  test('what is set for a time is gone then', async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write('SET brief v PX 1\r\nQUIT\r\n');
    await received(socket);
    let answer = '';
    for (let i = 0; i < 500 && answer !== '$-1\r\n+OK\r\n'; i++) answer = await send(port, 'GET brief\r\nQUIT\r\n');
    expect(answer).toBe('$-1\r\n+OK\r\n');
  });

  test('names of what every object has are no commands', async () => {
    expect(await send(port, 'constructor\r\n__proto__ a\r\nQUIT\r\n')).toBe(
      "-ERR unknown command 'constructor'\r\n-ERR unknown command '__proto__'\r\n+OK\r\n",
    );
    expect(await send(port, 'MSET a\r\nMSET a 1 b\r\nHSET h a 1 b\r\nEXISTS a h\r\nQUIT\r\n')).toBe(
      "-ERR wrong number of arguments for 'mset' command\r\n-ERR syntax error\r\n-ERR syntax error\r\n:0\r\n+OK\r\n",
    );
  });

  describe.runIf(redisCli !== undefined)('with redis-cli', () => {
    test('answers each command', async () => {
      await cli(['flushall']);
      const { code, output } = await cli(['--no-raw'], dialogue.map(([command]) => `${command}\n`).join(''));
      expect(output.split('\n')).toEqual(dialogue.flatMap(([, prints]) => prints.split('\n')).concat(''));
      expect(code).toBe(0);
    });

    test('says of a command that it does not know it', async () => {
      expect((await cli(['fetch', 'a'])).output).toContain("ERR unknown command 'fetch'");
    });

    test('keeps every byte', async () => {
      expect(await cli(['-x', 'set', 'bytes'], every)).toEqual({ code: 0, output: 'OK\n' });
      expect(await cli(['get', 'bytes'])).toEqual({ code: 0, output: `${every}\n` });
    });

    test('takes a mass of them through --pipe', async () => {
      await cli(['flushall']);
      const mass = Array.from({ length: 20_000 }, (_, i) => request('SET', `key:${i}`, `value\r\n${i}`)).join('');
      const { code, output } = await cli(['--pipe'], mass);
      expect(output).toMatch(/errors: 0, replies: 20000\n$/);
      expect(code).toBe(0);
      expect((await cli(['dbsize'])).output).toBe('20000\n');
      expect((await cli(['get', 'key:19999'])).output).toBe('value\r\n19999\n');
    });
  });

  describe.runIf(redisBenchmark !== undefined)('with redis-benchmark', () => {
    const tests = 'ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,lrange,mset';

    test.each([
      ['one by one', ['-c', '50']],
      ['pipelined', ['-c', '50', '-P', '16', '-r', '1000']],
    ])('serves all that is measured, %s', async (_how, options) => {
      const { code, output } = await runToEnd(redisBenchmark!, [
        '-p',
        `${port}`,
        '-n',
        '1000',
        '-t',
        tests,
        '--csv',
        ...options,
      ]);
      const rows = output.trim().split('\n');
      expect(rows[0]).toMatch(/^"test","rps"/);
      expect(rows.slice(1).map((row) => /^"([^" ]+).*?","\d+\.\d+"/.exec(row)?.[1])).toEqual([
        'PING_INLINE',
        'PING_MBULK',
        'SET',
        'GET',
        'INCR',
        'LPUSH',
        'RPUSH',
        'LPOP',
        'RPOP',
        'SADD',
        'HSET',
        'SPOP',
        'LPUSH',
        'LRANGE_100',
        'LRANGE_300',
        'LRANGE_500',
        'LRANGE_600',
        'MSET',
      ]);
      expect(code).toBe(0);
    });
  });

  test('ends on SIGTERM, after all this', async () => {
    server.signal('SIGTERM');
    expect(await server.exited()).toEqual({ status: 0, signal: null });
    expect(server.stderr).toBe('');
  });
});

describe.runIf(redisCli !== undefined && redisServer !== undefined)('the real redis-server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
  let real: Running;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    real = new Running(redisServer!, [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      folder,
      '--proto-max-bulk-len',
      `${longest.length}`,
    ]);
    await real.says(/Ready to accept connections/);
  });

  afterAll(async () => {
    real.destroy();
    await real.ended;
    rmSync(folder, { recursive: true });
  });

  test('answers the same', async () => {
    const input = dialogue.map(([command]) => `${command}\n`).join('');
    const { output } = await runToEnd(redisCli!, ['-p', `${port}`, '--no-raw'], input);
    expect(output.split('\n')).toEqual(dialogue.flatMap(([, prints]) => prints.split('\n')).concat(''));
  });

  test.each(malformed)('answers the same to %j, and closes', async (bytes, answer) => {
    expect(await send(port, bytes)).toBe(answer);
  });

  test('refuses a string beyond the longest with the same words', async () => {
    expect(await send(port, long[0])).toBe(long[1]);
  });
});

test('all of it is in less than 200 lines', () => {
  const source = readFileSync(new URL('../../examples/redis-server.ts', import.meta.url), 'utf8');
  expect(source.split('\n').length - 1).toBeLessThan(200);
});
