import { type Dialogue, LEAVE, type Step } from './dialogue.ts';
import { frame, packet, PACKETS, request } from './packets.ts';
import {
  canDo,
  complete,
  EXCEPTIONS,
  fail,
  getStatus,
  getStatusUnique,
  GRAB,
  GRAB_UNIQ,
  PRE_SLEEP,
  submit,
} from './requests.ts';

/** A dialogue, and what ours answers at its last step, and gearmand does not. */
type Proof = readonly [dialogue: Dialogue, ours: string];

/** Where we answer otherwise than gearmand 1.1.20, and mean to. */
export interface Difference {
  readonly what: string;
  readonly why: string;
  readonly proofs: readonly Proof[];
}

const ECHO = packet('ECHO_REQ', 'on');
const GOES_ON = 'ECHO_RES on';
const LONG = 'u'.repeat(64);
const TOO_LONG = 'u'.repeat(65);

/** A request that lacks something, and a sound one behind it. */
function lacking(type: number, body: string, error: string): Proof {
  return [[['client', request(type, body), ECHO]], `client: ERROR ${error}\n${GOES_ON}`];
}

const WHOLE_LIFE: readonly Step[] = [
  ['client', submit('data', 'u')],
  ['worker', canDo(), GRAB],
];

/** All of them: there are to be at most 14. */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'a packet that lacks arguments, or has one that is too large',
    why: 'gearmand takes the next packet for the argument, or says nothing; an error costs only the request that was wrong',
    proofs: [
      lacking(PACKETS.SUBMIT_JOB, 'f', 'INVALID_PACKET|SUBMIT_JOB takes function, unique, payload'),
      lacking(PACKETS.SUBMIT_JOB, '', 'INVALID_PACKET|SUBMIT_JOB takes function, unique, payload'),
      lacking(PACKETS.SUBMIT_JOB_LOW_BG, 'f\0u', 'INVALID_PACKET|SUBMIT_JOB_LOW_BG takes function, unique, payload'),
      lacking(PACKETS.WORK_STATUS, 'h\x001', 'INVALID_PACKET|WORK_STATUS takes handle, numerator, denominator'),
      lacking(PACKETS.CAN_DO_TIMEOUT, 'f', 'INVALID_PACKET|CAN_DO_TIMEOUT takes function, timeout'),
      lacking(
        PACKETS.SUBMIT_REDUCE_JOB,
        'f\0u\0reducer\0data',
        'INVALID_PACKET|SUBMIT_REDUCE_JOB takes function, unique, reducer, unused, payload',
      ),
      lacking(PACKETS.SUBMIT_JOB_EPOCH, `f\0u\0${'9'.repeat(30)}\0data`, 'ARGUMENT_TOO_LARGE|Number is out of range'),
      [[['client', getStatus(TOO_LONG), ECHO]], `client: STATUS_RES ${TOO_LONG}|0|0|0|0\n${GOES_ON}`],
      [[['client', getStatusUnique(TOO_LONG), ECHO]], `client: STATUS_RES_UNIQUE ${TOO_LONG}|0|0|0|0|0\n${GOES_ON}`],
      // A worker in Perl sends no more when its result is false.
      [
        [
          ['client', submit('data')],
          ['worker', canDo(), GRAB],
          ['worker', packet('WORK_COMPLETE', '{1}')],
        ],
        'client: WORK_COMPLETE {1}|',
      ],
    ],
  },
  {
    what: 'bytes that are no request, and lines of many words',
    why: 'gearmand closes without a word, or waits for two gigabytes; a word too many does no harm',
    proofs: [
      [
        [['client', frame('\0XYZ', PACKETS.ECHO_REQ, 'x')]],
        'client: ERROR INVALID_MAGIC|Request magic expected\n(closed)',
      ],
      [
        [['client', frame('\0REQ', PACKETS.ECHO_REQ, '', 2 ** 31 - 1)]],
        'client: ERROR INVALID_MAGIC|Request magic expected\n(closed)',
      ],
      [
        [['client', frame('\0REQ', PACKETS.SUBMIT_JOB, 'f\0u\0data', 1)]],
        'client: ERROR INVALID_PACKET|SUBMIT_JOB takes function, unique, payload\nERROR INVALID_MAGIC|Request magic expected\n(closed)',
      ],
      [
        [['admin', `${'x'.repeat(100_000)}\n`]],
        String.raw`admin: "ERR LINE_TOO_LONG Line+is+too+long\r\n"` + '\n(closed)',
      ],
      [[['admin', 'maxqueue f 1 2 3 4\n']], String.raw`admin: "OK\r\n"`],
      ...[0, 43, 1000, 0xffffffff].map((type): Proof => [
        [['client', request(type, 'x'), ECHO]],
        `client: ERROR INVALID_COMMAND|Command not expected\n${GOES_ON}`,
      ]),
    ],
  },
  {
    what: 'the order in which jobs are given out',
    why: 'gearmand empties one function after the other, the last first, whatever the priorities, and turns the jobs of a lost worker around',
    proofs: [
      [
        [
          [
            'client',
            submit('low', '', 'SUBMIT_JOB_LOW', 'g'),
            submit('high', '', 'SUBMIT_JOB_HIGH', 'f'),
            submit('normal'),
          ],
          ['worker', canDo('f'), canDo('g'), GRAB, GRAB, GRAB],
        ],
        'worker: JOB_ASSIGN {2}|f|high\nJOB_ASSIGN {3}|f|normal\nJOB_ASSIGN {1}|g|low',
      ],
      [
        [
          ['client', submit('1'), submit('2')],
          ['worker', canDo(), GRAB, GRAB],
          ['worker', LEAVE],
          ['other', canDo(), GRAB, GRAB],
        ],
        'other: JOB_ASSIGN {1}|f|1\nJOB_ASSIGN {2}|f|2',
      ],
    ],
  },
  {
    what: 'a job that clients in the foreground and in the background share',
    why: 'in gearmand it is lost when those in the foreground leave',
    proofs: (['SUBMIT_JOB', 'SUBMIT_JOB_BG'] as const).flatMap((first): Proof[] => {
      const second = first === 'SUBMIT_JOB' ? 'SUBMIT_JOB_BG' : 'SUBMIT_JOB';
      const both: readonly Step[] = [
        [first, submit('data', 'u', first)],
        [second, submit('data', 'u', second)],
      ];
      const lost: Proof = [
        [...both, ['SUBMIT_JOB', LEAVE], ['worker', canDo(), GRAB]],
        'worker: JOB_ASSIGN {1}|f|data',
      ];
      const isKept: Proof = [
        [...both, ['admin', 'show jobs\n']],
        String.raw`admin: "{1}\t0\t0\t1\n"` + '\n' + String.raw`".\n"`,
      ];
      // In gearmand it is kept when the first was in the background.
      return first === 'SUBMIT_JOB' ? [lost, isKept] : [lost];
    }),
  },
  {
    what: 'cancelling a job that runs',
    why: 'in gearmand its client gets WORK_FAIL, and later also what the worker makes of it',
    proofs: [
      [
        [...WHOLE_LIFE, ['admin', 'cancel job {1}\n'], ['worker', complete('{1}')]],
        'worker: ERROR JOB_NOT_FOUND|Job given in work result not found',
      ],
    ],
  },
  {
    what: 'a job that is cancelled, or that nobody waits for, and a function that has such',
    why: 'gearmand keeps it until a worker would get it: it counts, is known, and is the job of who submits it again; to drop its function leaves it hanging',
    proofs: [
      [
        [
          ['client', submit('data', 'u')],
          ['admin', 'cancel job {1}\n'],
          ['client', getStatus('{1}')],
        ],
        'client: STATUS_RES {1}|0|0|0|0',
      ],
      [
        [
          ['client', submit('data', 'u')],
          ['client', LEAVE],
          ['admin', 'show jobs\n'],
        ],
        String.raw`admin: ".\n"`,
      ],
      [
        [
          ['both', canDo(), submit('data'), GRAB],
          ['both', LEAVE],
          ['admin', 'status\n'],
        ],
        String.raw`admin: "f\t0\t0\t0\n"` + '\n' + String.raw`".\n"`,
      ],
      [
        [
          ['client', submit('data')],
          ['admin', 'drop function f\r\n'],
        ],
        String.raw`admin: "ERR there are still connected workers or executing clients\r\n"`,
      ],
    ],
  },
  {
    what: 'names of functions in lines of an administrator',
    why: 'gearmand cuts the last letter of a new one when the line ends with LF, and drops one that is written otherwise',
    proofs: [
      [
        [['admin', 'create function new\nstatus\n']],
        String.raw`admin: "OK\r\n"` + '\n' + String.raw`"new\t0\t0\t0\n"` + '\n' + String.raw`".\n"`,
      ],
      [
        [
          ['worker', canDo('old')],
          ['worker', LEAVE],
          ['admin', 'drop function OLD\r\n'],
        ],
        String.raw`admin: "ERR function not found\r\n"`,
      ],
    ],
  },
  {
    what: 'commands of the server in Perl, and of ours',
    why: 'monitors ask for them; nobody may end the server unless that is allowed',
    proofs: [
      [[['admin', 'shutdown\n']], String.raw`admin: "ERR NOT_ALLOWED Shutdown+is+not+enabled\r\n"`],
      [[['admin', 'shutdown graceful\n']], String.raw`admin: "ERR NOT_ALLOWED Shutdown+is+not+enabled\r\n"`],
      [[['admin', 'jobs\n']], String.raw`admin: ".\n"`],
      [[['admin', 'cancel function f\n']], String.raw`admin: "ERR function not found\r\n"`],
    ],
  },
  {
    what: 'CAN_DO twice',
    why: 'gearmand counts the worker twice',
    proofs: [
      [
        [
          ['worker', canDo(), canDo(), canDo()],
          ['admin', 'status\n'],
        ],
        String.raw`admin: "f\t0\t0\t1\n"` + '\n' + String.raw`".\n"`,
      ],
    ],
  },
  {
    what: 'a unique of 64 bytes',
    why: 'gearmand takes it, and gives its worker 63 of them and a NUL in front of the payload',
    proofs: [
      [
        [
          ['client', submit('data', LONG)],
          ['worker', canDo(), GRAB_UNIQ],
        ],
        `worker: JOB_ASSIGN_UNIQ {1}|f|${LONG}|data`,
      ],
      [
        [
          ['client', submit('data', LONG)],
          ['client', getStatusUnique(LONG)],
        ],
        `client: STATUS_RES_UNIQUE ${LONG}|1|0|0|0|1`,
      ],
    ],
  },
  {
    what: 'an exception',
    why: 'gearmand adds a NUL to the handle for those who do not want to hear of it, and to a worker in Perl, which says WORK_FAIL, too, an error, of which it dies',
    proofs: [
      [[...WHOLE_LIFE, ['worker', packet('WORK_EXCEPTION', '{1}', 'why')]], 'client: WORK_FAIL {1}'],
      [
        [['wants', EXCEPTIONS, submit('data', 'u')], ...WHOLE_LIFE, ['worker', packet('WORK_EXCEPTION', '{1}', 'why')]],
        'wants: WORK_EXCEPTION {1}|why\nclient: WORK_FAIL {1}',
      ],
      [
        [...WHOLE_LIFE, ['worker', packet('WORK_EXCEPTION', '{1}', 'why')], ['worker', fail('{1}'), ECHO]],
        `worker: ${GOES_ON}`,
      ],
    ],
  },
  {
    what: 'limits of waiting jobs',
    why: 'gearmand compares the limit of each priority with the jobs of all, and forgets that of a function that is still to come',
    proofs: [
      [
        [
          ['admin', 'maxqueue f 1 1 1\n'],
          ['client', canDo(), submit('1'), submit('2', '', 'SUBMIT_JOB_HIGH'), submit('3', '', 'SUBMIT_JOB_HIGH')],
        ],
        'client: JOB_CREATED {1}\nJOB_CREATED {2}\nERROR QUEUE_ERROR|Job queue is full',
      ],
      [
        [['admin', 'maxqueue f 1\nstatus\n']],
        String.raw`admin: "OK\r\n"` + '\n' + String.raw`"f\t0\t0\t0\n"` + '\n' + String.raw`".\n"`,
      ],
    ],
  },
  {
    what: 'jobs for later, and who sleeps',
    why: 'gearmand knows no schedules, counts what is for later as waiting for a worker, and does not wake who can do something only now, or sleeps again',
    proofs: [
      [[['client', packet('SUBMIT_JOB_SCHED', 'f', 'u', '*', '*', '*', '*', '*', 'data')]], 'client: JOB_CREATED {1}'],
      [
        [
          ['client', packet('SUBMIT_JOB_EPOCH', 'f', 'u', '4102444800', 'data')],
          ['admin', 'prioritystatus\n'],
        ],
        String.raw`admin: "f\t0\t0\t0\t0\n"` + '\n' + String.raw`".\n"`,
      ],
      [
        [
          ['client', submit('data')],
          ['worker', PRE_SLEEP],
          ['worker', canDo()],
        ],
        'worker: NOOP',
      ],
      [
        [
          ['worker', canDo(), PRE_SLEEP],
          ['client', submit('1')],
          ['other', canDo(), GRAB],
          // It was told, has asked for nothing since, and sleeps again.
          ['worker', PRE_SLEEP],
          ['client', submit('2')],
        ],
        'worker: NOOP\nclient: JOB_CREATED {2}',
      ],
    ],
  },
  {
    what: 'NULs in a line, and names of more than 512 bytes',
    why: 'to gearmand it ends at the NUL, and what stands behind is hidden; libgearman takes no longer names',
    proofs: [
      [[['admin', 'status\0x\n']], String.raw`admin: "ERR UNKNOWN_COMMAND Unknown+server+commandstatus\u0000x\r\n"`],
      [[['worker', canDo('n'.repeat(700))]], 'worker: ERROR ARGUMENT_TOO_LARGE|Function name too large'],
    ],
  },
];
