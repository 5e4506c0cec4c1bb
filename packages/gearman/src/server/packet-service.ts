import { type Packet, packetRules, PacketType } from '@wirewright/codec-gearman';

import { ClientRequests } from './client-requests.ts';
import type { JobBoard } from './job-board.ts';
import type { JobTraits, Priority } from './job.ts';
import type { Peer } from './peer.ts';
import { incompletePacket, ServerError } from './server-errors.ts';
import type { ServiceSettings } from './service-settings.ts';
import { WorkerRequests } from './worker-requests.ts';

/** Does what a packet asks for; returns a promise when the next one has to wait. */
type Handler = (peer: Peer, packet: Packet) => unknown;

/** Does what packets ask for: one handler for each type that a server takes. */
export class PacketService {
  readonly #handlers: (Handler | undefined)[] = [];
  readonly #clients: ClientRequests;

  constructor(board: JobBoard, settings: ServiceSettings) {
    const clients = new ClientRequests(board, settings);
    const workers = new WorkerRequests(board, settings);
    this.#clients = clients;
    const on = (type: number, handler: Handler): void => {
      this.#handlers[type] = handler;
    };
    this.#submits(PacketType.SubmitJob, 1, false);
    this.#submits(PacketType.SubmitJobBg, 1, true);
    this.#submits(PacketType.SubmitJobHigh, 0, false);
    this.#submits(PacketType.SubmitJobHighBg, 0, true);
    this.#submits(PacketType.SubmitJobLow, 2, false);
    this.#submits(PacketType.SubmitJobLowBg, 2, true);
    on(PacketType.SubmitReduceJob, (peer, packet) => clients.submitReduce(peer, packet, false));
    on(PacketType.SubmitReduceJobBackground, (peer, packet) => clients.submitReduce(peer, packet, true));
    on(PacketType.SubmitJobEpoch, (peer, packet) => clients.submitEpoch(peer, packet));
    on(PacketType.SubmitJobSched, (peer, packet) => clients.submitSchedule(peer, packet));
    on(PacketType.GetStatus, (peer, packet) => clients.getStatus(peer, packet));
    on(PacketType.GetStatusUnique, (peer, packet) => clients.getStatusUnique(peer, packet));
    on(PacketType.OptionReq, (peer, packet) => clients.option(peer, packet));
    on(PacketType.EchoReq, (peer, packet) => clients.echo(peer, packet));
    on(PacketType.CanDo, (peer, packet) => workers.canDo(peer, packet));
    on(PacketType.CanDoTimeout, (peer, packet) => workers.canDoInTime(peer, packet));
    on(PacketType.CantDo, (peer, packet) => workers.cannotDo(peer, packet));
    on(PacketType.ResetAbilities, (peer) => workers.resetAbilities(peer));
    on(PacketType.SetClientId, (peer, packet) => workers.setId(peer, packet));
    on(PacketType.PreSleep, (peer) => workers.sleep(peer));
    on(PacketType.GrabJob, (peer, packet) => workers.grab(peer, packet));
    on(PacketType.GrabJobUniq, (peer, packet) => workers.grab(peer, packet));
    on(PacketType.GrabJobAll, (peer, packet) => workers.grab(peer, packet));
    on(PacketType.WorkStatus, (peer, packet) => workers.status(peer, packet));
    on(PacketType.WorkData, (peer, packet) => workers.data(peer, packet));
    on(PacketType.WorkWarning, (peer, packet) => workers.data(peer, packet));
    on(PacketType.WorkComplete, (peer, packet) => workers.complete(peer, packet));
    on(PacketType.WorkFail, (peer, packet) => workers.fail(peer, packet));
    on(PacketType.WorkException, (peer, packet) => workers.exception(peer, packet));
  }

  handle(peer: Peer, packet: Packet): unknown {
    if (packet.isResponse) return peer.send(ServerError.invalidMagic);
    const { type } = packet;
    const handler = this.#handlers[type];
    // What nobody sends to a server, what is not used (ALL_YOURS) and what there is not: one answer for all.
    if (handler === undefined) return peer.send(ServerError.invalidCommand);
    if (packet.complete) return handler(peer, packet);
    const { name, args, from, opaque } = packetRules[type]!;
    // Perl's Gearman::Worker sends a result that is false as the handle alone.
    if (from === 'worker' && opaque) return handler(peer, packet);
    return peer.send(incompletePacket(name, args));
  }

  #submits(type: number, priority: Priority, background: boolean): void {
    const traits: JobTraits = { priority, background, when: 0, schedule: '', reducer: undefined };
    this.#handlers[type] = (peer, packet) => this.#clients.submit(peer, packet, traits);
  }
}
