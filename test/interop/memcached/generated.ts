import { requests } from '@wirewright/codec-memcached-binary';
import * as fc from 'fast-check';

import { frames } from './binary-cases.ts';
import type { Dialogue } from './dialogue.ts';

/** Few keys, so that commands meet. */
const key = fc.constantFrom('a', 'b', 'c', 'n');
const value = fc.constantFrom('', '1', '5', '10', '99', 'abc', '9 ', ' 9', '18446744073709551615', 'hello world');
const number = fc.constantFrom('0', '1', '5', '9', '10', '99', '18446744073709551615', '9007199254740993');
const exptime = fc.constantFrom('0', '0', '0', '-1', '100', '2592000', '2592001');
const noreply = fc.constantFrom('', '', '', '', ' noreply');
const cas = fc.constantFrom('{cas}', '{cas}', '{cas-1}', '{cas+1}', '0', '1');
const flags = fc.constantFrom('0', '7', '4294967295');

/** Some of these, in any order. */
function some(...letters: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> {
  const all = letters.map((letter) => (typeof letter === 'string' ? fc.constant(letter) : letter));
  return fc.tuple(...all).chain((texts) => fc.shuffledSubarray(texts).map((chosen) => chosen.slice(0, 6).join(' ')));
}

function prefixed(letter: string, argument: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return argument.map((text) => letter + text);
}

const later = prefixed('T', fc.constantFrom('0', '60'));

const command: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.constantFrom('set', 'set', 'add', 'replace', 'append', 'prepend'), key, flags, exptime, value, noreply)
    .map(([op, k, f, e, v, n]) => `${op} ${k} ${f} ${e} ${v.length}${n}\r\n${v}\r\n`),
  fc.tuple(key, value, cas, noreply).map(([k, v, c, n]) => `cas ${k} 0 0 ${v.length} ${c}${n}\r\n${v}\r\n`),
  fc.tuple(fc.constantFrom('get', 'gets'), key, key).map((words) => `${words.join(' ')}\r\n`),
  fc.tuple(fc.constantFrom('gat', 'gats'), exptime, key, key).map((words) => `${words.join(' ')}\r\n`),
  fc.tuple(fc.constantFrom('incr', 'decr'), key, number, noreply).map(([op, k, d, n]) => `${op} ${k} ${d}${n}\r\n`),
  fc.tuple(key, exptime, noreply).map(([k, e, n]) => `touch ${k} ${e}${n}\r\n`),
  fc.tuple(key, fc.constantFrom('', ' 0'), noreply).map(([k, d, n]) => `delete ${k}${d}${n}\r\n`),
  fc.tuple(fc.constantFrom('', ' 0'), noreply).map(([d, n]) => `flush_all${d}${n}\r\n`),
  fc
    .tuple(
      key,
      some(
        'v',
        'c',
        'f',
        's',
        'k',
        'q',
        'u',
        'O12',
        't',
        'h',
        prefixed('N', fc.constantFrom('0', '30')),
        prefixed('R', fc.constantFrom('0', '30', '200')),
        later,
      ),
    )
    .map((words) => `mg ${words.join(' ')}\r\n`),
  fc
    .tuple(
      key,
      value,
      some(
        'c',
        'k',
        'q',
        'I',
        'O9',
        prefixed('C', cas),
        prefixed('F', flags),
        later,
        prefixed('M', fc.constantFrom('E', 'A', 'P', 'R', 'S')),
      ),
    )
    .map(([k, v, f]) => `ms ${k} ${v.length} ${f}\r\n${v}\r\n`),
  fc.tuple(key, some('k', 'q', 'I', 'O9', prefixed('C', cas), later)).map((words) => `md ${words.join(' ')}\r\n`),
  // No T: with a value that gets longer, memcached loses it.
  fc
    .tuple(
      key,
      some(
        'k',
        'q',
        't',
        'c',
        'v',
        'O9',
        prefixed('C', cas),
        prefixed('N', fc.constantFrom('0', '60')),
        prefixed('J', number),
        prefixed('D', number),
        prefixed('M', fc.constantFrom('I', 'D', '+', '-')),
      ),
    )
    .map((words) => `ma ${words.join(' ')}\r\n`),
  key.map((k) => `me ${k}\r\n`),
  // What is no command, or not quite.
  fc
    .tuple(
      fc.constantFrom('get', 'set', 'incr', 'mg', 'ms', 'nonsense'),
      fc.array(fc.constantFrom('a', '1', '-1', 'w', 'zz', ''), { maxLength: 5 }),
    )
    .map(([op, words]) => `${op} ${words.join(' ')}\r\n`),
);

const NOTHING = ['delete a\r\ndelete b\r\ndelete c\r\ndelete n\r\n'];
const EVERYTHING = 'gets a b c n\r\nme a\r\nme b\r\nme c\r\nme n\r\n';

/** Dialogues of text commands, and behind them a look at all items. */
export const textDialogue: fc.Arbitrary<Dialogue> = fc
  .array(command, { minLength: 1, maxLength: 25 })
  .map((commands) => NOTHING.concat(commands, EVERYTHING));

const options = fc.record({ quiet: fc.boolean(), opaque: fc.nat(1000) });
const wrong = fc.constantFrom(undefined, undefined, undefined, 1n, 2n ** 63n);
const counters = fc.record({
  delta: fc.constantFrom(0n, 1n, 9n, 2n ** 64n - 1n),
  initial: fc.constantFrom(undefined, 0n, 5n, 2n ** 64n - 1n),
});

const request = fc.oneof(
  fc.tuple(key, options, fc.boolean()).map(([k, o, withKey]) => requests.get(k, { ...o, withKey })),
  fc
    .tuple(fc.constantFrom('set', 'add', 'replace'), key, value, options, wrong)
    .map(([op, k, v, o, c]) => requests[op](k, v, { ...o, cas: c, flags: 7 })),
  fc
    .tuple(fc.constantFrom('append', 'prepend'), key, value, options, wrong)
    .map(([op, k, v, o, c]) => requests[op](k, v, { ...o, cas: c })),
  fc.tuple(key, options, wrong).map(([k, o, c]) => requests.delete(k, { ...o, cas: c })),
  fc
    .tuple(fc.constantFrom('increment', 'decrement'), key, options, counters)
    .map(([op, k, o, c]) => requests[op](k, { ...o, ...c })),
  fc
    .tuple(key, fc.constantFrom(0, 60), options, fc.boolean())
    .map(([k, e, o, withKey]) => requests.getAndTouch(k, e, { ...o, withKey })),
  fc.tuple(key, fc.constantFrom(0, 60)).map(([k, e]) => requests.touch(k, e)),
  fc.boolean().map((quiet) => requests.flush({ quiet })),
);

/** Dialogues of binary requests, and behind them a look at all items. */
export const binaryDialogue: fc.Arbitrary<Dialogue> = fc
  .array(request, { minLength: 1, maxLength: 25 })
  .map((messages) =>
    [frames(...['a', 'b', 'c', 'n'].map((k) => requests.delete(k)))].concat(
      messages.map((message) => frames(message)),
      frames(...['a', 'b', 'c', 'n'].map((k) => requests.get(k))),
    ),
  );
