import { awaiting, type Dialogue, LEAVE, type Step } from './dialogue.ts';
import { packet } from './packets.ts';
import {
  canDo,
  complete,
  fail,
  getStatus,
  getStatusUnique,
  GRAB,
  GRAB_UNIQ,
  PRE_SLEEP,
  status,
  submit,
  SUBMITS,
} from './requests.ts';

const LOOK: Step = ['admin', 'status\nprioritystatus\nshow jobs\nshow unique jobs\nworkers\n'];
const WORKER: Step = ['worker', canDo(), GRAB];
const SLEEPER: Step = ['sleeper', canDo(), PRE_SLEEP];

/** Jobs that are the same, and those that only look so. */
const COALESCING: readonly [string, Dialogue][] = [
  ...SUBMITS.flatMap((first) =>
    // A background job that one in the foreground was before is an intended difference.
    SUBMITS.filter((second) => first.endsWith('BG') || !second.endsWith('BG')).map((second): [string, Dialogue] => [
      `${first} and ${second} with the same unique are one job`,
      [
        ['one', submit('first', 'u', first)],
        ['two', submit('second', 'u', second)],
        LOOK,
        ['worker', canDo(), GRAB_UNIQ, GRAB_UNIQ],
        ['worker', status('{1}', '1', '2'), complete('{1}')],
        LOOK,
      ],
    ]),
  ),
  ['the same unique of two functions', [['client', submit('1', 'u'), submit('2', 'u', 'SUBMIT_JOB', 'g')], LOOK]],
  ['no unique twice', [['client', submit('same'), submit('same')], LOOK]],
  [
    'a unique of - and the same data',
    [['client', submit('same', '-'), submit('same', '-')], LOOK, WORKER, ['worker', complete('{1}')]],
  ],
  ['a unique of - and other data', [['client', submit('one', '-'), submit('other', '-')], LOOK]],
  ['a unique of - and no data', [['client', submit('', '-'), submit('', '-')], LOOK]],
  [
    'a unique of - and data that is the unique of another',
    [['client', submit('data', '-'), submit('other', 'data')], LOOK],
  ],
  ['a unique of #', [['client', submit('same', '#'), submit('same', '#'), submit('other', '#')], LOOK]],
  ['uniques that differ in case', [['client', submit('data', 'a'), submit('data', 'A')], LOOK]],
  [
    'the same client twice',
    [
      ['client', submit('data', 'u'), submit('data', 'u')],
      WORKER,
      ['worker', packet('WORK_DATA', '{1}', 'some'), complete('{1}')],
    ],
  ],
  [
    'a unique of 63 bytes',
    [
      ['client', submit('data', 'u'.repeat(63)), submit('data', 'u'.repeat(63))],
      ['worker', canDo(), GRAB_UNIQ],
      ['client', getStatusUnique('u'.repeat(63))],
    ],
  ],
  [
    'a unique of 65 bytes',
    [['client', submit('data', 'u'.repeat(65)), submit('data', 'u'.repeat(1000), 'SUBMIT_JOB_BG')], LOOK],
  ],
  [
    'who comes late gets what comes after',
    [
      ['one', submit('data', 'u')],
      WORKER,
      ['worker', packet('WORK_DATA', '{1}', 'early')],
      ['two', submit('data', 'u')],
      ['worker', packet('WORK_DATA', '{1}', 'late'), complete('{1}')],
      LOOK,
    ],
  ],
  [
    'a job again when it is over',
    [
      ['client', submit('data', 'u')],
      WORKER,
      ['worker', complete('{1}')],
      ['client', submit('data', 'u')],
      ['worker', GRAB],
      LOOK,
    ],
  ],
  [
    'a high job does not raise the low one it is',
    [
      ['client', submit('low', 'u', 'SUBMIT_JOB_LOW'), submit('normal', 'v'), submit('high', 'u', 'SUBMIT_JOB_HIGH')],
      ['worker', canDo(), GRAB, GRAB],
    ],
  ],
];

const PRIORITIES: readonly [string, Dialogue][] = [
  [
    'all six kinds of submit in the order of their priorities',
    [
      ['client', ...SUBMITS.map((_, at) => SUBMITS.at(-1 - at)!).map((how) => submit(how, '', how))],
      LOOK,
      ['worker', canDo(), GRAB, GRAB, GRAB, GRAB, GRAB, GRAB, GRAB],
    ],
  ],
  [
    'first in, first out within a priority',
    [
      [
        'client',
        ...Array.from({ length: 20 }, (_, i) => submit(`${i}`, '', i % 2 === 0 ? 'SUBMIT_JOB' : 'SUBMIT_JOB_LOW_BG')),
      ],
      ['worker', canDo(), ...Array.from({ length: 21 }, () => GRAB)],
    ],
  ],
  [
    'a high job that comes while others wait',
    [
      ['client', submit('1'), submit('2')],
      WORKER,
      ['client', submit('high', '', 'SUBMIT_JOB_HIGH')],
      ['worker', GRAB, GRAB],
    ],
  ],
];

const LEAVING: readonly [string, Dialogue][] = [
  [
    'the client of a waiting job leaves',
    [['client', submit('data', 'u')], ['client', LEAVE], ['worker', canDo(), GRAB], LOOK],
  ],
  [
    'the client of a running job leaves',
    [
      ['client', submit('data', 'u')],
      WORKER,
      ['client', LEAVE],
      LOOK,
      ['worker', status('{1}', '1', '2'), packet('WORK_DATA', '{1}', 'data'), complete('{1}')],
      LOOK,
    ],
  ],
  [
    'the client of a running job leaves, which fails',
    [['client', submit('data', 'u')], WORKER, ['client', LEAVE], ['worker', fail('{1}')], LOOK],
  ],
  [
    'the client of a background job leaves',
    [
      ['client', submit('data', 'u', 'SUBMIT_JOB_BG')],
      ['client', LEAVE],
      LOOK,
      WORKER,
      ['worker', complete('{1}')],
      LOOK,
    ],
  ],
  [
    'one of two clients leaves',
    [
      ['one', submit('data', 'u')],
      ['two', submit('data', 'u')],
      ['one', LEAVE],
      WORKER,
      ['worker', packet('WORK_DATA', '{1}', 'data'), complete('{1}')],
      LOOK,
    ],
  ],
  [
    'both clients leave',
    [
      ['one', submit('data', 'u')],
      ['two', submit('data', 'u')],
      ['one', LEAVE],
      ['two', LEAVE],
      ['worker', canDo(), GRAB],
      LOOK,
    ],
  ],
  [
    'a client leaves, and another comes for the job that runs',
    [
      ['one', submit('data', 'u')],
      WORKER,
      ['one', LEAVE],
      ['two', submit('data', 'u')],
      ['worker', packet('WORK_DATA', '{1}', 'data'), complete('{1}')],
      LOOK,
    ],
  ],
  [
    'a client of several jobs leaves',
    [
      ['client', submit('1', 'a'), submit('2', 'b'), submit('3', 'c', 'SUBMIT_JOB_BG')],
      ['client', LEAVE],
      ['worker', canDo(), GRAB, GRAB],
      LOOK,
    ],
  ],
  [
    'a worker leaves in the middle',
    [
      ['client', submit('data', 'u')],
      WORKER,
      ['worker', status('{1}', '1', '2')],
      ['worker', LEAVE],
      ['client', getStatus('{1}')],
      LOOK,
      ['other', canDo(), GRAB],
      ['other', complete('{1}')],
      LOOK,
    ],
  ],
  [
    'a worker leaves, and its job comes behind others',
    [['client', submit('1'), submit('2')], WORKER, ['worker', LEAVE], ['other', canDo(), GRAB, GRAB, GRAB]],
  ],
  [
    'a worker leaves with several jobs',
    [
      ['client', submit('1'), submit('2'), submit('3', '', 'SUBMIT_JOB_HIGH')],
      ['worker', canDo(), GRAB, GRAB, GRAB],
      ['worker', LEAVE],
      ['admin', 'status\nprioritystatus\n'],
    ],
  ],
  [
    'a worker leaves, and a sleeper is woken',
    [['client', submit('data')], WORKER, SLEEPER, ['worker', LEAVE], ['sleeper', GRAB]],
  ],
  [
    'a worker leaves twice with the same job',
    [['client', submit('data', '', 'SUBMIT_JOB_BG')], WORKER, ['worker', LEAVE], WORKER, ['worker', LEAVE], LOOK],
  ],
  [
    'a worker leaves with a job that nobody waits for',
    [['client', submit('data')], WORKER, ['client', LEAVE], ['worker', LEAVE], ['other', canDo(), GRAB], LOOK],
  ],
  ['a worker leaves without a job', [['worker', canDo()], ['worker', LEAVE], LOOK]],
  [
    'the only worker of a function leaves while a client waits',
    [['worker', canDo()], ['client', submit('data')], ['worker', LEAVE], LOOK],
  ],
  ['a connection works for itself', [['both', canDo(), submit('data'), GRAB], ['both', complete('{1}')], LOOK]],
];

const SLEEPING: readonly [string, Dialogue][] = [
  ['a sleeper is woken by a job', [SLEEPER, ['client', submit('data')], ['sleeper', GRAB], LOOK]],
  ...SUBMITS.map((how): [string, Dialogue] => [
    `a sleeper is woken by ${how}`,
    [SLEEPER, ['client', submit('data', '', how)], ['sleeper', GRAB]],
  ]),
  [
    'all sleepers are woken',
    [
      ['one', canDo(), PRE_SLEEP],
      ['two', canDo(), PRE_SLEEP],
      ['three', canDo('g'), PRE_SLEEP],
      ['client', submit('data')],
      ['two', GRAB],
      ['one', GRAB],
    ],
  ],
  [
    'a sleeper is woken once',
    [
      SLEEPER,
      ['client', submit('1')],
      ['client', submit('2')],
      ['client', submit('3')],
      ['sleeper', GRAB, GRAB, GRAB, GRAB],
    ],
  ],
  [
    'a sleeper is woken again when it has slept again',
    [SLEEPER, ['client', submit('1')], ['sleeper', GRAB, PRE_SLEEP], ['client', submit('2')]],
  ],
  [
    'a sleeper that is awake is told nothing',
    [
      ['worker', canDo(), GRAB],
      ['client', submit('1')],
    ],
  ],
  ['who has grabbed is asleep no more', [SLEEPER, ['sleeper', GRAB], ['client', submit('1')]]],
  [
    'PRE_SLEEP while there is something to do',
    [
      ['client', submit('1')],
      ['worker', canDo(), PRE_SLEEP],
      ['worker', PRE_SLEEP, PRE_SLEEP],
      ['worker', GRAB],
    ],
  ],
  [
    'PRE_SLEEP without a function',
    [
      ['worker', PRE_SLEEP],
      ['client', submit('1')],
    ],
  ],
  ['CANT_DO of a sleeper', [SLEEPER, ['sleeper', packet('CANT_DO', 'f')], ['client', submit('1')]]],
  ['an echo does not wake', [SLEEPER, ['sleeper', packet('ECHO_REQ', 'x')], ['client', submit('1')]]],
  ['a sleeper is not woken for a job of another', [SLEEPER, ['client', submit('1', '', 'SUBMIT_JOB', 'g')]]],
  [
    'a sleeper is not woken by a job that is there already',
    [['client', submit('1', 'u')], ['worker', canDo(), GRAB], SLEEPER, ['two', submit('2', 'u')]],
  ],
  [
    'PRE_SLEEP with a payload',
    [
      ['worker', canDo(), packet('PRE_SLEEP', 'payload')],
      ['client', submit('data')],
    ],
  ],
];

/** What takes time. */
const TIME: readonly [string, Dialogue][] = [
  [
    'a job that takes too long is given to another',
    [
      ['client', submit('data')],
      ['worker', packet('CAN_DO_TIMEOUT', 'f', '1'), GRAB],
      SLEEPER,
      ['sleeper', awaiting('NOOP')],
      ['sleeper', GRAB],
      ['worker', complete('{1}')],
      ['sleeper', complete('{1}', 'in time')],
      LOOK,
    ],
  ],
];

/** What becomes of jobs, by who leaves and who sleeps. */
export const LIFE_CASES: readonly [string, Dialogue][] = [
  ...COALESCING,
  ...PRIORITIES,
  ...LEAVING,
  ...SLEEPING,
  ...TIME,
];
