import {
  type KnownPacketType,
  type Packet,
  type PacketFields,
  packet as packetOf,
  PacketType,
} from '@wirewright/codec-gearman';

import type { JobBoard } from './job-board.ts';
import { type Job, JobState } from './job.ts';
import { leadingInteger } from './leading-integer.ts';
import type { Peer } from './peer.ts';
import { ServerError } from './server-errors.ts';
import type { ServiceSettings } from './service-settings.ts';

/** Bytes of a client id that are kept (gearmand, `GEARMAN_SERVER_CON_ID_SIZE`). */
const MAX_ID = 127;

/** What a timer can be set to at most, in ms. */
const MAX_TIMEOUT = 2 ** 31 - 1;

const NO_JOB = packetOf(PacketType.NoJob);

/** What would end a word, or a line. Above ASCII, the same codes are parts of characters in utf-8. */
const BREAKS = /(?:[^\P{Cc}\u0080-\u009f]| )+/u;

/** Does what workers ask for, and passes on what they say. */
export class WorkerRequests {
  readonly #board: JobBoard;
  readonly #settings: ServiceSettings;

  constructor(board: JobBoard, settings: ServiceSettings) {
    this.#board = board;
    this.#settings = settings;
  }

  sleep(peer: Peer): void {
    this.#board.sleep(peer);
  }

  setId(peer: Peer, packet: Packet): void {
    peer.id = clientId(packet.latin1(0));
  }

  resetAbilities(peer: Peer): void {
    this.#board.resetAbilities(peer);
  }

  canDo(peer: Peer, packet: Packet): void {
    this.#canDo(peer, packet.latin1(0), undefined);
  }

  grab(peer: Peer, packet: Packet): void {
    const { type } = packet;
    const job = this.#board.grab(peer);
    if (job === undefined) return peer.send(NO_JOB);
    const { handle } = job;
    if (type === PacketType.GrabJob) {
      return peer.send(packetOf(PacketType.JobAssign, handle, job.function.bytes, job.payload));
    }
    if (type === PacketType.GrabJobAll && job.reducer !== undefined) {
      const args = [handle, job.function.bytes, job.unique, job.reducer, job.payload];
      return peer.send(packetOf(PacketType.JobAssignAll, ...args));
    }
    return peer.send({ type: PacketType.JobAssignUniq, args: [handle], rest: job.body });
  }

  canDoInTime(peer: Peer, packet: Packet): void {
    const given = leadingInteger(packet.latin1(1));
    if (given > MAX_TIMEOUT) return peer.send(ServerError.numberTooLarge);
    return this.#canDo(peer, packet.latin1(0), this.#timeoutOf(Math.max(0, given)));
  }

  #canDo(peer: Peer, name: string, timeout: number | undefined): void {
    if (name.length > this.#settings.maxFunctionName) return peer.send(ServerError.functionTooLarge);
    const of = this.#board.functions.make(name);
    if (of === undefined) return peer.send(ServerError.tooManyFunctions);
    return this.#board.canDo(peer, of, timeout);
  }

  cannotDo(peer: Peer, packet: Packet): void {
    const of = this.#board.functions.get(packet.latin1(0));
    if (of !== undefined) this.#board.cannotDo(peer, of);
  }

  /** In ms, 0 for any time. gearmand takes less than a second for one (`gearman_server_worker_add`). */
  #timeoutOf(given: number): number {
    const { timeoutUnit } = this.#settings;
    if (given === 0) return 0;
    const seconds = timeoutUnit === 's' || (timeoutUnit === 'auto' && given < 1000);
    return Math.min(MAX_TIMEOUT, seconds ? given * 1000 : Math.max(1000, given));
  }

  status(peer: Peer, packet: Packet): void {
    const job = this.#workedOn(peer, packet, ServerError.resultNotFound);
    if (job === undefined) return;
    // As gearmand reads them: 32 bits, without a sign.
    job.numerator = leadingInteger(packet.latin1(1)) >>> 0;
    job.denominator = leadingInteger(packet.latin1(2)) >>> 0;
    job.tell(packet);
  }

  data(peer: Peer, packet: Packet): void {
    const job = this.#workedOn(peer, packet, ServerError.dataNotFound);
    if (job !== undefined) job.tell(whole(packet));
  }

  complete(peer: Peer, packet: Packet): void {
    const job = this.#workedOn(peer, packet, ServerError.resultNotFound);
    if (job === undefined) return;
    job.tell(whole(packet));
    this.#board.complete(job);
  }

  fail(peer: Peer, packet: Packet): void {
    const job = this.#workedOn(peer, packet, ServerError.resultNotFound);
    if (job !== undefined) this.#board.fail(job, undefined);
  }

  /** The end of a job, though PROTOCOL has a WORK_FAIL follow, which some workers send. */
  exception(peer: Peer, packet: Packet): void {
    const job = this.#workedOn(peer, packet, ServerError.exceptionNotFound);
    if (job === undefined) return;
    peer.remember(job.handle, 'exception');
    this.#board.fail(job, whole(packet));
  }

  /** The job that a worker tells of, when it is the worker's own; if not, that is answered. */
  #workedOn(peer: Peer, packet: Packet, notFound: PacketFields): Job | undefined {
    const handle = packet.latin1(0);
    const job = this.#board.jobs.find(handle);
    if (job !== undefined && job.worker === peer && job.state === JobState.Running) return job;
    const former = peer.recall(handle);
    if (former === 'exception' && packet.type === PacketType.WorkFail) return undefined;
    if (former !== undefined && this.#settings.ignoreLate) {
      // More may be on its way.
      peer.remember(handle, former);
      return undefined;
    }
    peer.send(notFound);
    return undefined;
  }
}

/** What a worker says, with empty data if it has left that out. */
function whole(packet: Packet): Packet | PacketFields {
  return packet.complete ? packet : packetOf(packet.type as KnownPacketType, packet.latin1(0), '');
}

/** An id as it can be listed: one word. */
function clientId(given: string): string {
  const id = given.slice(0, MAX_ID).split(BREAKS).filter(Boolean).join('_');
  return id === '' ? '-' : id;
}
