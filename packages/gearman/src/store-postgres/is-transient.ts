import { DatabaseError } from 'pg';

/**
 * Classes and codes of errors that pass (PostgreSQL, Appendix A): of connections (08), of transactions that got in each other's way (40), too many
 * connections (53300), a server that shuts down, has crashed or is starting (57P01 to 57P03), and one that is still a standby (25006).
 */
const PASSING = /^(08|40|53300|57P0[123]|25006)/;

/** Whether the same may succeed a moment later: the connection was lost, or could not be made, or the database is not ready. */
export function isTransient(error: unknown): boolean {
  if (error instanceof DatabaseError) return PASSING.test(error.code ?? '');
  // What a program has got wrong stays wrong; anything else that is thrown is the network's.
  return error instanceof Error && !(error instanceof TypeError || error instanceof RangeError);
}
