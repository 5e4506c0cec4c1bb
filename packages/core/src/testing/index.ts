export type { CodecCheck, CodecVector, CodecVectorsOptions } from './codec-vectors.ts';
export type { EmbedOptions } from './embed.ts';

export { codecVectors } from './codec-vectors.ts';
export { embed, EmbeddedConnection } from './embed.ts';
export { FakeClock } from './fake-clock.ts';
export { memoryPlace } from './memory-place.ts';
