import { Packet, packetName, PacketType, type TextLine } from '@wirewright/codec-gearman';

import { CommandError } from '../errors.ts';
import { unexpectedAnswer } from '../unexpected-answer.ts';

/**
 * The packet that answers a request, when it is of one of `types`.
 *
 * @throws {CommandError} it is an ERROR
 * @throws {UnexpectedReplyError} it is another one, lacks arguments, or is a line
 */
export function answer(server: string, frame: Packet | TextLine, ...types: readonly number[]): Packet {
  if (frame instanceof Packet) {
    if (types.includes(frame.type) && frame.complete) return frame;
    if (frame.type === PacketType.Error) throw refusal(server, frame);
  }
  const got = frame instanceof Packet ? inFull(frame) : `the line ${JSON.stringify(frame.text.slice(0, 60))}`;
  throw unexpectedAnswer(types.map(packetName).join(' or '), got);
}

function inFull({ name, complete }: Packet): string {
  return complete ? name : `${name} without all of its arguments`;
}

/** What an ERROR says. */
export function refusal(server: string, packet: Packet): CommandError {
  return new CommandError(server, packet.text(0), packet.text(1));
}
