import { Client, type ClientOptions, type ConnectOptions, type ConnectPlace, Exchange } from '@wirewright/core';
import type { Codec, CodecFactory } from '@wirewright/core/codec';

import { type AnyCall, promised } from './call.ts';

/** What is said of everything while a password may be in it. */
const SECRET = { text: 'login', secret: true };

/**
 * A connection that nobody else uses, with the messages of the protocol: for commands that take it over, and for conversations of one's
 * own.
 *
 * @throws {LoginError} (rejects) the server refused `login`
 * @throws as `connect` of a client does
 */
export async function connectAlone<Frame, Request>(
  frames: CodecFactory<Frame, Request>,
  options: ClientOptions<Frame, Request>,
  place: ConnectPlace,
  connecting: ConnectOptions,
  login: AnyCall | undefined,
): Promise<Exchange<Frame, Request>> {
  let loggingIn = login !== undefined;
  const codec = (): Codec<Frame, Request> => {
    const plain = frames();
    return {
      maxFrameLength: plain.maxFrameLength!,
      decode: (input) => plain.decode(input),
      encode: (request, output) => plain.encode(request, output),
      describe: (message) => (loggingIn ? SECRET : plain.describe!(message)),
    };
  };
  const connection = await new Client<Frame, Request>({ ...options, codec }).connect(place, connecting);
  const exchange = new Exchange(connection);
  if (login === undefined) return exchange;
  const answered = promised(login);
  answered.catch(() => {});
  try {
    await exchange.request(login.request as Request, (frame) => login.read(frame as never, login) || undefined);
    await answered;
  } catch (error) {
    connection.destroy();
    throw error;
  }
  loggingIn = false;
  return exchange;
}
