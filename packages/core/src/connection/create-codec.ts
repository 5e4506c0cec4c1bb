import type { Codec, CodecFactory } from '../codec/codec.ts';
import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption } from '../codec/options.ts';

/**
 * The codec of one connection.
 *
 * @throws {InvalidOptionError} what was given is no factory, or makes no codec
 */
export function createCodec<In, Out>(factory: CodecFactory<In, Out>): Codec<In, Out> {
  if (typeof factory !== 'function') {
    throw new InvalidOptionError(
      'codec must be a factory, so that each connection gets its own: line(), or () => new MyCodec()',
    );
  }
  const codec: unknown = factory();
  if (typeof codec === 'function') {
    throw new InvalidOptionError('codec made another function: call it, as in { codec: line() } for { codec: line }');
  }
  const { decode, encode, maxFrameLength } = (codec ?? {}) as Partial<Codec<In, Out>>;
  if (typeof decode !== 'function' || typeof encode !== 'function') {
    throw new InvalidOptionError('codec must make an object with decode(input) and encode(message, output)');
  }
  if (maxFrameLength !== undefined) integerOption('maxFrameLength of the codec', maxFrameLength, 0);
  return codec as Codec<In, Out>;
}
