/** What became of a request (protocol_binary.h, `protocol_binary_response_status`). */
export const Status = {
  Success: 0x00,
  KeyNotFound: 0x01,
  KeyExists: 0x02,
  TooLarge: 0x03,
  InvalidArguments: 0x04,
  NotStored: 0x05,
  NonNumeric: 0x06,
  AuthError: 0x20,
  AuthContinue: 0x21,
  UnknownCommand: 0x81,
  OutOfMemory: 0x82,
} as const;

const texts: ReadonlyMap<number, string> = new Map([
  [Status.KeyNotFound, 'Not found'],
  [Status.KeyExists, 'Data exists for key.'],
  [Status.TooLarge, 'Too large.'],
  [Status.InvalidArguments, 'Invalid arguments'],
  [Status.NotStored, 'Not stored.'],
  [Status.NonNumeric, 'Non-numeric server-side value for incr or decr'],
  [Status.AuthError, 'Auth failure.'],
  [Status.UnknownCommand, 'Unknown command'],
  [Status.OutOfMemory, 'Out of memory'],
]);

/** What memcached says of a status in the body of its answer; empty for those that it says nothing of. */
export function statusText(status: number): string {
  return texts.get(status) ?? '';
}
