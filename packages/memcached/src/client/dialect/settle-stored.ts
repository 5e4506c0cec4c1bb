import type { AnyCall } from '../call.ts';
import type { Stored } from './dialect.ts';

/** Settles a command that stores with what its caller makes of the outcome. */
export function settleStored(call: AnyCall, stored: Stored): void {
  try {
    call.resolve(call.result!(stored as never));
  } catch (error) {
    call.reject(error);
  }
}
