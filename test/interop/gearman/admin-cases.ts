import { type Dialogue, LEAVE, type Step } from './dialogue.ts';
import { packet } from './packets.ts';
import { canDo, complete, fail, GRAB, PRE_SLEEP, submit } from './requests.ts';

/** Some of everything: jobs of each priority, of which one runs, a worker and a sleeper. */
const SCENE: readonly Step[] = [
  ['client', submit('1', 'u'), submit('2', '', 'SUBMIT_JOB_HIGH'), submit('3', 'v', 'SUBMIT_JOB_LOW_BG')],
  ['client', submit('4', '', 'SUBMIT_JOB', 'g'), submit('5', 'w', 'SUBMIT_JOB_BG', 'g')],
  ['worker', packet('SET_CLIENT_ID', 'me'), canDo(), GRAB],
  ['sleeper', canDo('h'), PRE_SLEEP],
];

const COMMANDS: readonly string[] = [
  'status',
  'prioritystatus',
  'workers',
  'show jobs',
  'show unique jobs',
  'version',
  'getpid',
  'verbose',
  'maxqueue',
  'maxqueue f',
  'maxqueue f 1',
  'maxqueue f 0',
  'maxqueue f -1',
  'maxqueue f abc',
  'maxqueue f 1 2 3',
  'maxqueue f 1 2',
  'cancel job H:nobody:1',
  'cancel x y',
  'cancel',
  'cancel job',
  'create',
  'create function',
  'create x y',
  'drop',
  'drop function',
  'drop function f',
  'drop function h',
  'drop function none',
  'drop x y',
  'show',
  'show x',
  'show unique',
  'show unique x',
  'nonsense',
  'nonsense and more',
  'statusx',
  '',
  ' status',
  '  status',
  'status ',
  'status x y',
  'version x',
];

/** Letters of a line, every other one large. */
function mixed(text: string): string {
  return text.replaceAll(/\w/g, (letter, at: number) => (at % 2 === 0 ? letter.toUpperCase() : letter));
}

/** Commands whose first word is known, with it in other letters. */
function inOtherCase(command: string): string {
  const [word = '', ...rest] = command.split(' ');
  return [mixed(word), ...rest].join(' ');
}

const LOOK: Step = ['admin', 'status\nprioritystatus\nshow jobs\n'];

/** What an administrator asks for, in lines. */
export const ADMIN_CASES: readonly [string, Dialogue][] = [
  ...COMMANDS.flatMap((command): [string, Dialogue][] => [
    [`"${command}", LF`, [['admin', `${command}\n`]]],
    [`"${command}", CRLF`, [['admin', `${command}\r\n`]]],
    [`"${command}" while things go on`, [...SCENE, ['admin', `${command}\n`], LOOK]],
  ]),
  ...[
    'status',
    'prioritystatus',
    'workers',
    'show jobs',
    'show unique jobs',
    'version',
    'getpid',
    'verbose',
    'maxqueue f 5',
    'cancel job H:nobody:1',
    'drop function none',
    'maxqueue',
  ].map((command): [string, Dialogue] => [
    `"${inOtherCase(command)}"`,
    [...SCENE, ['admin', `${inOtherCase(command)}\n`]],
  ]),
  [
    'arguments in other letters',
    [
      ...SCENE,
      [
        'admin',
        'show JOBS\nshow UNIQUE jobs\nSHOW unique JOBS\ncancel JOB H:nobody:1\ncreate FUNCTION x\r\ndrop FUNCTION x\r\n',
      ],
    ],
  ],
  ['a limit of a function that is still to come', [['admin', 'maxqueue f 5\n']]],
  [
    'commands at once, and packets between',
    [
      ...SCENE,
      ['admin', 'version\nstatus\n', packet('ECHO_REQ', 'between'), 'verbose\r\n', submit('data'), 'workers\n'],
    ],
  ],
  ['a worker that asks', [['worker', canDo(), 'status\n', GRAB, 'workers\n']]],
  [
    'create function, and a worker for it',
    [
      ['admin', 'create function new\r\nstatus\n'],
      ['worker', canDo('new')],
      ['admin', 'status\n'],
      ['admin', 'create function new\r\nstatus\n'],
    ],
  ],
  [
    'drop a function that nobody needs',
    [
      ['worker', canDo('old')],
      ['worker', LEAVE],
      ['admin', 'status\ndrop function old\r\nstatus\n'],
    ],
  ],
  [
    'drop a function that nobody needs, with LF',
    [
      ['worker', canDo('old')],
      ['worker', LEAVE],
      ['admin', 'drop function old\nstatus\n'],
    ],
  ],
  [
    'drop a function that has a worker',
    [
      ['worker', canDo('f')],
      ['admin', 'drop function f\r\nstatus\n'],
    ],
  ],
  [
    'drop a function whose job is over',
    [
      ['client', submit('data')],
      ['worker', canDo(), GRAB],
      ['worker', complete('{1}')],
      ['worker', LEAVE],
      ['admin', 'drop function f\r\nstatus\n'],
    ],
  ],
  [
    'names of functions in other letters',
    [
      ['worker', canDo('Name')],
      ['admin', 'create function nAME\r\nstatus\n'],
      ['client', submit('data', '', 'SUBMIT_JOB', 'NAME')],
      ['worker', GRAB],
      ['admin', 'status\n'],
    ],
  ],
  [
    'cancel a job that waits',
    [
      ['client', submit('data', 'u')],
      ['admin', 'cancel job {1}\n'],
      ['worker', canDo(), GRAB],
      ['admin', 'status\nshow jobs\n'],
    ],
  ],
  [
    'cancel a job that waits, CRLF',
    [['client', submit('data', 'u')], ['admin', 'cancel job {1}\r\n'], ['worker', canDo(), GRAB], LOOK],
  ],
  [
    'cancel a background job that waits',
    [['client', submit('data', 'u', 'SUBMIT_JOB_BG')], ['admin', 'cancel job {1}\n'], ['worker', canDo(), GRAB], LOOK],
  ],
  [
    'cancel a job of two clients',
    [
      ['one', submit('data', 'u')],
      ['two', submit('data', 'u')],
      ['admin', 'cancel job {1}\n'],
      ['worker', canDo(), GRAB],
      LOOK,
    ],
  ],
  [
    'cancel a job that is over',
    [
      ['client', submit('data')],
      ['worker', canDo(), GRAB],
      ['worker', complete('{1}')],
      ['admin', 'cancel job {1}\n'],
    ],
  ],
  [
    'cancel one of several jobs',
    [
      ['client', submit('1'), submit('2'), submit('3')],
      ['admin', 'cancel job {2}\n'],
      ['worker', canDo(), GRAB, GRAB, GRAB],
      LOOK,
    ],
  ],
  [
    'a limit, and a job that is there already',
    [
      ['worker', canDo()],
      ['admin', 'maxqueue f 1\n'],
      ['client', submit('1', 'u'), submit('2', 'u'), submit('3', 'v')],
      LOOK,
    ],
  ],
  [
    'a limit that is taken back',
    [
      ['worker', canDo()],
      ['admin', 'maxqueue f 1\n'],
      ['client', submit('1'), submit('2')],
      ['admin', 'maxqueue f\n'],
      ['client', submit('3')],
      LOOK,
    ],
  ],
  [
    'a limit of background jobs of a function without worker',
    [
      ['client', submit('1', '', 'SUBMIT_JOB_BG')],
      ['admin', 'maxqueue f 1\n'],
      ['client', submit('2', '', 'SUBMIT_JOB_BG')],
      LOOK,
    ],
  ],
  [
    'a limit, and a job that runs',
    [
      ['worker', canDo()],
      ['admin', 'maxqueue f 1\n'],
      ['client', submit('1')],
      ['worker', GRAB],
      ['client', submit('2')],
      ['worker', fail('{1}')],
      ['client', submit('3')],
      LOOK,
    ],
  ],
];
