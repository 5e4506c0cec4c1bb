import type { Plain } from './plain.ts';

/** A request on the wire, and what it is. */
export interface RequestRow {
  readonly name: string;
  readonly bytes: string;
  readonly is: readonly Plain[];
  /** Whether a client that sends what it is sends these bytes. */
  readonly canonical?: boolean;
}

const row = (name: string, bytes: string, ...is: Plain[]): RequestRow => ({ name, bytes, is });
const canonical = (name: string, bytes: string, ...is: Plain[]): RequestRow => ({ name, bytes, is, canonical: true });

const KEY250 = 'k'.repeat(250);
const stored = { key: 'k', value: 'hello', flags: 0, exptime: 0 };

export const REQUESTS: readonly RequestRow[] = [
  // Asking for items.
  canonical('get', 'get k\r\n', { op: 'get', key: ['k'] }),
  canonical('get of two keys', 'get one two\r\n', { op: 'get', key: ['one', 'two'] }),
  canonical(
    'get of keys from 1 to 20 bytes',
    `get ${Array.from({ length: 20 }, (_, i) => 'x'.repeat(i + 1)).join(' ')}\r\n`,
    {
      op: 'get',
      key: Array.from({ length: 20 }, (_, i) => 'x'.repeat(i + 1)),
    },
  ),
  canonical('get of 100 keys', `get ${Array.from({ length: 100 }, (_, i) => `key:${i}`).join(' ')}\r\n`, {
    op: 'get',
    key: Array.from({ length: 100 }, (_, i) => `key:${i}`),
  }),
  canonical('get of a key of 250 bytes', `get ${KEY250}\r\n`, { op: 'get', key: [KEY250] }),
  canonical('gets', 'gets a b\r\n', { op: 'gets', key: ['a', 'b'] }),
  canonical('gat', 'gat 100 a b\r\n', { op: 'gat', exptime: 100, key: ['a', 'b'] }),
  canonical('gats', 'gats -1 a\r\n', { op: 'gats', exptime: -1, key: ['a'] }),
  row('the same key twice', 'get a a\r\n', { op: 'get', key: ['a', 'a'] }),
  row('bget', 'bget a\r\n', { op: 'get', key: ['a'] }),
  row('a bare newline', 'get k\nget l\n', { op: 'get', key: ['k'] }, { op: 'get', key: ['l'] }),
  row('runs of spaces', '  get   a   b  \r\n', { op: 'get', key: ['a', 'b'] }),
  row('a tab in a key', 'get a\tb\r\n', { op: 'get', key: ['a\tb'] }),
  row('a carriage return in a key', 'get a\rb\r\n', { op: 'get', key: ['a\rb'] }),
  row('control characters in a key', 'get \u0001\u007f\r\n', { op: 'get', key: ['\u0001\u007f'] }),
  row('a key that is not ASCII', 'get ä\r\n', { op: 'get', key: ['Ã¤'] }),
  row('a list of no keys', 'gat 10\r\n', { op: 'gat', exptime: 10, key: [] }),

  // Storing.
  canonical('set', 'set k 0 0 5\r\nhello\r\n', { op: 'set', ...stored }),
  canonical('set of nothing', 'set k 0 0 0\r\n\r\n', { op: 'set', ...stored, value: '' }),
  canonical('set with flags and exptime', 'set k 4294967295 2592000 5\r\nhello\r\n', {
    op: 'set',
    ...stored,
    flags: 0xffff_ffff,
    exptime: 2_592_000,
  }),
  canonical('set with a negative exptime', 'set k 0 -1 5\r\nhello\r\n', { op: 'set', ...stored, exptime: -1 }),
  canonical('set noreply', 'set k 0 0 5 noreply\r\nhello\r\n', { op: 'set', ...stored, noreply: true }),
  canonical('a value of line ends and commands', 'set k 0 0 20\r\nget a\r\n\r\nget b\r\n\r\n\r\n\r\n', {
    op: 'set',
    ...stored,
    value: 'get a\r\n\r\nget b\r\n\r\n\r\n',
  }),
  canonical('a value of 5000 bytes', `set k 0 0 5000\r\n${'v'.repeat(5000)}\r\n`, {
    op: 'set',
    ...stored,
    value: 'v'.repeat(5000),
  }),
  canonical('add', 'add k 1 2 5\r\nhello\r\n', { op: 'add', ...stored, flags: 1, exptime: 2 }),
  canonical('replace', 'replace k 0 0 5\r\nhello\r\n', { op: 'replace', ...stored }),
  canonical('append', 'append k 0 0 5\r\nhello\r\n', { op: 'append', ...stored }),
  canonical('prepend', 'prepend k 0 0 5 noreply\r\nhello\r\n', { op: 'prepend', ...stored, noreply: true }),
  canonical('cas', 'cas k 0 0 5 17\r\nhello\r\n', { op: 'cas', ...stored, cas: 17 }),
  canonical('cas noreply', 'cas k 0 0 5 0 noreply\r\nhello\r\n', { op: 'cas', ...stored, cas: 0, noreply: true }),
  canonical('cas of 2^53 - 1', 'cas k 0 0 5 9007199254740991\r\nhello\r\n', {
    op: 'cas',
    ...stored,
    cas: 9_007_199_254_740_991,
  }),
  canonical('cas of 2^53', 'cas k 0 0 5 9007199254740992\r\nhello\r\n', {
    op: 'cas',
    ...stored,
    cas: 9_007_199_254_740_992n,
  }),
  canonical('cas of 2^64 - 1', 'cas k 0 0 5 18446744073709551615\r\nhello\r\n', {
    op: 'cas',
    ...stored,
    cas: 18_446_744_073_709_551_615n,
  }),
  row('a line with a bare newline', 'set k 0 0 5\nhello\r\n', { op: 'set', ...stored }),
  row('a sixth word that is not noreply', 'set k 0 0 5 please\r\nhello\r\n', { op: 'set', ...stored }),
  row('flags of 2^32', 'set k 4294967296 0 5\r\nhello\r\n', { op: 'set', ...stored }),
  row('flags of 2^64 - 1', 'set k 18446744073709551615 0 5\r\nhello\r\n', { op: 'set', ...stored, flags: 0xffff_ffff }),
  row('leading zeros', 'set k 00 007 0005\r\nhello\r\n', { op: 'set', ...stored, exptime: 7 }),
  row('numbers with a plus', 'set k +1 +2 +5\r\nhello\r\n', { op: 'set', ...stored, flags: 1, exptime: 2 }),
  row('an exptime of -2^31', 'set k 0 -2147483648 5\r\nhello\r\n', { op: 'set', ...stored, exptime: -2_147_483_648 }),

  row('an exptime of 2^31', 'set k 0 2147483648 5\r\nhello\r\n', { op: 'set', ...stored, exptime: -2_147_483_648 }),
  row('an exptime in ms', 'set k 0 1700000000000 5\r\nhello\r\n', {
    op: 'set',
    ...stored,
    exptime: 1_700_000_000_000 | 0,
  }),
  row('an exptime of -2^63', 'set k 0 -9223372036854775808 5\r\nhello\r\n', { op: 'set', ...stored }),

  // The others that have a key.
  canonical('delete', 'delete k\r\n', { op: 'delete', key: 'k' }),
  canonical('delete noreply', 'delete k noreply\r\n', { op: 'delete', key: 'k', noreply: true }),
  row('delete with a delay of 0', 'delete k 0\r\n', { op: 'delete', key: 'k' }),
  row('delete with a delay of 0 noreply', 'delete k 0 noreply\r\n', { op: 'delete', key: 'k', noreply: true }),
  canonical('incr', 'incr k 5\r\n', { op: 'incr', key: 'k', delta: 5 }),
  canonical('incr by 2^64 - 1', 'incr k 18446744073709551615\r\n', {
    op: 'incr',
    key: 'k',
    delta: 18_446_744_073_709_551_615n,
  }),
  canonical('decr noreply', 'decr k 1 noreply\r\n', { op: 'decr', key: 'k', delta: 1, noreply: true }),
  row('a delta of many zeros', `incr k ${'0'.repeat(30)}7\r\n`, { op: 'incr', key: 'k', delta: 7 }),
  canonical('touch', 'touch k 10\r\n', { op: 'touch', key: 'k', exptime: 10 }),
  canonical('touch noreply', 'touch k -5 noreply\r\n', { op: 'touch', key: 'k', exptime: -5, noreply: true }),

  // Those that have none.
  row('flush_all', 'flush_all\r\n', { op: 'flush_all', exptime: 0 }),
  row('flush_all noreply', 'flush_all noreply\r\n', { op: 'flush_all', exptime: 0, noreply: true }),
  canonical('flush_all with a delay', 'flush_all 10\r\n', { op: 'flush_all', exptime: 10 }),
  canonical('flush_all with a delay noreply', 'flush_all 0 noreply\r\n', {
    op: 'flush_all',
    exptime: 0,
    noreply: true,
  }),
  canonical('version', 'version\r\n', { op: 'version' }),
  row('version with words', 'version 1 2\r\n', { op: 'version' }),
  canonical('quit', 'quit\r\n', { op: 'quit' }),
  row('quit with words', 'quit now\r\n', { op: 'quit' }),
  canonical('verbosity', 'verbosity 1\r\n', { op: 'verbosity', tokens: ['verbosity', '1'] }),
  canonical('stats', 'stats\r\n', { op: 'stats', tokens: ['stats'] }),
  canonical('stats with words', 'stats cachedump 1 100\r\n', {
    op: 'stats',
    tokens: ['stats', 'cachedump', '1', '100'],
  }),
  ...[
    'shutdown',
    'shutdown graceful',
    'cache_memlimit 64',
    'slabs reassign 1 2',
    'slabs automove 0',
    'lru tune 10 20 0.1 2.0',
    'lru_crawler metadump all',
    'watch fetchers mutations',
    'refresh_certs',
    'config get cluster',
  ].map((line) => canonical(line, `${line}\r\n`, { op: 'command', tokens: line.split(' ') })),
  row('what ends in a version of HTTP', 'GET / HTTP/1.1\r\n', { op: 'close' }),

  // Meta commands.
  canonical('mg', 'mg k\r\n', { op: 'mg', key: 'k', flags: '' }),
  canonical('mg v', 'mg k v\r\n', { op: 'mg', key: 'k', flags: 'v' }),
  canonical('mg with all that it returns', 'mg k c f h k l O123 q s t u v\r\n', {
    op: 'mg',
    key: 'k',
    flags: 'c f h k l O123 q s t u v',
  }),
  canonical('mg with arguments', 'mg k C7 E8 N30 R20 T-1 P0 Lx v\r\n', {
    op: 'mg',
    key: 'k',
    flags: 'C7 E8 N30 R20 T-1 P0 Lx v',
  }),
  canonical('mg of a base64 key', 'mg AAEgCg== b v\r\n', {
    op: 'mg',
    key: '\u0000\u0001 \n',
    flags: 'v',
    base64: true,
  }),
  canonical('ms', 'ms k 5\r\nhello\r\n', { op: 'ms', key: 'k', flags: '', value: 'hello' }),
  canonical('ms with flags', 'ms k 5 c k O1 q s I C1 E2 F3 T4 MA N5\r\nhello\r\n', {
    op: 'ms',
    key: 'k',
    flags: 'c k O1 q s I C1 E2 F3 T4 MA N5',
    value: 'hello',
  }),
  canonical('ms of nothing', 'ms k 0 T0\r\n\r\n', { op: 'ms', key: 'k', flags: 'T0', value: '' }),
  canonical('md', 'md k\r\n', { op: 'md', key: 'k', flags: '' }),
  canonical('md with flags', 'md k k q O2 I T30 C9 E10 x\r\n', { op: 'md', key: 'k', flags: 'k q O2 I T30 C9 E10 x' }),
  canonical('ma', 'ma k\r\n', { op: 'ma', key: 'k', flags: '' }),
  canonical('ma with flags', 'ma k N0 J18446744073709551615 D2 MD t c v\r\n', {
    op: 'ma',
    key: 'k',
    flags: 'N0 J18446744073709551615 D2 MD t c v',
  }),
  canonical(
    'ma with signs as modes',
    'ma k M+\r\nma k M-\r\n',
    { op: 'ma', key: 'k', flags: 'M+' },
    { op: 'ma', key: 'k', flags: 'M-' },
  ),
  canonical('mn', 'mn\r\n', { op: 'mn' }),
  row('mn with words', 'mn a b\r\n', { op: 'mn' }),
  canonical('me', 'me k\r\n', { op: 'me', key: 'k', flags: '' }),
  canonical('me of a base64 key', 'me YQ== b\r\n', { op: 'me', key: 'a', flags: '', base64: true }),
  canonical('an opaque of 31 bytes', `mg k O${'o'.repeat(31)}\r\n`, {
    op: 'mg',
    key: 'k',
    flags: `O${'o'.repeat(31)}`,
  }),
];
