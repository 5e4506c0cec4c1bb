import { packet, PacketType } from '@wirewright/codec-gearman';

import { answer } from '../link/answers.ts';
import type { ServerLink } from '../link/server-link.ts';

/** Asks for options on a new connection, in front of all else. A server that does not know one goes on without it. */
export function registerOptions(link: ServerLink, options: Iterable<string>): void {
  for (const name of options) requestOption(link, name).catch(() => {});
}

/**
 * Asks a server for an option.
 *
 * @throws {CommandError} (rejects) it does not know it
 */
export async function requestOption(link: ServerLink, name: string): Promise<void> {
  await link.ask(packet(PacketType.OptionReq, name), (frame) => answer(link.name, frame, PacketType.OptionRes));
}
