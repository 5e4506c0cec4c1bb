import type { Dialogue } from './dialogue.ts';
import { part } from './dialogue.ts';
import { frame, packet, PACKETS, request } from './packets.ts';
import { canDo, GRAB, submit } from './requests.ts';

const ECHO = packet('ECHO_REQ', 'it goes on');
const SUBMIT = request(PACKETS.SUBMIT_JOB, 'f\0u\0data');

/** Bytes that are not as they are to be, or come in pieces, to which both answer the same. */
export const MALFORMED_CASES: readonly [string, Dialogue][] = [
  [
    'a request with the magic of an answer',
    [
      ['client', frame('\0RES', PACKETS.ECHO_REQ, 'x')],
      ['client', ECHO],
    ],
  ],
  [
    'an answer',
    [
      ['client', frame('\0RES', PACKETS.ECHO_RES, 'x')],
      ['client', ECHO],
    ],
  ],
  ...[1, 4, 8, 11, 12, 13, 14, 15, SUBMIT.length - 1].map((at): [string, Dialogue] => [
    `a packet in two pieces, ${at} bytes and the rest`,
    [
      ['client', part(SUBMIT.subarray(0, at))],
      ['client', SUBMIT.subarray(at)],
      ['worker', canDo(), GRAB],
    ],
  ]),
  [
    'a line in two pieces',
    [
      ['admin', part(Buffer.from('sta'))],
      ['admin', 'tus\n'],
    ],
  ],
  [
    'a line of which only the end is missing',
    [
      ['admin', part(Buffer.from('status\r'))],
      ['admin', '\n'],
    ],
  ],
  [
    'a payload on RESET_ABILITIES',
    [
      ['worker', canDo(), request(PACKETS.RESET_ABILITIES, 'payload')],
      ['worker', ECHO],
      ['admin', 'status\n'],
    ],
  ],
  [
    'nothing but NULs',
    [
      ['client', request(PACKETS.SUBMIT_JOB, '\0\0\0\0')],
      ['client', submit('more', '')],
      ['admin', 'status\n'],
    ],
  ],
  [
    'a function of an empty name',
    [
      ['client', submit('data', 'u', 'SUBMIT_JOB', '')],
      ['admin', 'status\n'],
      ['worker', canDo(''), GRAB],
    ],
  ],
  [
    'names with spaces, tabs and line feeds',
    [
      ['worker', canDo('a b\tc\nd')],
      ['client', submit('data', 'e f\tg\nh', 'SUBMIT_JOB', 'a b\tc\nd')],
      ['worker', GRAB],
    ],
  ],
  [
    'names of any bytes',
    [
      ['worker', canDo('\xff\x01\x7f')],
      ['client', submit('data', '\xff\x01\x7f', 'SUBMIT_JOB', '\xff\x01\x7f')],
      ['worker', packet('GRAB_JOB_UNIQ')],
    ],
  ],
  [
    'a large payload',
    [
      ['client', submit('x'.repeat(500_000))],
      ['worker', canDo(), GRAB],
    ],
  ],
  [
    'many packets at once',
    [
      ['client', ...Array.from({ length: 300 }, (_, i) => submit(`${i}`))],
      ['worker', canDo(), ...Array.from({ length: 301 }, () => GRAB)],
    ],
  ],
  ['a line of five words', [['admin', 'maxqueue f 1 2 3\n']]],
];
