import { Buffer } from 'node:buffer';

import {
  Opcode,
  type RequestFields,
  requests,
  type ResponseFields,
  responses,
  Status,
} from '@wirewright/codec-memcached-binary';

/** Bytes written as hex, and in quotes as text. */
export function bytesOf(text: string): Buffer {
  const parts = text.match(/'[^']*'|[0-9a-f]{2}/g) ?? [];
  return Buffer.concat(
    parts.map((part) => (part.startsWith("'") ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex'))),
  );
}

export interface Row<Message> {
  readonly name: string;
  readonly bytes: Buffer;
  readonly message: Message;
}

const row = <Message>(name: string, message: Message, bytes: string): Row<Message> => ({
  name,
  bytes: bytesOf(bytes),
  message,
});

/** The bytes of the payload that the Go benchmarks have, with flags and exptime. */
const SET = requests.set('somekey', 'somevalue', { opaque: 7242, vbucket: 824, flags: 0xdeadbeef, exptime: 3600 });

const NO_CAS = '00000000 00000000';

/** A request of every opcode, as protocol_binary.h has it: magic, opcode, key length; extras length, type, vbucket; body length; opaque; cas. */
export const requestRows: readonly Row<RequestFields>[] = [
  row(
    'Get',
    requests.get('hello', { opaque: 0xffffffff }),
    `80 00 0005 00 00 0000 00000005 ffffffff ${NO_CAS} 'hello'`,
  ),
  row('GetQ', requests.get('hello', { quiet: true }), `80 09 0005 00 00 0000 00000005 00000000 ${NO_CAS} 'hello'`),
  row('GetK', requests.get('k', { withKey: true }), `80 0c 0001 00 00 0000 00000001 00000000 ${NO_CAS} 'k'`),
  row(
    'GetKQ',
    requests.get('k', { withKey: true, quiet: true }),
    `80 0d 0001 00 00 0000 00000001 00000000 ${NO_CAS} 'k'`,
  ),
  row(
    'Get of bytes that are no text',
    requests.get(bytesOf('ff00')),
    `80 00 0002 00 00 0000 00000002 00000000 ${NO_CAS} ff00`,
  ),
  row('Set', SET, `80 01 0007 08 00 0338 00000018 00001c4a ${NO_CAS} deadbeef 00000e10 'somekey' 'somevalue'`),
  row(
    'Set of nothing',
    requests.set('k', ''),
    `80 01 0001 08 00 0000 00000009 00000000 ${NO_CAS} 00000000 00000000 'k'`,
  ),
  row(
    'Set with a cas',
    requests.set('k', 'v', { cas: 0x0102030405060708n }),
    `80 01 0001 08 00 0000 0000000a 00000000 01020304 05060708 00000000 00000000 'kv'`,
  ),
  row(
    'SetQ',
    requests.set('k', 'v', { quiet: true, cas: 2 ** 53 - 1 }),
    `80 11 0001 08 00 0000 0000000a 00000000 001fffff ffffffff 00000000 00000000 'kv'`,
  ),
  row(
    'Add',
    requests.add('k', 'v', { cas: { casHigh: 0x80000000, casLow: 1 } }),
    `80 02 0001 08 00 0000 0000000a 00000000 80000000 00000001 00000000 00000000 'kv'`,
  ),
  row(
    'AddQ',
    requests.add('k', 'v', { quiet: true }),
    `80 12 0001 08 00 0000 0000000a 00000000 ${NO_CAS} 00000000 00000000 'kv'`,
  ),
  row(
    'Replace',
    requests.replace('k', 'v'),
    `80 03 0001 08 00 0000 0000000a 00000000 ${NO_CAS} 00000000 00000000 'kv'`,
  ),
  row(
    'ReplaceQ',
    requests.replace('k', 'v', { quiet: true }),
    `80 13 0001 08 00 0000 0000000a 00000000 ${NO_CAS} 00000000 00000000 'kv'`,
  ),
  row('Delete', requests.delete('k', { cas: 7 }), `80 04 0001 00 00 0000 00000001 00000000 00000000 00000007 'k'`),
  row('DeleteQ', requests.delete('k', { quiet: true }), `80 14 0001 00 00 0000 00000001 00000000 ${NO_CAS} 'k'`),
  row(
    'Increment',
    requests.increment('k', { delta: 2n ** 64n - 1n, initial: 5, exptime: 60 }),
    `80 05 0001 14 00 0000 00000015 00000000 ${NO_CAS} ffffffff ffffffff 00000000 00000005 0000003c 'k'`,
  ),
  row(
    'IncrementQ',
    requests.increment('k', { quiet: true }),
    `80 15 0001 14 00 0000 00000015 00000000 ${NO_CAS} 00000000 00000001 00000000 00000000 ffffffff 'k'`,
  ),
  row(
    'Decrement',
    requests.decrement('k', { delta: 2 ** 40, initial: 0n }),
    `80 06 0001 14 00 0000 00000015 00000000 ${NO_CAS} 00000100 00000000 00000000 00000000 00000000 'k'`,
  ),
  row(
    'DecrementQ',
    requests.decrement('k', { quiet: true }),
    `80 16 0001 14 00 0000 00000015 00000000 ${NO_CAS} 00000000 00000001 00000000 00000000 ffffffff 'k'`,
  ),
  row('Quit', requests.quit(), `80 07 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row('QuitQ', requests.quit({ quiet: true }), `80 17 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row('Flush', requests.flush(), `80 08 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row(
    'Flush with a delay',
    requests.flush({ delay: 10 }),
    `80 08 0000 04 00 0000 00000004 00000000 ${NO_CAS} 0000000a`,
  ),
  row(
    'Flush with a delay of none',
    requests.flush({ delay: 0 }),
    `80 08 0000 04 00 0000 00000004 00000000 ${NO_CAS} 00000000`,
  ),
  row('FlushQ', requests.flush({ quiet: true }), `80 18 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row('Noop', requests.noop({ opaque: 1, vbucket: 65535 }), `80 0a 0000 00 00 ffff 00000000 00000001 ${NO_CAS}`),
  row('Version', requests.version(), `80 0b 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row(
    'Append',
    requests.append('k', 'v', { cas: 1 }),
    `80 0e 0001 00 00 0000 00000002 00000000 00000000 00000001 'kv'`,
  ),
  row('AppendQ', requests.append('k', 'v', { quiet: true }), `80 19 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`),
  row('Prepend', requests.prepend('k', 'v'), `80 0f 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`),
  row(
    'PrependQ',
    requests.prepend('k', 'v', { quiet: true }),
    `80 1a 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`,
  ),
  row('Stat', requests.stat(), `80 10 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row('Stat of a group', requests.stat('items'), `80 10 0005 00 00 0000 00000005 00000000 ${NO_CAS} 'items'`),
  row('Verbosity', requests.verbosity(2), `80 1b 0000 04 00 0000 00000004 00000000 ${NO_CAS} 00000002`),
  row('Touch', requests.touch('k', 0xffffffff), `80 1c 0001 04 00 0000 00000005 00000000 ${NO_CAS} ffffffff 'k'`),
  row('Gat', requests.getAndTouch('k', 60), `80 1d 0001 04 00 0000 00000005 00000000 ${NO_CAS} 0000003c 'k'`),
  row(
    'GatQ',
    requests.getAndTouch('k', 60, { quiet: true }),
    `80 1e 0001 04 00 0000 00000005 00000000 ${NO_CAS} 0000003c 'k'`,
  ),
  row(
    'GatK',
    requests.getAndTouch('k', 60, { withKey: true }),
    `80 23 0001 04 00 0000 00000005 00000000 ${NO_CAS} 0000003c 'k'`,
  ),
  row(
    'GatKQ',
    requests.getAndTouch('k', 60, { withKey: true, quiet: true }),
    `80 24 0001 04 00 0000 00000005 00000000 ${NO_CAS} 0000003c 'k'`,
  ),
  row('SaslList', requests.saslList(), `80 20 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  row(
    'SaslAuth',
    requests.saslAuth('PLAIN', '\0ada\0pw'),
    `80 21 0005 00 00 0000 0000000c 00000000 ${NO_CAS} 'PLAIN' 00 'ada' 00 'pw'`,
  ),
  row(
    'SaslStep',
    requests.saslStep('CRAM-MD5', 'x'),
    `80 22 0008 00 00 0000 00000009 00000000 ${NO_CAS} 'CRAM-MD5' 'x'`,
  ),
];

/** Requests to which the responses are. */
const to = (opcode: number) => ({ opcode, opaque: 9, key: 'hello' });

/** A response of every kind: magic, opcode, key length; extras length, type, status; body length; opaque; cas. */
export const responseRows: readonly Row<ResponseFields>[] = [
  row(
    'a hit',
    responses.hit(to(Opcode.Get), 'world', 0xdeadbeef, 1),
    `81 00 0000 04 00 0000 00000009 00000009 00000000 00000001 deadbeef 'world'`,
  ),
  row(
    'a hit of nothing',
    responses.hit(to(Opcode.GetQ), ''),
    `81 09 0000 04 00 0000 00000004 00000009 ${NO_CAS} 00000000`,
  ),
  row(
    'a hit with its key',
    responses.hit(to(Opcode.GetK), 'world'),
    `81 0c 0005 04 00 0000 0000000e 00000009 ${NO_CAS} 00000000 'hello' 'world'`,
  ),
  row(
    'a quiet hit with its key',
    responses.hit(to(Opcode.GatKQ), bytesOf('00ff')),
    `81 24 0005 04 00 0000 0000000b 00000009 ${NO_CAS} 00000000 'hello' 00ff`,
  ),
  row('a miss', responses.miss(to(Opcode.Gat)), `81 1d 0000 00 00 0001 00000009 00000009 ${NO_CAS} 'Not found'`),
  row(
    'a miss with its key',
    responses.miss(to(Opcode.GatK)),
    `81 23 0005 00 00 0001 00000005 00000009 ${NO_CAS} 'hello'`,
  ),
  row(
    'stored',
    responses.success(to(Opcode.Set), 0x0102030405060708n),
    `81 01 0000 00 00 0000 00000000 00000009 01020304 05060708`,
  ),
  row('deleted', responses.success(to(Opcode.Delete)), `81 04 0000 00 00 0000 00000000 00000009 ${NO_CAS}`),
  row(
    'a counter',
    responses.counter(to(Opcode.Increment), 2n ** 64n - 1n, 3),
    `81 05 0000 00 00 0000 00000008 00000009 00000000 00000003 ffffffff ffffffff`,
  ),
  row(
    'a counter of none',
    responses.counter(to(Opcode.DecrementQ), 0),
    `81 16 0000 00 00 0000 00000008 00000009 ${NO_CAS} 00000000 00000000`,
  ),
  row(
    'touched',
    responses.touched(to(Opcode.Touch), 5, 6),
    `81 1c 0000 04 00 0000 00000004 00000009 00000000 00000006 00000005`,
  ),
  row(
    'a version',
    responses.text(to(Opcode.Version), '1.6.18'),
    `81 0b 0000 00 00 0000 00000006 00000009 ${NO_CAS} '1.6.18'`,
  ),
  row(
    'a statistic',
    responses.stat(to(Opcode.Stat), 'pid', '3078'),
    `81 10 0003 00 00 0000 00000007 00000009 ${NO_CAS} 'pid' '3078'`,
  ),
  row(
    'the end of the statistics',
    responses.success(to(Opcode.Stat)),
    `81 10 0000 00 00 0000 00000000 00000009 ${NO_CAS}`,
  ),
  row(
    'mechanisms',
    responses.text(to(Opcode.SaslList), 'PLAIN'),
    `81 20 0000 00 00 0000 00000005 00000009 ${NO_CAS} 'PLAIN'`,
  ),
  row(
    'authenticated',
    responses.authenticated(to(Opcode.SaslAuth)),
    `81 21 0000 00 00 0000 0000000d 00000009 ${NO_CAS} 'Authenticated'`,
  ),
  row(
    'a challenge',
    responses.challenge(to(Opcode.SaslStep), 'abc'),
    `81 22 0000 00 00 0021 00000003 00000009 ${NO_CAS} 'abc'`,
  ),
  row(
    'exists',
    responses.failure(to(Opcode.Add), Status.KeyExists),
    `81 02 0000 00 00 0002 00000014 00000009 ${NO_CAS} 'Data exists for key.'`,
  ),
  row(
    'too large',
    responses.failure(to(Opcode.Set), Status.TooLarge),
    `81 01 0000 00 00 0003 0000000a 00000009 ${NO_CAS} 'Too large.'`,
  ),
  row(
    'invalid arguments',
    responses.failure(to(Opcode.Noop), Status.InvalidArguments),
    `81 0a 0000 00 00 0004 00000011 00000009 ${NO_CAS} 'Invalid arguments'`,
  ),
  row(
    'not stored',
    responses.failure(to(Opcode.Append), Status.NotStored),
    `81 0e 0000 00 00 0005 0000000b 00000009 ${NO_CAS} 'Not stored.'`,
  ),
  row(
    'not numeric',
    responses.failure(to(Opcode.Increment), Status.NonNumeric),
    `81 05 0000 00 00 0006 0000002e 00000009 ${NO_CAS} 'Non-numeric server-side value for incr or decr'`,
  ),
  row(
    'not authenticated',
    responses.failure(to(Opcode.SaslAuth), Status.AuthError),
    `81 21 0000 00 00 0020 0000000d 00000009 ${NO_CAS} 'Auth failure.'`,
  ),
  row(
    'unknown',
    responses.failure(to(0x3d), Status.UnknownCommand),
    `81 3d 0000 00 00 0081 0000000f 00000009 ${NO_CAS} 'Unknown command'`,
  ),
  row(
    'out of memory',
    responses.failure(to(Opcode.Set), Status.OutOfMemory),
    `81 01 0000 00 00 0082 0000000d 00000009 ${NO_CAS} 'Out of memory'`,
  ),
  row(
    'a status of others',
    responses.failure(to(Opcode.Set), 0x07),
    `81 01 0000 00 00 0007 00000000 00000009 ${NO_CAS}`,
  ),
];

export interface ProblemRow {
  readonly name: string;
  readonly bytes: Buffer;
  readonly code: string;
  readonly status: number;
  readonly fatal: boolean;
}

const problem = (name: string, code: string, bytes: string): ProblemRow => ({
  name,
  bytes: bytesOf(bytes),
  code,
  status: code === 'invalid-arguments' ? 0x04 : 0x81,
  fatal: code !== 'unknown-command',
});

const KEY_251 = `'${'k'.repeat(251)}'`;

/** Requests that are framed and cannot be done, and what memcached answers. */
export const problemRows: readonly ProblemRow[] = [
  problem('Get without a key', 'invalid-arguments', `80 00 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  problem('Get with extras', 'invalid-arguments', `80 00 0001 04 00 0000 00000005 00000000 ${NO_CAS} 00000000 'k'`),
  problem('Get with a value', 'invalid-arguments', `80 00 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`),
  problem('GetQ with a value', 'invalid-arguments', `80 09 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`),
  problem(
    'Get with a key of 251 bytes',
    'invalid-arguments',
    `80 00 00fb 00 00 0000 000000fb 00000000 ${NO_CAS} ${KEY_251}`,
  ),
  problem(
    'an unknown opcode with a key of 251 bytes',
    'invalid-arguments',
    `80 30 00fb 00 00 0000 000000fb 00000000 ${NO_CAS} ${KEY_251}`,
  ),
  problem(
    'Set without extras',
    'invalid-arguments',
    `80 01 0007 00 00 0338 00000010 00001c4a ${NO_CAS} 'somekey' 'somevalue'`,
  ),
  problem(
    'Set with four bytes of extras',
    'invalid-arguments',
    `80 01 0001 04 00 0000 00000006 00000000 ${NO_CAS} 00000000 'kv'`,
  ),
  problem(
    'Set without a key',
    'invalid-arguments',
    `80 01 0000 08 00 0000 00000009 00000000 ${NO_CAS} 00000000 00000000 'v'`,
  ),
  problem(
    'Increment with eight bytes of extras',
    'invalid-arguments',
    `80 05 0001 08 00 0000 00000009 00000000 ${NO_CAS} 00000000 00000000 'k'`,
  ),
  problem(
    'Increment with a value',
    'invalid-arguments',
    `80 05 0001 14 00 0000 00000016 00000000 ${NO_CAS} 00000000 00000000 00000000 00000000 00000000 'kv'`,
  ),
  problem('Delete with a value', 'invalid-arguments', `80 04 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`),
  problem(
    'Append with extras',
    'invalid-arguments',
    `80 0e 0001 08 00 0000 0000000a 00000000 ${NO_CAS} 00000000 00000000 'kv'`,
  ),
  problem('Append without a key', 'invalid-arguments', `80 0e 0000 00 00 0000 00000001 00000000 ${NO_CAS} 'v'`),
  problem('Touch without extras', 'invalid-arguments', `80 1c 0001 00 00 0000 00000001 00000000 ${NO_CAS} 'k'`),
  problem('Gat without a key', 'invalid-arguments', `80 1d 0000 04 00 0000 00000004 00000000 ${NO_CAS} 00000000`),
  problem('Noop with a body', 'invalid-arguments', `80 0a 0000 00 00 0000 00000001 00000000 ${NO_CAS} 'x'`),
  problem('Version with a key', 'invalid-arguments', `80 0b 0001 00 00 0000 00000001 00000000 ${NO_CAS} 'k'`),
  problem('Quit with a body', 'invalid-arguments', `80 07 0000 00 00 0000 00000001 00000000 ${NO_CAS} 'x'`),
  problem('QuitQ with extras', 'invalid-arguments', `80 17 0000 04 00 0000 00000004 00000000 ${NO_CAS} 00000000`),
  problem(
    'Flush with eight bytes of extras',
    'invalid-arguments',
    `80 08 0000 08 00 0000 00000008 00000000 ${NO_CAS} 00000000 00000000`,
  ),
  problem('Flush with a key', 'invalid-arguments', `80 08 0001 00 00 0000 00000001 00000000 ${NO_CAS} 'k'`),
  problem('Stat with extras', 'invalid-arguments', `80 10 0000 04 00 0000 00000004 00000000 ${NO_CAS} 00000000`),
  problem('Stat with a value', 'invalid-arguments', `80 10 0001 00 00 0000 00000002 00000000 ${NO_CAS} 'kv'`),
  problem('Verbosity without a level', 'invalid-arguments', `80 1b 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  problem('SaslList with a body', 'invalid-arguments', `80 20 0000 00 00 0000 00000001 00000000 ${NO_CAS} 'x'`),
  problem('SaslAuth without a mechanism', 'invalid-arguments', `80 21 0000 00 00 0000 00000001 00000000 ${NO_CAS} 'x'`),
  problem('a key longer than the body', 'invalid-lengths', `80 00 0005 00 00 0000 00000003 00000000 ${NO_CAS} 'abc'`),
  problem('extras longer than the body', 'invalid-lengths', `80 01 0000 08 00 0000 00000003 00000000 ${NO_CAS} 'abc'`),
  problem(
    'extras and key longer than the body',
    'invalid-lengths',
    `80 01 0001 08 00 0000 00000008 00000000 ${NO_CAS} 00000000 00000000`,
  ),
  problem('a key of 65535 bytes in no body', 'invalid-lengths', `80 0a ffff ff 00 0000 00000000 00000000 ${NO_CAS}`),
  problem('an unknown opcode', 'unknown-command', `80 3d 0000 00 00 0000 00000000 00000000 ${NO_CAS}`),
  problem(
    'an unknown opcode with extras, key and value',
    'unknown-command',
    `80 30 0001 04 00 0000 00000006 00000007 ${NO_CAS} 01020304 'kv'`,
  ),
  problem(
    'the opcode 0x1f, which is Hello elsewhere',
    'unknown-command',
    `80 1f 0001 00 00 0000 00000003 00000007 ${NO_CAS} 'kvv'`,
  ),
];
