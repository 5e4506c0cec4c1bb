import type { Plain } from './plain.ts';

/** Input that is wrong, and what comes of it in either version. */
export interface MalformedRow {
  readonly name: string;
  readonly bytes: string;
  readonly old: readonly Plain[];
  readonly new: readonly Plain[];
}

const ERROR = 'ERROR';
const LINE = 'CLIENT_ERROR bad command line format';
const CHUNK = 'CLIENT_ERROR bad data chunk';
const TOKEN = 'CLIENT_ERROR bad token in command line format';

const same = (name: string, bytes: string, ...is: Plain[]): MalformedRow => ({ name, bytes, old: is, new: is });
const differ = (name: string, bytes: string, old: readonly Plain[], later: readonly Plain[]): MalformedRow => ({
  name,
  bytes,
  old,
  new: later,
});

/** A line that lacks something. */
const lacking = (line: string, op: string): MalformedRow =>
  differ(JSON.stringify(line), `${line}\r\n`, [{ op, error: ERROR }], [{ op, error: LINE }]);

const unknown = { op: 'command', error: ERROR };
const get = { op: 'get', key: ['a'] };
const LONG = 'k'.repeat(251);
const BLOCK = 'hello\r\n';
const AFTER = 'get a\r\n';

export const MALFORMED: readonly MalformedRow[] = [
  lacking('', 'command'),
  lacking('x', 'command'),
  lacking('get', 'get'),
  lacking('gets', 'gets'),
  lacking('gat', 'gat'),
  differ('gat without a key', 'gat 10\r\n', [{ op: 'gat', exptime: 10, key: [] }], [{ op: 'gat', error: LINE }]),
  lacking('set k 0 0', 'set'),
  lacking('cas k 0 0 5', 'cas'),
  lacking('delete', 'delete'),
  lacking('incr k', 'incr'),
  lacking('touch k', 'touch'),
  lacking('verbosity', 'verbosity'),
  lacking('mg', 'mg'),
  lacking('ms', 'ms'),
  lacking('md', 'md'),
  lacking('ma', 'ma'),
  same('me without a key', 'me\r\n', { op: 'me', error: LINE }),
  same('ms without a length', 'ms k\r\n', { op: 'ms', error: LINE }),
  differ('spaces in front', '  get a\r\n', [get], [unknown]),
  same('an unknown command', `nonsense\r\n${AFTER}`, unknown, get),
  same('the block of an unknown command is read as commands', `sett a 0 0 5\r\n${AFTER}`, unknown, get),
  same('commands are lower case', `GET a\r\n${AFTER}`, unknown, get),
  same('an unknown meta command', 'mx k\r\n', unknown),
  same('HTTP', 'POST /a HTTP/1.0\r\n', { op: 'close' }),
  same('HTTP that begins like a command', 'get / HTTP/1.1\r\n', { op: 'get', key: ['/', 'HTTP/1.1'] }),

  // Keys.
  same('a key of 251 bytes', `get ${LONG}\r\n${AFTER}`, { op: 'get', error: LINE }, get),
  same('one among good ones', `get a ${LONG} b\r\n`, { op: 'get', error: LINE }),
  same('in delete', `delete ${LONG}\r\n`, { op: 'delete', error: LINE }),
  same('in incr', `incr ${LONG} 1\r\n`, { op: 'incr', error: LINE }),
  same('in touch', `touch ${LONG} 1\r\n`, { op: 'touch', error: LINE }),
  same('in mg', `mg ${LONG} v\r\n`, { op: 'mg', error: LINE }),
  same('in me', `me ${LONG}\r\n`, { op: 'me', error: LINE }),
  differ(
    'in set',
    `set ${LONG} 0 0 5\r\n${BLOCK}${AFTER}`,
    [{ op: 'set', error: LINE }, unknown, get],
    [{ op: 'set', error: LINE }, get],
  ),
  differ(
    'in ms',
    `ms ${LONG} 5\r\n${BLOCK}${AFTER}`,
    [{ op: 'ms', error: LINE }, unknown, get],
    [{ op: 'ms', error: LINE }, get],
  ),

  // Numbers.
  ...[
    'set k x 0 5',
    'set k -1 0 5',
    'set k 18446744073709551616 0 5',
    'set k 0 x 5',
    'set k 0 9223372036854775808 5',
  ].map((line) =>
    differ(
      line,
      `${line}\r\n${BLOCK}${AFTER}`,
      [{ op: 'set', error: LINE }, unknown, get],
      [{ op: 'set', error: LINE }, get],
    ),
  ),
  ...['cas k 0 0 5 x', 'cas k 0 0 5 -1', 'cas k 0 0 5 18446744073709551616'].map((line) =>
    differ(
      line,
      `${line}\r\n${BLOCK}${AFTER}`,
      [{ op: 'cas', error: LINE }, unknown, get],
      [{ op: 'cas', error: LINE }, get],
    ),
  ),
  ...['set k 0 0 x', 'set k 0 0 -1', 'set k 0 0 5.', 'set k 0 0 2147483646', 'set k 0 0 2147483647'].map((line) =>
    same(line, `${line}\r\n${AFTER}`, { op: 'set', error: LINE }, get),
  ),
  same('gat with a word', 'gat x a\r\n', { op: 'gat', error: 'CLIENT_ERROR invalid exptime argument' }),
  same('touch with a word', 'touch a x\r\n', { op: 'touch', error: 'CLIENT_ERROR invalid exptime argument' }),
  same('flush_all with a word', 'flush_all x\r\n', { op: 'flush_all', error: 'CLIENT_ERROR invalid exptime argument' }),
  same('incr by a word', 'incr a x\r\n', { op: 'incr', error: 'CLIENT_ERROR invalid numeric delta argument' }),
  same('incr by -1', 'incr a -1\r\n', { op: 'incr', error: 'CLIENT_ERROR invalid numeric delta argument' }),
  same('incr by 2^64', 'incr a 18446744073709551616\r\n', {
    op: 'incr',
    error: 'CLIENT_ERROR invalid numeric delta argument',
  }),
  differ(
    'delete with a delay',
    'delete a 5\r\n',
    [{ op: 'delete', error: 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]' }],
    [{ op: 'delete', key: 'a' }],
  ),

  // Too many words.
  differ(
    'set with seven words',
    `set k 0 0 5 1 2\r\n${BLOCK}${AFTER}`,
    [{ op: 'set', error: ERROR }, unknown, get],
    [{ op: 'set', key: 'k', value: 'hello', flags: 0, exptime: 0 }, get],
  ),
  differ(
    'touch with five words',
    'touch a 1 2 3\r\n',
    [{ op: 'touch', error: ERROR }],
    [{ op: 'touch', key: 'a', exptime: 1 }],
  ),

  // Blocks.
  // Of `hello\r\n`, five bytes are read, and the rest is an empty line.
  differ(
    'a block that is longer than it says',
    `set k 0 0 3\r\n${BLOCK}${AFTER}`,
    [{ op: 'set', error: CHUNK }, unknown, get],
    [{ op: 'set', error: CHUNK }, { op: 'command', error: LINE }, get],
  ),
  same(
    'a shorter one eats what follows',
    `set k 0 0 13\r\n${BLOCK}${AFTER}${AFTER}`,
    { op: 'set', error: CHUNK },
    unknown,
  ),
  same('a block that ends in a bare newline', `set k 0 0 5\r\nhello\n${AFTER}`, { op: 'set', error: CHUNK }, unknown),
  same(
    'noreply, and a bad block',
    `set k 0 0 1 noreply\r\nabc${AFTER}`,
    { op: 'set', noreply: true, error: CHUNK },
    get,
  ),
  differ(
    'noreply, and a bad line',
    `set k x 0 1 noreply\r\na\r\n${AFTER}`,
    [{ op: 'set', noreply: true, error: LINE }, unknown, get],
    [{ op: 'set', error: LINE }, get],
  ),
  same('a bad block of ms', `ms k 3 q\r\nhello${AFTER}`, { op: 'ms', error: CHUNK }, get),

  // Flags.
  same('mg with a flag twice', 'mg k v v\r\n', { op: 'mg', error: 'CLIENT_ERROR duplicate flag' }),
  same('mg with an argument twice', 'mg k T1 T2\r\n', { op: 'mg', error: 'CLIENT_ERROR duplicate flag' }),
  same('mg with an unknown flag', 'mg k y\r\n', { op: 'mg', error: 'CLIENT_ERROR invalid flag' }),
  same('mg with a digit for a flag', 'mg k 1\r\n', { op: 'mg', error: 'CLIENT_ERROR invalid flag' }),
  same('mg with a byte for a flag that is not ASCII', 'mg k ä\r\n', { op: 'mg', error: 'CLIENT_ERROR duplicate flag' }),
  same('mg with a bad number', 'mg k Tx\r\n', { op: 'mg', error: TOKEN }),
  same('mg without a number', 'mg k N v\r\n', { op: 'mg', error: TOKEN }),
  same('mg with a bad cas', 'mg k C-1\r\n', { op: 'mg', error: TOKEN }),
  same('mg with bad client flags', 'mg k Fx\r\n', { op: 'mg', error: LINE }),
  same('mg with a long opaque', `mg k O${'o'.repeat(32)}\r\n`, {
    op: 'mg',
    error: 'CLIENT_ERROR opaque token too long',
  }),
  same('mg of a key that is no base64', 'mg !!! b\r\n', { op: 'mg', error: 'CLIENT_ERROR error decoding key' }),
  same('me of a key that is no base64', 'me !!! b\r\n', { op: 'me', error: LINE }),
  differ(
    'md does not say which flag',
    'md k y\r\n',
    [{ op: 'md', error: 'CLIENT_ERROR invalid or duplicate flag' }],
    [{ op: 'md', error: 'CLIENT_ERROR invalid flag' }],
  ),
  same('nor does ma', 'ma k Dx\r\n', { op: 'ma', error: 'CLIENT_ERROR invalid or duplicate flag' }),
  same('ma with a bad mode', 'ma k MX\r\n', { op: 'ma', error: 'CLIENT_ERROR invalid mode for ma M token' }),
  same(
    'ms with a bad mode swallows the block',
    `ms k 5 MX\r\n${BLOCK}${AFTER}`,
    {
      op: 'ms',
      error: 'CLIENT_ERROR invalid mode for ms M token',
    },
    get,
  ),
  differ(
    'ms with a mode of two letters',
    `ms k 5 MSE\r\n${BLOCK}`,
    [{ op: 'ms', error: 'CLIENT_ERROR incorrect length for M token' }],
    [{ op: 'ms', key: 'k', flags: 'MSE', value: 'hello' }],
  ),
  same(
    'ms with a bad flag swallows the block',
    `ms k 5 y\r\n${BLOCK}${AFTER}`,
    {
      op: 'ms',
      error: 'CLIENT_ERROR invalid flag',
    },
    get,
  ),
  same('ms in its old form does not', `ms k S5\r\n${BLOCK}${AFTER}`, { op: 'ms', error: LINE }, unknown, get),
  differ(
    'mg with 20 words',
    `mg k ${'abcdefghijklmnopqr'.split('').join(' ')}\r\n`,
    [{ op: 'mg', error: 'CLIENT_ERROR options flags are too long' }],
    [{ op: 'mg', error: 'CLIENT_ERROR invalid flag' }],
  ),
  differ(
    'md with 21 words',
    `md k ${'abcdefghijklmnopqrs'.split('').join(' ')}\r\n`,
    [{ op: 'md', error: 'CLIENT_ERROR options flags too long' }],
    [{ op: 'md', error: 'CLIENT_ERROR options flags are too long' }],
  ),
  differ(
    'ms with 21 words',
    `ms k 5 ${'abcdefghijklmnopqr'.split('').join(' ')}\r\n${BLOCK}${AFTER}`,
    [{ op: 'ms', error: 'CLIENT_ERROR options flags too long' }, unknown, get],
    [{ op: 'ms', error: 'CLIENT_ERROR options flags are too long' }, get],
  ),
];
