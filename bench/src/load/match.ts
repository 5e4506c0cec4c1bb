import type { LoadCase } from './load-case.ts';
import type { ServerKind } from './server-kind.ts';

/** Which server is measured against which, and the least ratio that is acceptable, if there is one. */
export interface Match {
  readonly load: LoadCase;
  readonly kind: ServerKind;
  readonly baseKind: ServerKind;
  readonly floor?: number | undefined;
}
