import { type GearmanOutput, packet, PacketType } from '@wirewright/codec-gearman';

/** Texts of the benchmarks of the Go package. */
export const HANDLE = 'H:lap:1';
export const FUNCTION = 'reverse';
export const PAYLOAD = 'test';
export const ECHOED = 'internal echo';

/** As the mixed benchmark of the Go package has them: packets of 23 and 756 bytes. */
export const SHORT_ECHO: Buffer = Buffer.alloc(11, 'e');
export const LONG_ECHO: Buffer = Buffer.alloc(744, 'e');

/** How many times as long as by hand ours takes at most. */
export const MOST = 1.5;

export const reset: GearmanOutput = packet(PacketType.ResetAbilities);
export const echo: GearmanOutput = packet(PacketType.EchoReq, ECHOED);
export const assign: GearmanOutput = packet(PacketType.JobAssign, HANDLE, FUNCTION, PAYLOAD);
export const mixed: readonly GearmanOutput[] = [
  packet(PacketType.Noop),
  packet(PacketType.EchoRes, SHORT_ECHO),
  packet(PacketType.EchoRes, LONG_ECHO),
];
