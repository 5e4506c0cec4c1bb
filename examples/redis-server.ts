/*
 * A small Redis: its protocol (RESP2), and enough commands for redis-cli and redis-benchmark.
 *
 *   request   +-----+-------+------+   +-----+--------+------+----------------+------+
 *             | '*' | count | CRLF |   | '$' | length | CRLF | bytes          | CRLF |   count times
 *             +-----+-------+------+   +-----+--------+------+----------------+------+   or words and CRLF
 *   reply     '+' text CRLF   done        ':' number CRLF                 '$' length CRLF bytes CRLF
 *             '-' text CRLF   not done    '*' count CRLF, then replies    '$' '-1' CRLF   nothing
 *
 *   node examples/dist/redis-server.js 6379      then   redis-cli -p 6379 set greeting hello
 */
import { Server, WireError } from '@wirewright/core';
import { type ByteReader, type ByteWriter, type Codec, ProtocolError, readLatin1 } from '@wirewright/core/codec';

import { run } from './run.ts';

const [LF, STAR, CRLF] = [0x0a, 0x2a, 0x0d0a];
/** Longest line of words, line of a number; most arguments (a call has them on the stack); longest string, request and reply. */
const [MAX_LINE, MAX_DIGITS, MAX_COUNT, MAX_LENGTH, MAX_FRAME] = [2 ** 16, 2 ** 5, 2 ** 14, 2 ** 24, 2 ** 26];

/** A string has a character for each byte, as those of a request: no byte is lost. A line is `+OK` or `-ERR why`. */
export type Reply = string | number | null | { readonly line: string } | readonly Reply[];

export class RespCodec implements Codec<string[], Reply> {
  readonly maxFrameLength: number = MAX_FRAME;
  /** Of a request that is not complete: its count, arguments so far, length of the next, and where that begins. */
  #count: number | undefined;
  #args: string[] = [];
  #length: number | undefined;
  #at = 0;

  decode(input: ByteReader): string[] | undefined {
    if (input.u8(0) !== STAR) return this.#words(input);
    this.#count ??= this.#number(input, '*', 'multibulk', MAX_COUNT);
    if (this.#count === undefined) return undefined;
    while (this.#args.length < this.#count) {
      this.#length ??= this.#number(input, '$', 'bulk', MAX_LENGTH);
      if (this.#length === undefined) return undefined;
      const end = this.#at + this.#length;
      if (input.length < end + 2) return input.need(end + 2);
      if (input.u16(end) !== CRLF) throw new ProtocolError('invalid bulk length');
      this.#args.push(readLatin1(input.source, input.offset + this.#at, input.offset + end));
      [this.#at, this.#length] = [end + 2, undefined];
    }
    input.skip(this.#at);
    const args = this.#args;
    [this.#count, this.#args, this.#at] = [undefined, [], 0];
    return args.length > 0 ? args : undefined;
  }

  encode(reply: Reply, output: ByteWriter): void {
    if (output.size > MAX_FRAME) refuse('the reply is too long');
    if (typeof reply === 'string') output.latin1(`$${reply.length}\r\n${reply}`, '\r\n');
    else if (typeof reply === 'number') output.latin1(`:${reply}`, '\r\n');
    else if (reply === null) output.latin1('$-1', '\r\n');
    else if ('line' in reply) output.latin1(reply.line.replaceAll(/[\r\n]/g, ' '), '\r\n');
    else for (const part of [{ line: `*${reply.length}` }, ...reply]) this.encode(part, output);
  }

  #words(input: ByteReader): string[] | undefined {
    const end = input.indexOf(LF, this.#at);
    this.#at = end < 0 ? input.length : 0;
    if (Math.max(this.#at, end) > MAX_LINE) throw new ProtocolError('too big inline request');
    return end < 0 ? input.need(this.#at + 1) : (input.latin1(end, 1).match(/[^ \t\r]+/g) ?? undefined);
  }

  /** Goes past the line at `#at`, and returns the number in it; undefined while it has not come whole. */
  #number(input: ByteReader, type: string, what: string, most: number): number | undefined {
    const end = input.indexOf(LF, this.#at);
    if (end < 0 && input.length < this.#at + MAX_DIGITS) return input.need(input.length + 1);
    const line = readLatin1(input.source, input.offset + this.#at, input.offset + Math.max(end, this.#at + 1));
    if (line[0] !== type) throw new ProtocolError(`expected '$', got '${line[0]}'`);
    const value = Number(line.slice(1, -1));
    const isNumber = line === `${type}${value}\r` && Number.isSafeInteger(value);
    if (!isNumber || value > most || (value < 0 && type === '$')) throw new ProtocolError(`invalid ${what} length`);
    this.#at = end + 1;
    return value;
  }
}

type Value = string | string[] | Set<string> | Map<string, string>;
type Entry<T> = { value: T; until: number };
const entries = new Map<string, Entry<Value>>();
const OK = { line: '+OK' };

/** Ends a command, which is not done; the connection goes on. */
function refuse(why: string, code: string = 'ERR'): never {
  throw new WireError(code, why);
}

/** Whether something is there. What has expired goes, and so do lists, sets and hashes that are empty. */
function has(key: string): boolean {
  const { value, until } = entries.get(key) ?? { value: '', until: 0 };
  const size = typeof value === 'string' ? 1 : 'size' in value ? value.size : value.length;
  return (size > 0 && until > Date.now()) || (entries.delete(key), false);
}

/** What is there, if it is of the type of `none`; where nothing is, `none`, which is there then. */
function at<T extends Value>(key: string, none: T): Entry<T> {
  if (!has(key)) entries.set(key, { value: none, until: Infinity });
  const entry = entries.get(key) as Entry<T>;
  if (entry.value.constructor === none.constructor) return entry;
  return refuse('Operation against a key holding the wrong kind of value', 'WRONGTYPE');
}

const text = (key: string): string | null => (has(key) ? at(key, '').value : null);
const list = (key: string): string[] => at<string[]>(key, []).value;
const bag = (key: string): Set<string> => at(key, new Set<string>()).value;
const hash = (key: string): Map<string, string> => at(key, new Map<string, string>()).value;

const take = (all: Set<string>, [one]: Iterable<string> = all): Reply => (all.delete(one!) ? one! : null);
const seconds = (until: number): number => (until === Infinity ? -1 : Math.ceil((until - Date.now()) / 1000));

const short = (all: string): string =>
  all.length <= MAX_LENGTH ? all : refuse('string exceeds maximum allowed size (proto-max-bulk-len)');
/** Of at most 15 digits, which a number has exactly. */
const integer = (digits: string): number =>
  /^(0|-?[1-9]\d{0,14})$/.test(digits) ? Number(digits) : refuse('value is not an integer or out of range');

function add(key: string, by: number): number {
  const sum = integer(`${integer(text(key) ?? '0') + by}`);
  at<string>(key, '').value = `${sum}`;
  return sum;
}

const pairs = (words: string[]): [name: string, value: string][] =>
  words.flatMap((word, i): [string, string][] => (i % 2 === 1 ? [] : [[word, words[i + 1] ?? refuse('syntax error')]]));

function set(key: string, value: string, ...options: string[]): Reply {
  const said = options.map((word) => ` ${word.toUpperCase()}`).join('');
  const [, unit, time = ''] = /^(?: [NX]X)?(?: ([EP])X (\S+))?(?: [NX]X)?$/.exec(said) ?? refuse('syntax error');
  const until = unit === undefined ? Infinity : Date.now() + integer(time) * (unit === 'E' ? 1000 : 1);
  if (until <= Date.now()) refuse("invalid expire time in 'set' command");
  if (/ [NX]X/.test(said) && has(key) !== said.includes(' XX')) return null;
  return (entries.set(key, { value, until }), OK);
}

/** How many words a command has, its name included, or has at least, if that is negative; and what it does. */
const commands: Record<string, [arity: number, run: (...args: string[]) => Reply]> = {
  append: [3, (key, more) => (at<string>(key, '').value = short((text(key) ?? '') + more)).length],
  command: [-1, () => []],
  config: [3, (_get, name) => (name === 'save' || name === 'appendonly' ? [name, ''] : [])],
  dbsize: [1, () => entries.size],
  decr: [2, (key) => add(key, -1)],
  del: [-2, (...keys) => keys.filter((key) => has(key) && entries.delete(key)).length],
  echo: [2, (words) => words],
  exists: [-2, (...keys) => keys.filter(has).length],
  expire: [3, (key, s) => (has(key) && (entries.get(key)!.until = Date.now() + 1000 * integer(s)) ? 1 : 0)],
  flushall: [-1, () => (entries.clear(), OK)],
  get: [2, text],
  hget: [3, (key, name) => hash(key).get(name) ?? null],
  hset: [-4, (key, ...all) => pairs(all).filter((pair) => hash(key).size < hash(key).set(...pair).size).length],
  incr: [2, (key) => add(key, 1)],
  incrby: [3, (key, by) => add(key, integer(by))],
  keys: [2, (pattern) => [...entries.keys()].filter((key) => has(key) && (pattern === '*' || pattern === key))],
  lpop: [2, (key) => list(key).shift() ?? null],
  lpush: [-3, (key, ...items) => items.map((item) => list(key).unshift(item)).at(-1)!],
  lrange: [4, (key, from, to) => list(key).slice(integer(from), integer(to) + 1 || undefined)],
  mget: [-2, (...keys) => keys.map((key) => (typeof entries.get(key)?.value === 'string' ? text(key) : null))],
  mset: [-3, (...all) => pairs(all).map((pair) => set(...pair))[0]!],
  ping: [-1, (words) => words ?? { line: '+PONG' }],
  quit: [-1, () => OK],
  rpop: [2, (key) => list(key).pop() ?? null],
  rpush: [-3, (key, ...items) => items.map((item) => list(key).push(item)).at(-1)!],
  sadd: [-3, (key, ...items) => items.filter((item) => bag(key).size < bag(key).add(item).size).length],
  select: [2, (index) => (index === '0' ? OK : refuse('DB index is out of range'))],
  set: [-3, set],
  spop: [2, (key) => take(bag(key))],
  strlen: [2, (key) => text(key)?.length ?? 0],
  ttl: [2, (key) => (has(key) ? seconds(entries.get(key)!.until) : -2)],
};

function answer([name = '', ...args]: string[]): Reply {
  const command = name.toLowerCase();
  try {
    const [arity, act] = Object.hasOwn(commands, command) ? commands[command]! : refuse(`unknown command '${name}'`);
    const right = arity < 0 ? args.length + 1 >= -arity : args.length + 1 === arity;
    return right ? act(...args) : refuse(`wrong number of arguments for '${command}' command`);
  } catch (error) {
    if (error instanceof WireError) return { line: `-${error.code} ${error.message}` };
    throw error;
  } finally {
    has(args[0] ?? '');
  }
}

if (/redis-server(\.[jt]s)?$/.test(process.argv[1] ?? ''))
  await run(async () => {
    const server = new Server<string[], Reply>({ codec: () => new RespCodec() })
      .onRead((connection, request) => {
        connection.send(answer(request));
        return request[0]!.toLowerCase() === 'quit' ? connection.close() : undefined;
      })
      .onError((connection, { message }) => connection.send({ line: `-ERR Protocol error: ${message}` }))
      .closeOnSignals();
    await server.listen({ port: Number(process.argv[2] ?? 6379), host: '127.0.0.1' });
    console.log(`listening on 127.0.0.1:${server.port}`);
  });
