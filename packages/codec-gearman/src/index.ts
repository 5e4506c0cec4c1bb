export type { GearmanOutput } from './gearman-output.ts';
export type { GearmanOptions } from './options.ts';
export type { PacketFields } from './packet-fields.ts';
export type { PacketRule, PacketSender } from './packet-rules.ts';
export type { KnownPacketType } from './packet-type.ts';
export type { RefusedReason } from './refused-frame.ts';

export { gearmanClient } from './gearman-client.ts';
export { gearmanServer } from './gearman-server.ts';
export { packet } from './packet-fields.ts';
export { packetName, packetRules } from './packet-rules.ts';
export { PacketType } from './packet-type.ts';
export { Packet } from './packet.ts';
export { RefusedFrame } from './refused-frame.ts';
export { TextLine } from './text-line.ts';
