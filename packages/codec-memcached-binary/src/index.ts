export type { Cas, CasWords } from './cas.ts';
export type { Frame } from './frame.ts';
export type { StoredItem } from './item-response.ts';
export type { MemcachedBinaryOptions } from './options.ts';
export type { RequestFields } from './request.ts';
export type { RequestProblem } from './request-problem.ts';
export type {
  ChangeOptions,
  CounterOptions,
  FlushOptions,
  GetOptions,
  QuietOptions,
  RequestOptions,
  StoreOptions,
} from './requests.ts';
export type { ResponseFields, ResponseProblem } from './response.ts';
export type { Answered } from './responses.ts';
export type { ServerResponse } from './server-codec.ts';
export type { Uint64 } from './uint64.ts';

export { memcachedBinaryClient } from './client-codec.ts';
export { ItemResponse } from './item-response.ts';
export { hasKeyInAnswer, isQuiet, isSilent, loudOpcode, quietOpcode } from './opcode-rules.ts';
export { Opcode, opcodeName } from './opcode.ts';
export { MAX_KEY_LENGTH } from './options.ts';
export { BinaryRequest } from './request.ts';
export { requests } from './requests.ts';
export { BinaryResponse } from './response.ts';
export { responses } from './responses.ts';
export { memcachedBinaryServer } from './server-codec.ts';
export { Status, statusText } from './status.ts';
