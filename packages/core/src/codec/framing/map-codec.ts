/*
 * The frames of another codec, with messages in the place of their bodies:
 *
 *   +-----------------+--------------------------+-----------------+
 *   | prefix, if any  |    body <-> message      | trailer, if any |
 *   +-----------------+--------------------------+-----------------+
 */
import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec, CodecFactory, Description } from '../codec.ts';

/** How {@link mapCodec} turns frames into messages, and back. */
export interface Mapping<FrameIn, In, FrameOut, Out> {
  /** Makes a message of a frame, or `undefined` to drop it. A view that it gets is valid until it returns. */
  decode(frame: FrameIn): In | undefined;
  /** Makes a frame of a message. */
  encode(message: Out): FrameOut;
  /**
   * A message in words, and whether it is secret: what {@link Codec.describe} of the whole is. That of the framing knows frames, not
   * messages, and is not asked. Without it, logs show every message as `util.inspect` does.
   */
  describe?(message: In | Out): string | Description;
}

/**
 * A codec on top of another: the framing stays, the messages change.
 *
 * ```ts
 * const json = mapCodec(lengthPrefixed({ as: 'string' }), { decode: JSON.parse, encode: JSON.stringify });
 * ```
 *
 * What `decode` throws closes the connection as a {@link DecodeError}; what `encode` throws reaches whoever sends.
 */
export function mapCodec<FrameIn, In, FrameOut, Out = In>(
  framing: CodecFactory<FrameIn, FrameOut>,
  mapping: Mapping<FrameIn, In, FrameOut, Out>,
): CodecFactory<In, Out> {
  const describe = mapping.describe?.bind(mapping);
  return () => {
    const frames = framing();
    const Mapped = frames.decodeEnd === undefined ? MappedCodec : EndingMappedCodec;
    return new Mapped(frames, mapping, describe);
  };
}

class MappedCodec<FrameIn, In, FrameOut, Out> implements Codec<In, Out> {
  declare readonly maxFrameLength?: number;
  declare readonly describe?: (message: In | Out) => string | Description;
  protected readonly frames: Codec<FrameIn, FrameOut>;
  protected readonly mapping: Mapping<FrameIn, In, FrameOut, Out>;

  constructor(
    frames: Codec<FrameIn, FrameOut>,
    mapping: Mapping<FrameIn, In, FrameOut, Out>,
    describe: Codec<In, Out>['describe'],
  ) {
    this.frames = frames;
    this.mapping = mapping;
    if (frames.maxFrameLength !== undefined) this.maxFrameLength = frames.maxFrameLength;
    if (describe !== undefined) this.describe = describe;
  }

  decode(input: ByteReader): In | undefined {
    const frame = this.frames.decode(input);
    return frame === undefined ? undefined : this.mapping.decode(frame);
  }

  encode(message: Out, output: ByteWriter): void {
    this.frames.encode(this.mapping.encode(message), output);
  }
}

/** For framings that know what to do with the rest at end of input. */
class EndingMappedCodec<FrameIn, In, FrameOut, Out> extends MappedCodec<FrameIn, In, FrameOut, Out> {
  decodeEnd(input: ByteReader): In | undefined {
    const frame = this.frames.decodeEnd!(input);
    return frame === undefined ? undefined : this.mapping.decode(frame);
  }
}
