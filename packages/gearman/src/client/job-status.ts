import { type Packet, PacketType } from '@wirewright/codec-gearman';

/** How it stands with a job. */
export interface JobStatus {
  /** Whether the server knows it: one that is over it does not. */
  readonly known: boolean;
  /** Whether a worker has it. */
  readonly running: boolean;
  /** What the worker has said last; 0 of 0 until it does. */
  readonly numerator: number;
  /** What the `numerator` is of. */
  readonly denominator: number;
  /** How many clients wait for it, where a unique was asked for. */
  readonly clients: number | undefined;
  /** The server that said so. */
  readonly server: string;
}

/** Reads a STATUS_RES, or a STATUS_RES_UNIQUE. Perl's server leaves numbers empty until there are some. */
export function readStatus(server: string, packet: Packet): JobStatus {
  return {
    known: packet.latin1(1) === '1',
    running: packet.latin1(2) === '1',
    numerator: Number(packet.latin1(3)),
    denominator: Number(packet.latin1(4)),
    clients: packet.type === PacketType.StatusResUnique ? Number(packet.latin1(5)) : undefined,
    server,
  };
}
