export type { Line, LineOptions } from './line.ts';

export { line } from './line.ts';
export { DiscardedFrame } from '@wirewright/core/codec';
