import * as fc from 'fast-check';

import { type Dialogue, LEAVE, type Piece, type Step } from './dialogue.ts';
import { type Packet, packet, PACKETS } from './packets.ts';
import { canDo, EXCEPTIONS, getStatus, getStatusUnique, GRABS, PRE_SLEEP, submit, SUBMITS } from './requests.ts';

/*
 * What is generated keeps clear of the intended differences: a worker has one function, which it says once, and not while it sleeps; it grabs before
 * it sleeps; one that may have several jobs stays, and goes on with what it does. Uniques of foreground and background jobs are others, and those
 * of functions; nothing is cancelled; who waits wants to hear of exceptions, and stays, but for one whose job has begun.
 */

const CLIENTS = ['ann', 'bob'] as const;
/** Each can do one function, so that two share one. */
const WORKERS = { una: 'f', due: 'f', tre: 'g' } as const;
type Worker = keyof typeof WORKERS;

const FOREGROUND = SUBMITS.filter((name) => !name.endsWith('BG'));

/** Handles that there may be, in the order in which they are seen. */
const handle = fc.integer({ min: 1, max: 12 }).map((n) => `{${n}}`);
const data = fc.constantFrom('', 'a', 'b', 'some\0data', '\0', 'x'.repeat(300));
const name = fc.constantFrom('f', 'f', 'g');

const submits: fc.Arbitrary<Packet> = fc
  .record({ how: fc.constantFrom(...SUBMITS), name, text: data, unique: fc.constantFrom('', '', '-', 'u', 'v') })
  .map(({ how, name: its, text, unique }) => {
    const ground = how.endsWith('BG') ? 'back' : 'fore';
    // With - the data is what makes it the same.
    return unique === '-'
      ? submit(ground + text, '-', how, its)
      : submit(text, unique === '' ? '' : `${its} ${unique} ${ground}`, how, its);
  });

const asks: fc.Arbitrary<Packet> = fc.oneof(
  handle.map((its) => getStatus(its)),
  fc.constantFrom('f u fore', 'g v fore', 'f u back', 'none').map((unique) => getStatusUnique(unique)),
  data.map((text) => packet('ECHO_REQ', text)),
  fc.constant(packet('OPTION_REQ', 'nothing')),
);

const says: fc.Arbitrary<Packet> = fc.oneof(
  fc.tuple(handle, data).map(([its, text]) => packet('WORK_COMPLETE', its, text)),
  fc.tuple(handle, data).map(([its, text]) => packet('WORK_COMPLETE', its, text)),
  fc.tuple(handle, data).map(([its, text]) => packet('WORK_DATA', its, text)),
  fc.tuple(handle, data).map(([its, text]) => packet('WORK_WARNING', its, text)),
  fc
    .tuple(handle, fc.constantFrom('0', '1', '99'), fc.constantFrom('1', '100'))
    .map(([its, of, all]) => packet('WORK_STATUS', its, of, all)),
  handle.map((its) => packet('WORK_FAIL', its)),
);

const grab: fc.Arbitrary<Packet> = fc.constantFrom(...GRABS).map((how) => packet(how));

const client = fc.constantFrom(...CLIENTS);
const worker = fc.constantFrom<Worker>('una', 'due', 'tre');

function many<T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(of, { minLength: 1, maxLength: 4 });
}

/** A step, for which it need not be known what was before. */
type Move =
  | { readonly who: string; readonly pieces: readonly Piece[] }
  | { readonly who: string; readonly leaves: true }
  | { readonly who: Worker; readonly able: boolean }
  | { readonly errand: Packet };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ who: client, pieces: many(submits) }) },
  { weight: 1, arbitrary: fc.record({ who: client, pieces: many(asks) }) },
  { weight: 5, arbitrary: fc.record({ who: worker, pieces: many(grab) }) },
  { weight: 6, arbitrary: fc.record({ who: worker, pieces: many(says) }) },
  {
    weight: 1,
    arbitrary: fc.record({ who: worker, pieces: handle.map((its) => [packet('WORK_EXCEPTION', its, 'why')]) }),
  },
  { weight: 2, arbitrary: fc.record({ who: worker, pieces: grab.map((its) => [its, PRE_SLEEP]) }) },
  { weight: 1, arbitrary: fc.record({ who: worker, able: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ who: fc.oneof(client, worker, worker), leaves: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ errand: says }) },
  {
    weight: 1,
    arbitrary: fc.record({
      who: fc.constant('admin'),
      pieces: many(fc.constantFrom('status\n', 'prioritystatus\r\n', 'show jobs\n', 'show unique jobs\n', 'workers\n')),
    }),
  },
);

const LOOK: Step = ['admin', 'status\nprioritystatus\nshow jobs\nshow unique jobs\nworkers\n'];

/** Dialogues of two clients and three workers, and behind them a look at all that there is. */
export const dialogue: fc.Arbitrary<Dialogue> = fc
  .array(move, { minLength: 5, maxLength: 40 })
  .map((moves) => stepsOf(moves).concat([LOOK]));

/** Moves as steps: whoever comes says first what it wants or can do. */
function stepsOf(moves: readonly Move[]): Step[] {
  const there = new Set<string>();
  const able = new Set<string>();
  const grabs = new Map<string, number>();
  const waiting = new Set<string>();
  const asleep = new Set<string>();
  /** Jobs that a worker has ended by an exception: a WORK_FAIL behind that is no error of ours. */
  const thrown = new Set<string>();
  const steps: Step[] = [];
  const arrives = (who: string): void => {
    if (there.has(who)) return;
    there.add(who);
    grabs.set(who, 0);
    asleep.delete(who);
    if (isWorker(who)) {
      able.add(who);
      steps.push([who, canDo(WORKERS[who])]);
    } else if (who !== 'admin') steps.push([who, EXCEPTIONS]);
  };
  for (const next of moves) {
    if ('errand' in next) {
      if (!there.has('hal')) steps.push(['hal', canDo('h')]);
      there.add('hal');
      steps.push(...errand(next.errand));
      continue;
    }
    const mayHaveSeveral = (grabs.get(next.who) ?? 0) > 1;
    if ('leaves' in next) {
      if (mayHaveSeveral || waiting.has(next.who)) continue;
      if (there.delete(next.who)) steps.push([next.who, LEAVE]);
      able.delete(next.who);
      continue;
    }
    arrives(next.who);
    if ('pieces' in next) {
      const pieces = next.pieces.filter((piece) => !isOf(piece, 'WORK_FAIL') || !thrown.has(jobAt(next.who, piece)));
      for (const piece of pieces) if (isOf(piece, 'WORK_EXCEPTION')) thrown.add(jobAt(next.who, piece));
      if (pieces.length === 0) continue;
      steps.push([next.who, ...pieces]);
      if (next.pieces.some((piece) => isForeground(piece))) waiting.add(next.who);
      if (next.pieces.includes(PRE_SLEEP)) asleep.add(next.who);
      else if (next.pieces.some((piece) => isGrab(piece))) asleep.delete(next.who);
      grabs.set(next.who, grabs.get(next.who)! + next.pieces.filter((piece) => isGrab(piece)).length);
    } else if (able.has(next.who) !== next.able && !mayHaveSeveral && !asleep.has(next.who)) {
      steps.push([next.who, next.able ? canDo(WORKERS[next.who]) : packet('CANT_DO', WORKERS[next.who])]);
      if (next.able) able.add(next.who);
      else able.delete(next.who);
    }
  }
  return steps;
}

/** A client leaves while its job runs; then its worker says something. */
function errand(words: Packet): Step[] {
  return [
    ['eve', submit('errand', '', 'SUBMIT_JOB', 'h')],
    ['hal', packet('GRAB_JOB_ALL')],
    ['eve', LEAVE],
    ['hal', words],
  ];
}

function isOf(piece: Piece, kind: keyof typeof PACKETS): piece is Packet {
  return typeof piece === 'object' && 'type' in piece && piece.type === PACKETS[kind];
}

/** A job as a worker names it. */
function jobAt(who: string, { args }: Packet): string {
  return `${who} ${args[0]}`;
}

function isForeground(piece: Piece): boolean {
  return typeof piece === 'object' && 'type' in piece && FOREGROUND.some((how) => PACKETS[how] === piece.type);
}

function isGrab(piece: Piece): boolean {
  return typeof piece === 'object' && 'type' in piece && GRABS.some((how) => PACKETS[how] === piece.type);
}

function isWorker(who: string): who is Worker {
  return Object.hasOwn(WORKERS, who);
}
