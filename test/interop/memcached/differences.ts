import { Buffer } from 'node:buffer';

import type { Dialogue } from './dialogue.ts';

/** Where we answer otherwise than memcached 1.6.18, and mean to. */
export interface Difference {
  readonly what: string;
  readonly why: string;
  /** What both are sent. */
  readonly dialogue: Dialogue;
  /** What ours answers, at the end, and the real one does not. */
  readonly ours: string | RegExp;
}

/** All of them: there are to be at most 12. */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'flags of meta commands that came after 1.6.18: E, x, s of ms, C of mg, N of ms',
    why: 'clients of today send them, and to those of then it makes no difference',
    dialogue: ['delete a\r\n', 'ms a 2 MA N30 s\r\nhi\r\n', 'md a x\r\n', 'ms a 1 E77 c\r\n1\r\n', 'mg a v\r\n'],
    ours: 'VA 1\r\n1\r\nMN\r\n',
  },
  {
    what: 'T of ma on a value that gets longer',
    why: 'memcached gives the new time to the item that it has just replaced',
    dialogue: ['set a 0 100 1\r\n9\r\n', 'ma a T1000\r\n', 'mg a t\r\n'],
    ours: 'HD t1000\r\nMN\r\n',
  },
  {
    what: 'a NUL byte in a line',
    why: 'to memcached the line ends there, which is a way to hide what stands behind it',
    dialogue: ['version\0x\r\n'],
    ours: 'ERROR\r\nMN\r\n',
  },
  {
    what: 'a number with something else behind it, and a length of more than 31 bits',
    why: 'memcached takes what strtol takes, and of a length the lower 32 bits: the value is then read as commands',
    dialogue: ['set a 0 0 1\r\n5\r\n', 'incr a \t1\r\nset a 0 0 4294967297\r\n'],
    ours: 'CLIENT_ERROR invalid numeric delta argument\r\nCLIENT_ERROR bad command line format\r\nMN\r\n',
  },
  {
    what: 'a flush to come behind one at once',
    why: 'in memcached it brings back what was flushed before, since there is one time for both',
    dialogue: ['set a 0 0 1\r\n1\r\n', 'flush_all\r\nflush_all 100\r\n', 'get a\r\n'],
    ours: 'END\r\nMN\r\n',
  },
  {
    what: 'a key that is not base64',
    why: 'memcached skips over what is none: several texts would be one key',
    dialogue: ['mg Y!Q== b k\r\n'],
    ours: 'CLIENT_ERROR error decoding key\r\nMN\r\n',
  },
  {
    what: 'ma with an opaque that is too long',
    why: 'memcached changes the item, and then refuses',
    dialogue: ['set a 0 0 1\r\n5\r\n', `ma a O${'x'.repeat(32)}\r\n`, 'get a\r\n'],
    ours: 'VALUE a 0 1\r\n5\r\nEND\r\nMN\r\n',
  },
  {
    what: 'a line of more than 2048 bytes that came as a whole',
    why: 'what becomes of bytes must not depend on how a network cuts them: in pieces, it ends the connection there, too',
    dialogue: [`${'z'.repeat(3000)}\r\n`],
    ours: '(closed)',
  },
  {
    what: 'an unknown opcode with a body',
    why: 'memcached skips the body twice, and loses the request behind it',
    dialogue: [
      Buffer.from(
        '80c0000100000000000000030000000500000000000000006162'.concat(
          '63800b0000000000000000000000000006',
          '00'.repeat(8),
        ),
        'hex',
      ),
    ],
    ours: [
      '81c00000000000810000000f000000050000000000000000 Unknown command',
      '810b00000000000000000006000000060000000000000000 1.6.18',
      '810a00000000000000000000deadbeef0000000000000000 ',
    ].join('\n'),
  },
  {
    what: 'slabs reassign and automove',
    why: 'pages go to the sizes that need them by themselves',
    dialogue: ['slabs reassign 1 2\r\n'],
    ours: 'CLIENT_ERROR slab reassignment disabled\r\nMN\r\n',
  },
  {
    what: 'statistics of what there is not: settings of slabs, threads and storage, and the numbers of file descriptors',
    why: 'a setting that cannot be set is none',
    dialogue: ['stats settings\r\n'],
    ours: /STAT num_threads 1\r\n[^]*STAT slab_reassign no\r\n/,
  },
  {
    what: 'k of an item that was stored with a key in base64, to who asks with the same key in plain',
    why: 'the key is told as it was asked for; memcached tells it as it was stored',
    dialogue: ['ms YWJj 3 b\r\none\r\n', 'mg abc k\r\n'],
    ours: 'HD kabc\r\nMN\r\n',
  },
];
