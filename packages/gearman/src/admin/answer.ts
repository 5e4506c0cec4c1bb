import { Packet, PacketType, type TextLine } from '@wirewright/codec-gearman';
import { ProtocolError } from '@wirewright/core';

import { unexpectedAnswer } from '../unexpected-answer.ts';
import { AdminError, AnswerTooLongError } from './errors.ts';
import { quoted } from './quoted.ts';

const ERROR = /^ERR(?: |$)/;

/** The answer to one command, as it comes. */
export class Answer<R> {
  /** What was wrong with it: the connection is closed for that. */
  failure: ProtocolError | undefined = undefined;
  readonly #command: string;
  readonly #echo: string | undefined;
  readonly #limit: number;
  readonly #read: (lines: readonly string[]) => R;
  readonly #lines: string[] = [];
  #length = 0;

  /**
   * @param echo what is echoed behind an answer that ends with a dot; an answer without is one line
   * @param limit bytes that it may have
   * @param read makes the result of its lines, the one with the dot not included; not undefined
   */
  constructor(command: string, echo: string | undefined, limit: number, read: (lines: readonly string[]) => R) {
    this.#command = command;
    this.#echo = echo;
    this.#limit = limit;
    this.#read = read;
  }

  /**
   * Takes what comes next, and returns the result when that was the last.
   *
   * @throws {AdminError} the server answered with an error
   * @throws {ProtocolError} it is no answer to this command
   */
  take(frame: Packet | TextLine): R | undefined {
    try {
      if (frame instanceof Packet) return this.#end(frame);
      this.#add(frame);
      return this.#echo === undefined ? this.#result(this.#lines) : undefined;
    } catch (error) {
      if (error instanceof ProtocolError) this.failure = error;
      throw error;
    }
  }

  #add({ bytes, text }: TextLine): void {
    this.#length += bytes.length + 1;
    if (this.#length > this.#limit) throw new AnswerTooLongError(this.#command, this.#limit);
    this.#lines.push(text);
  }

  #end(packet: Packet): R {
    if (packet.type !== PacketType.EchoRes || packet.text(0) !== this.#echo) {
      throw unexpectedAnswer(`${quoted(this.#command)} with lines`, packet.name);
    }
    const lines = this.#lines;
    if (lines.length === 1 && ERROR.test(lines[0]!)) return this.#result(lines);
    const last = lines.pop();
    if (last === '.') return this.#read(lines);
    throw unexpectedAnswer(`${quoted(this.#command)} with lines up to a dot`, quoted(last ?? ''));
  }

  #result(lines: readonly string[]): R {
    const [line] = lines;
    if (ERROR.test(line!)) throw new AdminError(this.#command, line!.slice(4));
    return this.#read(lines);
  }
}
