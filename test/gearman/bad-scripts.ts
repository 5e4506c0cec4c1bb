import { Buffer } from 'node:buffer';

import { frame } from '../codec-gearman/frames.ts';
import { random } from '../support/random.ts';
import { response, type Script, type Visit } from './bad-server.ts';

/** What is wrong with a server, and how those who are connected call it: one of these codes is among the causes of their error. */
export interface Fault {
  readonly script: Script;
  readonly codes: readonly string[];
}

const UNEXPECTED = ['WIRE_UNEXPECTED_REPLY', 'WIRE_UNEXPECTED_REPLY'];
const MALFORMED = ['WIRE_PROTOCOL'];
const TRUNCATED = ['WIRE_TRUNCATED'];
const TOO_LARGE = ['WIRE_FRAME_TOO_LARGE'];
// Whether a reset comes before or after what was sent in front of it depends on the version of Node.
const LOST = ['WIRE_CONNECTION_LOST', 'WIRE_CONNECT_FAILED', 'WIRE_SOCKET'];
const SILENT = ['WIRE_REQUEST_TIMEOUT', 'WIRE_UNANSWERED', 'WIRE_HEARTBEAT'];

const silence = (): void => {};

/** The header of a packet that says that so much follows. */
function header(what: string, length: number): Buffer {
  const bytes = response(what);
  bytes.writeUInt32BE(length, 8);
  return bytes;
}

const cut = (packet: Buffer): Buffer => packet.subarray(0, packet.length - 3);

function end(visit: Visit, bytes: Uint8Array): void {
  visit.bytes(bytes);
  visit.socket.end();
}

/** Says this to whoever connects, and nothing more. */
const says = (bytes: string | Uint8Array): Script => ({ connected: (visit) => visit.bytes(bytes), others: silence });

/** Answers all that comes, whatever it is, in the same way. */
const answers = (answer: (visit: Visit) => void): Script => ({ others: answer });

/** Binary, without a newline and without a NUL in front: no packet, and no line. */
function noise(length: number): Buffer {
  const chance = random(length);
  return Buffer.from(Array.from({ length }, () => 128 + Math.floor(chance() * 128)));
}

/** So many NOOPs in one piece. */
export function storm(noops: number): Buffer {
  const noop = response('NOOP');
  return Buffer.alloc(noops * noop.length, noop);
}

/** What is wrong whoever connects. */
export const toAnybody: Readonly<Record<string, Fault>> = {
  'closes at once': { script: { connected: (visit) => visit.socket.end() }, codes: LOST },
  'resets at once': { script: { connected: (visit) => visit.socket.resetAndDestroy() }, codes: LOST },
  'accepts and never answers': { script: answers(silence), codes: SILENT },
  'sends noise': { script: says(noise(20_000)), codes: MALFORMED },
  'sends a magic that there is not': { script: says('\0RXS\0\0\0\x06\0\0\0\0'), codes: MALFORMED },
  'sends the beginning of a magic, and ends': {
    script: { connected: (visit) => end(visit, Buffer.from('\0RE')) },
    codes: TRUNCATED,
  },
  'sends a line that has no end': { script: says('x'.repeat(100_000)), codes: MALFORMED },
  'sends requests': { script: says(frame('REQ', 16, 'x')), codes: MALFORMED },
  'speaks another protocol': { script: says('HTTP/1.1 400 Bad Request\r\n\r\n'), codes: UNEXPECTED },
  'sends an unknown packet': { script: says(response(99, 'x')), codes: UNEXPECTED },
  'sends a packet over the limit': { script: says(header('NOOP', 0xffffffff)), codes: TOO_LARGE },
  'answers with an unknown packet': { script: answers((visit) => visit.send(4711, 'x')), codes: UNEXPECTED },
  'answers with a packet over the limit': {
    script: answers((visit) => visit.bytes(header('ECHO_RES', 0x7fffffff))),
    codes: TOO_LARGE,
  },
  'answers with a packet that is cut off, and ends': {
    script: answers((visit) => end(visit, cut(response('ECHO_RES', 'some text')))),
    codes: TRUNCATED,
  },
  'answers with what answers something else': {
    script: answers((visit) => visit.send('STATUS_RES')),
    codes: UNEXPECTED,
  },
};

/** Does this with submits, and all else as it should be. */
const submits = (submit: (visit: Visit) => void): Script => ({ packets: { SUBMIT_JOB: submit } });

/** What is wrong with servers for clients. */
export const toClients: Readonly<Record<string, Fault>> = {
  'sends JOB_CREATED without a submit': { script: says(response('JOB_CREATED', 'H:bad:0')), codes: UNEXPECTED },
  'answers everything with ECHO_RES': { script: answers((visit) => visit.send('ECHO_RES', 'x')), codes: UNEXPECTED },
  'answers a submit with ECHO_RES': { script: submits((visit) => visit.send('ECHO_RES', 'x')), codes: UNEXPECTED },
  'answers a submit with OPTION_RES': {
    script: submits((visit) => visit.send('OPTION_RES', 'exceptions')),
    codes: UNEXPECTED,
  },
  'answers a submit with a job': {
    script: submits((visit) => visit.send('JOB_ASSIGN', 'H:bad:0', 'f', 'x')),
    codes: UNEXPECTED,
  },
  'answers a submit with a line': { script: submits((visit) => visit.bytes('OK\r\n')), codes: UNEXPECTED },
  'answers a submit twice': {
    script: submits((visit) => {
      visit.send('JOB_CREATED', 'H:bad:0');
      visit.send('JOB_CREATED', 'H:bad:1');
    }),
    codes: UNEXPECTED,
  },
  'answers a submit, and ends': {
    script: submits((visit) => end(visit, response('JOB_CREATED', 'H:bad:0'))),
    codes: LOST,
  },
  'answers a submit, and resets': {
    script: submits((visit) => {
      visit.socket.write(response('JOB_CREATED', 'H:bad:0'), () => visit.socket.resetAndDestroy());
    }),
    codes: LOST,
  },
  'cuts a result off, and ends': {
    script: submits((visit) => {
      visit.send('JOB_CREATED', 'H:bad:0');
      end(visit, cut(response('WORK_COMPLETE', 'H:bad:0', 'did it, nearly')));
    }),
    codes: TRUNCATED,
  },
  'sends a result over the limit': {
    script: submits((visit) => {
      visit.send('JOB_CREATED', 'H:bad:0');
      visit.bytes(header('WORK_COMPLETE', 0x7fffffff));
    }),
    codes: TOO_LARGE,
  },
  'sends a part of an answer, and nothing more': {
    script: {
      packets: { SUBMIT_JOB: (visit) => visit.bytes(cut(response('JOB_CREATED', 'H:bad:0'))), ECHO_REQ: silence },
    },
    codes: SILENT,
  },
  'sends a part of an answer, and goes on with others': {
    script: submits((visit) => visit.bytes(cut(response('JOB_CREATED', 'H:bad:0')))),
    codes: [...SILENT, ...UNEXPECTED, ...MALFORMED],
  },
  'never answers a submit': { script: { packets: { SUBMIT_JOB: silence, ECHO_REQ: silence } }, codes: SILENT },
  'never answers a submit, and each ECHO_REQ': { script: submits(silence), codes: [...SILENT, ...UNEXPECTED] },
  'takes jobs, and is silent for ever': {
    script: { packets: { SUBMIT_JOB: (visit) => visit.send('JOB_CREATED', 'H:bad:0'), ECHO_REQ: silence } },
    codes: SILENT,
  },
};

/** Answers in this way who asks what workers there are. */
const statuses = (status: (visit: Visit) => void): Script => ({ packets: { status, ECHO_REQ: silence } });

/** What is wrong with servers for clients that require a worker: nothing has been submitted by then. */
export const toThoseWhoRequireWorkers: Readonly<Record<string, Fault>> = {
  'never tells': { script: statuses(silence), codes: SILENT },
  'tells, and comes to no end': {
    script: statuses((visit) => {
      const more = setInterval(() => visit.bytes('g\t0\t0\t1\n'.repeat(100)), 10);
      visit.socket.once('close', () => clearInterval(more));
    }),
    codes: [...SILENT, ...UNEXPECTED],
  },
  'tells a part, and ends': {
    script: statuses((visit) => end(visit, Buffer.from('f\t0\t0'))),
    codes: [...TRUNCATED, ...LOST],
  },
  'answers with a packet': { script: statuses((visit) => visit.send('ECHO_RES', 'x')), codes: UNEXPECTED },
  'refuses to tell': {
    script: statuses((visit) => visit.send('ERROR', 'BAD_MOOD', '')),
    codes: ['GEARMAN_COMMAND_FAILED'],
  },
  resets: { script: statuses((visit) => visit.socket.resetAndDestroy()), codes: [...LOST, 'WIRE_SOCKET'] },
};

/** What clients do not mind. */
export const harmlessToClients: Readonly<Record<string, Script>> = {
  'sends an ERROR that answers nothing': {
    packets: {
      SUBMIT_JOB(visit, args) {
        visit.bytes(
          Buffer.concat([
            response('JOB_CREATED', 'H:bad:0'),
            response('WORK_COMPLETE', 'H:bad:0', `did ${args.at(-1)}`),
            response('ERROR', 'BAD_MOOD', 'in general'),
          ]),
        );
      },
    },
  },
  'sends packets of jobs that nobody has submitted': {
    connected(visit) {
      visit.send('WORK_COMPLETE', 'H:other:1', 'for somebody else');
      visit.send('WORK_COMPLETE', '', 'for nobody');
      visit.send('WORK_FAIL', 'H:other:1');
      visit.send('WORK_DATA', 'H:other:1', 'x');
      visit.send('WORK_WARNING', 'H:other:1', 'x');
      visit.send('WORK_STATUS', 'H:other:1', 'one', '-2');
      visit.send('WORK_EXCEPTION', 'H:other:1', 'x');
      visit.send('WORK_COMPLETE');
      visit.send('WORK_STATUS');
    },
  },
  'sends 20,000 NOOPs': { connected: (visit) => visit.bytes(storm(20_000)) },
  'sends NOOPs with a body': { connected: (visit) => visit.send('NOOP', 'x', 'y') },
  'refuses the option': { packets: { OPTION_REQ: (visit) => visit.send('ERROR', 'UNKNOWN_OPTION', '') } },
};

/** Does this when it is asked for a job, however that is, and all else as it should be. */
function grabs(grab: (visit: Visit) => void): Script {
  return { packets: { GRAB_JOB: grab, GRAB_JOB_UNIQ: grab, GRAB_JOB_ALL: grab } };
}

const job = (payload: string): Buffer => response('JOB_ASSIGN_UNIQ', 'H:bad:0', 'f', '', payload);

/** What is wrong with servers for workers. */
export const toWorkers: Readonly<Record<string, Fault>> = {
  'answers a grab with ECHO_RES': { script: grabs((visit) => visit.send('ECHO_RES', 'x')), codes: UNEXPECTED },
  'answers a grab with JOB_CREATED': {
    script: grabs((visit) => visit.send('JOB_CREATED', 'H:bad:0')),
    codes: UNEXPECTED,
  },
  'answers a grab with a result': {
    script: grabs((visit) => visit.send('WORK_COMPLETE', 'H:bad:0', 'x')),
    codes: UNEXPECTED,
  },
  'answers a grab with a line': { script: grabs((visit) => visit.bytes('OK\r\n')), codes: UNEXPECTED },
  'answers a grab twice': {
    script: grabs((visit) => {
      visit.send('NO_JOB');
      visit.send('NO_JOB');
    }),
    codes: UNEXPECTED,
  },
  'gives a job that nobody has asked for': {
    script: { packets: { PRE_SLEEP: (visit) => visit.bytes(job('unasked')) } },
    codes: UNEXPECTED,
  },
  'gives two jobs where one was asked for': {
    script: grabs((visit) => visit.bytes(Buffer.concat([job('asked'), job('unasked')]))),
    codes: UNEXPECTED,
  },
  'gives a job that lacks arguments': {
    script: grabs((visit) => visit.send('JOB_ASSIGN_ALL', 'H:bad:0')),
    codes: [...UNEXPECTED, ...MALFORMED],
  },
  'tells a worker what only clients are told': {
    script: { connected: (visit) => visit.send('JOB_CREATED', 'H:bad:0') },
    codes: UNEXPECTED,
  },
  'cuts a job off, and ends': { script: grabs((visit) => end(visit, cut(job('done, nearly')))), codes: TRUNCATED },
  'gives a job over the limit': {
    script: grabs((visit) => visit.bytes(header('JOB_ASSIGN_UNIQ', 0x7fffffff))),
    codes: TOO_LARGE,
  },
  'gives a part of a job, and nothing more': {
    script: { packets: { ...grabs((visit) => visit.bytes(cut(job('a part')))).packets, ECHO_REQ: silence } },
    codes: SILENT,
  },
  'never answers a grab': { script: { packets: { ...grabs(silence).packets, ECHO_REQ: silence } }, codes: SILENT },
  'never answers a grab, and each ECHO_REQ': { script: grabs(silence), codes: [...SILENT, ...UNEXPECTED] },
  'gives a job, and resets': {
    script: grabs((visit) => {
      visit.socket.write(job('lost'), () => visit.socket.resetAndDestroy());
    }),
    codes: [...LOST, 'WIRE_SOCKET'],
  },
};
