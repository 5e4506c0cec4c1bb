import type { ByteView } from '@wirewright/core/codec';

import type { PacketFields } from './packet-fields.ts';
import type { Packet } from './packet.ts';

/** What is sent: a packet, one that was received, or text as it is to lie on the wire, its ends of line included. */
export type GearmanOutput = PacketFields | Packet | string | Uint8Array | ByteView;
