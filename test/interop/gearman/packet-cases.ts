import type { Dialogue, Step } from './dialogue.ts';
import { packet, type PacketName, PACKETS, request } from './packets.ts';
import {
  canDo,
  complete,
  EXCEPTIONS,
  fail,
  getStatus,
  getStatusUnique,
  GRAB,
  GRABS,
  PRE_SLEEP,
  status,
  submit,
  SUBMITS,
} from './requests.ts';

/** All bytes there are, so also NUL, in an argument that is the last. */
const BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));

/** A worker with one job of a client. */
const RUNNING: readonly Step[] = [
  ['client', submit('data', 'u')],
  ['worker', canDo(), GRAB],
];

const STATUS: Step = ['admin', 'status\n'];

/** What a worker says of a job that it has. */
const WORDS: readonly (readonly [string, readonly ReturnType<typeof packet>[]])[] = [
  ['WORK_COMPLETE', [complete('{1}')]],
  ['WORK_COMPLETE with any bytes', [complete('{1}', BYTES)]],
  ['WORK_COMPLETE with nothing', [complete('{1}', '')]],
  ['WORK_FAIL', [fail('{1}')]],
  ['WORK_DATA', [packet('WORK_DATA', '{1}', BYTES), packet('WORK_DATA', '{1}', ''), complete('{1}')]],
  ['WORK_WARNING', [packet('WORK_WARNING', '{1}', BYTES), complete('{1}')]],
  ['WORK_STATUS', [status('{1}', '1', '2'), status('{1}', '2', '2'), complete('{1}')]],
  ['WORK_STATUS of no numbers', [status('{1}', 'abc', ''), complete('{1}')]],
  ['WORK_COMPLETE twice', [complete('{1}'), complete('{1}')]],
  ['WORK_FAIL twice', [fail('{1}'), fail('{1}')]],
  ['WORK_STATUS behind the end', [complete('{1}'), status('{1}', '1', '2')]],
  ['WORK_DATA behind the end', [complete('{1}'), packet('WORK_DATA', '{1}', 'late')]],
  ['WORK_WARNING behind the end', [complete('{1}'), packet('WORK_WARNING', '{1}', 'late')]],
  ['WORK_EXCEPTION behind the end', [complete('{1}'), packet('WORK_EXCEPTION', '{1}', 'late')]],
  ['WORK_FAIL behind WORK_COMPLETE', [complete('{1}'), fail('{1}')]],
];

/** What is no request, or none that there is. */
const NO_REQUESTS: readonly PacketName[] = [
  'UNUSED',
  'NOOP',
  'JOB_CREATED',
  'NO_JOB',
  'JOB_ASSIGN',
  'ECHO_RES',
  'ERROR',
  'STATUS_RES',
  'ALL_YOURS',
  'OPTION_RES',
  'JOB_ASSIGN_UNIQ',
  'JOB_ASSIGN_ALL',
  'STATUS_RES_UNIQUE',
];

/** How many arguments a packet of the server or an unused one has. */
const ARGUMENTS: Partial<Record<PacketName, number>> = {
  UNUSED: 0,
  NOOP: 0,
  NO_JOB: 0,
  ALL_YOURS: 0,
  JOB_CREATED: 1,
  ECHO_RES: 1,
  OPTION_RES: 1,
  ERROR: 2,
  JOB_ASSIGN: 3,
  JOB_ASSIGN_UNIQ: 4,
  STATUS_RES: 5,
  JOB_ASSIGN_ALL: 5,
  STATUS_RES_UNIQUE: 6,
};

/** Each packet that there is, said by whoever may say it and by who may not. */
export const PACKET_CASES: readonly [string, Dialogue][] = [
  ...SUBMITS.flatMap((how): [string, Dialogue][] => [
    [`${how}, and the whole life of the job`, [['client', submit(BYTES, 'u', how)], ...lifeOf()]],
    [`${how} without a unique`, [['client', submit('data', '', how)], ...lifeOf()]],
    [`${how} without data`, [['client', submit('', 'u', how)], ...lifeOf()]],
    [
      `${how} before and behind others of its kind`,
      [
        ['client', submit('1', 'a', how), submit('2', 'b', how), submit('3', 'c', how)],
        ['worker', canDo(), GRAB, GRAB, GRAB, GRAB],
        ['worker', complete('{2}'), complete('{3}'), complete('{1}')],
        STATUS,
      ],
    ],
  ]),
  ...GRABS.flatMap((grab): [string, Dialogue][] => [
    [`${grab} without a job`, [['worker', packet(grab)], ['worker', canDo(), packet(grab)], STATUS]],
    [
      `${grab} of a job with a unique and one without`,
      [
        ['client', submit(BYTES, 'u'), submit('', '')],
        ['worker', canDo(), packet(grab), packet(grab), packet(grab)],
        ['admin', 'show jobs\nshow unique jobs\nworkers\n'],
      ],
    ],
    [
      `${grab} of a job with a reducer`,
      [
        ['client', packet('SUBMIT_REDUCE_JOB', 'f', 'u', 'reducer', '0', BYTES)],
        ['worker', canDo(), packet(grab)],
        ['worker', complete('{1}', 'reduced')],
      ],
    ],
    [
      `${grab} with a payload`,
      [
        ['client', submit('data')],
        ['worker', canDo(), request(PACKETS[grab], 'payload')],
      ],
    ],
    [
      `${grab} of somebody who cannot do it`,
      [
        ['client', submit('data')],
        ['worker', canDo('g'), packet(grab)],
        ['idle', packet(grab)],
      ],
    ],
  ]),
  ...WORDS.flatMap(([what, words]): [string, Dialogue][] => [
    [`${what}, to a client`, [...RUNNING, ['worker', ...words], ['client', getStatus('{1}')], STATUS]],
    [
      `${what}, to clients with exceptions and without`,
      [
        ['wants', EXCEPTIONS, submit('data', 'u')],
        ['client', submit('data', 'u')],
        ['worker', canDo(), GRAB],
        ['worker', ...words],
        STATUS,
      ],
    ],
    [
      `${what}, to nobody`,
      [
        ['client', submit('data', 'u', 'SUBMIT_JOB_BG')],
        ['worker', canDo(), GRAB],
        ['worker', ...words],
        ['client', getStatus('{1}')],
        STATUS,
      ],
    ],
    [`${what}, of another worker's job`, [...RUNNING, ['other', canDo(), ...words], STATUS]],
  ]),
  ...(
    [
      ['WORK_COMPLETE', 'data'],
      ['WORK_FAIL'],
      ['WORK_STATUS', '1', '2'],
      ['WORK_DATA', 'data'],
      ['WORK_WARNING', 'data'],
      ['WORK_EXCEPTION', 'data'],
    ] as const
  ).flatMap(([name, ...args]): [string, Dialogue][] => [
    [`${name} of no job`, [['worker', packet(name, 'H:nobody:1', ...args)]]],
    [`${name} of what is no handle`, [['worker', packet(name, 'x', ...args), packet(name, '', ...args)]]],
    [
      `${name} of a job that waits`,
      [['client', submit('data')], ['worker', canDo(), packet(name, '{1}', ...args)], STATUS],
    ],
  ]),
  ...NO_REQUESTS.map((name): [string, Dialogue] => [
    `${name}, which is no request`,
    [
      ['client', packet(name, ...Array.from({ length: ARGUMENTS[name] ?? 0 }, () => '1'))],
      ['client', packet('ECHO_REQ', 'it goes on')],
    ],
  ]),
  [
    'ECHO_REQ',
    [['client', packet('ECHO_REQ', BYTES), packet('ECHO_REQ', ''), packet('ECHO_REQ', 'x'.repeat(100_000))]],
  ],
  ['OPTION_REQ', [['client', EXCEPTIONS, packet('OPTION_REQ', 'EXCEPTIONS'), packet('OPTION_REQ', 'Exceptions')]]],
  ['OPTION_REQ of an unknown one', [['client', packet('OPTION_REQ', 'nothing'), packet('OPTION_REQ', '')]]],
  [
    'SET_CLIENT_ID',
    [
      ['worker', packet('SET_CLIENT_ID', 'me'), canDo()],
      ['admin', 'workers\n'],
    ],
  ],
  [
    'SET_CLIENT_ID twice',
    [
      ['worker', packet('SET_CLIENT_ID', 'me'), packet('SET_CLIENT_ID', 'you')],
      ['admin', 'workers\n'],
    ],
  ],
  [
    'SET_CLIENT_ID of a client',
    [
      ['client', packet('SET_CLIENT_ID', 'me'), submit('data')],
      ['admin', 'workers\n'],
    ],
  ],
  [
    'SET_CLIENT_ID of 127 and of more bytes',
    [
      ['worker', packet('SET_CLIENT_ID', 'i'.repeat(127))],
      ['other', packet('SET_CLIENT_ID', 'j'.repeat(128))],
      ['third', packet('SET_CLIENT_ID', 'k'.repeat(500))],
      ['admin', 'workers\n'],
    ],
  ],
  [
    'CAN_DO of several functions',
    [
      ['worker', canDo('a'), canDo('b'), canDo('c')],
      ['admin', 'status\n'],
    ],
  ],
  ['CAN_DO of the same by several workers', [['one', canDo()], ['two', canDo()], ['three', canDo()], STATUS]],
  ['CAN_DO of a long name', [['worker', canDo('n'.repeat(512))], STATUS]],
  [
    'CAN_DO of an empty name',
    [['worker', canDo('')], ['client', submit('data', '', 'SUBMIT_JOB', '')], ['worker', GRAB], STATUS],
  ],
  [
    'CAN_DO_TIMEOUT',
    [['worker', packet('CAN_DO_TIMEOUT', 'f', '60000')], ['client', submit('data')], ['worker', GRAB], STATUS],
  ],
  [
    'CAN_DO_TIMEOUT of none',
    [['worker', packet('CAN_DO_TIMEOUT', 'f', '0')], ['client', submit('data')], ['worker', GRAB], STATUS],
  ],
  ['CANT_DO', [['worker', canDo(), packet('CANT_DO', 'f')], STATUS, ['client', submit('data')], ['worker', GRAB]]],
  ['CANT_DO of what it never could', [['worker', packet('CANT_DO', 'f')], STATUS]],
  [
    'CANT_DO of one of two',
    [
      ['worker', canDo('f'), canDo('g'), packet('CANT_DO', 'f')],
      STATUS,
      ['client', submit('data'), submit('other', '', 'SUBMIT_JOB', 'g')],
      ['worker', GRAB, GRAB],
    ],
  ],
  [
    'CANT_DO while running',
    [
      ...RUNNING,
      ['worker', packet('CANT_DO', 'f')],
      STATUS,
      ['client', getStatus('{1}')],
      ['worker', complete('{1}')],
      STATUS,
    ],
  ],
  [
    'CANT_DO while running, and another worker sleeps',
    [
      ...RUNNING,
      ['other', canDo(), PRE_SLEEP],
      ['worker', packet('CANT_DO', 'f')],
      ['other', GRAB],
      ['worker', complete('{1}')],
      ['other', complete('{1}', 'other')],
      STATUS,
    ],
  ],
  [
    'RESET_ABILITIES',
    [
      ['worker', canDo('f'), canDo('g'), packet('RESET_ABILITIES')],
      STATUS,
      ['client', submit('data')],
      ['worker', GRAB],
    ],
  ],
  [
    'RESET_ABILITIES while running',
    [...RUNNING, ['worker', packet('RESET_ABILITIES')], STATUS, ['worker', complete('{1}')], STATUS],
  ],
  ['RESET_ABILITIES of nothing', [['worker', packet('RESET_ABILITIES')], STATUS]],
  [
    'GET_STATUS of a job that waits, runs, tells and is over',
    [
      ['client', submit('data', 'u')],
      ['client', getStatus('{1}')],
      ['worker', canDo(), GRAB],
      ['client', getStatus('{1}')],
      ['worker', status('{1}', '3', '4')],
      ['asker', getStatus('{1}')],
      ['worker', complete('{1}')],
      ['client', getStatus('{1}')],
    ],
  ],
  ['GET_STATUS of no job', [['client', getStatus('H:nobody:1'), getStatus('x'), getStatus('')]]],
  [
    'GET_STATUS_UNIQUE of a job that waits, runs, tells and is over',
    [
      ['client', submit('data', 'u')],
      ['client', getStatusUnique('u')],
      ['worker', canDo(), GRAB],
      ['client', getStatusUnique('u')],
      ['worker', status('{1}', '3', '4')],
      ['asker', getStatusUnique('u')],
      ['worker', complete('{1}')],
      ['client', getStatusUnique('u')],
    ],
  ],
  [
    'GET_STATUS_UNIQUE of several clients',
    [
      ['one', submit('data', 'u')],
      ['two', submit('data', 'u')],
      ['two', getStatusUnique('u')],
      ['three', submit('data', 'u', 'SUBMIT_JOB_BG'), getStatusUnique('u')],
    ],
  ],
  ['GET_STATUS_UNIQUE of no job', [['client', getStatusUnique('none')]]],
  [
    'SUBMIT_JOB_EPOCH of long ago, of now and of what is no time',
    [
      [
        'client',
        packet('SUBMIT_JOB_EPOCH', 'f', 'a', '1', 'past'),
        packet('SUBMIT_JOB_EPOCH', 'f', 'b', '0', 'now'),
        packet('SUBMIT_JOB_EPOCH', 'f', 'c', 'soon', 'soon'),
      ],
      ['worker', canDo(), GRAB, GRAB, GRAB, GRAB],
      STATUS,
    ],
  ],
  [
    'SUBMIT_JOB_EPOCH of the year 2100',
    [
      ['client', packet('SUBMIT_JOB_EPOCH', 'f', 'a', '4102444800', 'then')],
      ['client', getStatus('{1}')],
      ['worker', canDo(), GRAB, PRE_SLEEP],
      STATUS,
      ['admin', 'show jobs\nshow unique jobs\n'],
    ],
  ],
  ['SUBMIT_REDUCE_JOB', [['client', packet('SUBMIT_REDUCE_JOB', 'f', 'u', 'reducer', '0', BYTES)], ...lifeOf()]],
  [
    'SUBMIT_REDUCE_JOB_BACKGROUND',
    [['client', packet('SUBMIT_REDUCE_JOB_BACKGROUND', 'f', 'u', 'reducer', '0', BYTES)], ...lifeOf()],
  ],
];

/** What becomes of the only job there is, and who hears of it. */
function lifeOf(): Step[] {
  return [
    ['admin', 'status\nprioritystatus\nshow jobs\nshow unique jobs\n'],
    ['client', getStatus('{1}')],
    ['worker', canDo(), packet('GRAB_JOB_ALL')],
    ['admin', 'status\nprioritystatus\nshow jobs\n'],
    ['worker', status('{1}', '1', '3'), packet('WORK_DATA', '{1}', 'some'), packet('WORK_WARNING', '{1}', 'careful')],
    ['client', getStatus('{1}')],
    ['worker', complete('{1}', BYTES)],
    ['client', getStatus('{1}')],
    ['admin', 'status\n'],
  ];
}
