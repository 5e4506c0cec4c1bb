import { type Packet, type PacketFields, packet as packetOf, PacketType } from '@wirewright/codec-gearman';
import type { ByteView } from '@wirewright/core/codec';

import type { JobBoard, Refusal } from './job-board.ts';
import { jobKey } from './job-key.ts';
import { type Job, JobState, type JobTraits } from './job.ts';
import { leadingInteger } from './leading-integer.ts';
import type { Peer } from './peer.ts';
import { nextTime, scheduleLine } from './schedule.ts';
import { ServerError, storeFailure } from './server-errors.ts';
import type { ServiceSettings } from './service-settings.ts';

/** Answers that may wait for a store; then no more is read of that connection. */
const MAX_HELD = 4096;

/** Bytes of the five fields of a schedule, with the NULs behind. */
const MAX_SCHEDULE = 512;

/** The last time that a date can have, in seconds. */
const MAX_TIME = 8.64e12;

const REFUSED: Readonly<Record<Refusal, PacketFields>> = {
  full: ServerError.queueFull,
  functions: ServerError.tooManyFunctions,
  worker: ServerError.noWorker,
  closing: ServerError.closing,
};

/** What jobs have that are submitted neither by priority nor in the foreground. */
const PLAIN: JobTraits = { priority: 1, background: true, when: 0, schedule: '', reducer: undefined };

/** Does what clients ask for. What it returns is a promise when the next packet has to wait. */
export class ClientRequests {
  readonly #board: JobBoard;
  readonly #settings: ServiceSettings;

  constructor(board: JobBoard, settings: ServiceSettings) {
    this.#board = board;
    this.#settings = settings;
  }

  /** Any packet whose first arguments are function and unique, and whose last is the payload. */
  submit(peer: Peer, packet: Packet, traits: JobTraits): unknown {
    const { maxFunctionName, maxUnique } = this.#settings;
    const { source, end } = packet;
    const start = packet.startOf(0);
    const uniqueAt = packet.startOf(1);
    const headEnd = packet.startOf(2);
    if (uniqueAt - start > maxFunctionName + 1) return peer.send(ServerError.functionTooLarge);
    if (headEnd - uniqueAt > maxUnique + 1) return peer.send(ServerError.uniqueTooLarge);
    const of = this.#board.functions.makeOf(source, start, uniqueAt - 1);
    if (of === undefined) return peer.send(ServerError.tooManyFunctions);
    const last = packet.argumentCount - 1;
    const key = headEnd - uniqueAt === 1 ? undefined : jobKey(packet.latin1(1), () => packet.bytes(last));
    const known = key === undefined ? undefined : of.keyed.get(key);
    if (known !== undefined) {
      // It would be done once, and not come again.
      if (traits.schedule !== known.schedule && traits.schedule !== '') return peer.send(ServerError.uniqueTaken);
      of.counters.coalesced++;
      if (traits.background) known.background = true;
      return this.#created(peer, known, traits.background);
    }
    const refusal = this.#board.refusal(of, traits);
    if (refusal !== undefined) return peer.send(REFUSED[refusal]);
    const body = this.#board.jobs.bodies.keep(source, start, headEnd, packet.startOf(last), end);
    const queued = this.#board.queue(of, key, body, traits);
    if (queued !== undefined) {
      peer.send(packetOf(PacketType.JobCreated, queued));
      return this.#board.announce(of);
    }
    const made = this.#board.make(of, key, body, traits);
    if (made === undefined) return peer.send(ServerError.queueFull);
    return this.#created(peer, made, traits.background);
  }

  /** Answers a submit, as soon as the store has what it is to keep. */
  #created(peer: Peer, job: Job, background: boolean): unknown {
    const answer = packetOf(PacketType.JobCreated, job.handle);
    if (!background || !this.#board.keeps) {
      peer.send(answer);
      if (!background) job.join(peer);
      this.#board.begin(job);
      return undefined;
    }
    const stored = this.#board.store(job);
    if (stored === undefined) return peer.send(answer);
    const held = peer.hold();
    stored.push((error) => held.answer(error === undefined ? answer : storeFailure(error.message)));
    return peer.held > MAX_HELD ? peer.free() : undefined;
  }

  submitReduce(peer: Peer, packet: Packet, background: boolean): unknown {
    const reducer = packet.view(2);
    if (reducer.length > this.#settings.maxFunctionName) return peer.send(ServerError.functionTooLarge);
    return this.submit(peer, packet, { ...PLAIN, background, reducer: reducer.toBytes() });
  }

  /** SUBMIT_JOB_EPOCH: in the background, at a time. */
  submitEpoch(peer: Peer, packet: Packet): unknown {
    const seconds = leadingInteger(packet.latin1(2));
    if (seconds > MAX_TIME) return peer.send(ServerError.numberTooLarge);
    return this.submit(peer, packet, { ...PLAIN, when: Math.max(0, seconds * 1000) });
  }

  /** SUBMIT_JOB_SCHED: in the background, again and again. */
  submitSchedule(peer: Peer, packet: Packet): unknown {
    // The line of a crontab is short, and one that is not takes long to read.
    if (packet.startOf(7) - packet.startOf(2) > MAX_SCHEDULE) return peer.send(ServerError.invalidSchedule);
    const schedule = scheduleLine({
      minute: packet.latin1(2),
      hour: packet.latin1(3),
      day: packet.latin1(4),
      month: packet.latin1(5),
      weekday: packet.latin1(6),
    });
    if (schedule === undefined) return peer.send(ServerError.invalidSchedule);
    const when = nextTime(schedule, this.#settings.wall(), this.#settings.zone);
    if (when === undefined) return peer.send(ServerError.invalidSchedule);
    return this.submit(peer, packet, { ...PLAIN, when, schedule });
  }

  echo(peer: Peer, packet: Packet): void {
    peer.send(packetOf(PacketType.EchoRes, lasting(peer, packet.view(0))));
  }

  getStatus(peer: Peer, packet: Packet): void {
    const job = this.#board.jobs.find(packet.latin1(0));
    const handle = lasting(peer, packet.view(0));
    peer.send(packetOf(PacketType.StatusRes, handle, ...progress(job)));
  }

  getStatusUnique(peer: Peer, packet: Packet): void {
    const key = packet.latin1(0);
    const job = key === '' ? undefined : this.#board.jobs.findKeyed(key);
    const unique = lasting(peer, packet.view(0));
    const clients = `${job === undefined ? 0 : job.clientCount}`;
    peer.send(packetOf(PacketType.StatusResUnique, unique, ...progress(job), clients));
  }

  option(peer: Peer, packet: Packet): void {
    const name = packet.latin1(0);
    if (name.toLowerCase() !== 'exceptions') return peer.send(ServerError.unknownOption);
    peer.exceptions = true;
    return peer.send(packetOf(PacketType.OptionRes, name));
  }
}

/** What a status says of a job: known, running, numerator, denominator. */
function progress(job: Job | undefined): [string, string, string, string] {
  if (job === undefined) return ['0', '0', '0', '0'];
  return ['1', job.state === JobState.Running ? '1' : '0', `${job.numerator}`, `${job.denominator}`];
}

/** Bytes to be sent: copied when they are not at once. */
function lasting(peer: Peer, view: ByteView): ByteView | Uint8Array {
  return peer.held > 0 ? view.toBytes() : view;
}
