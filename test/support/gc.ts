import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects all that is garbage, whatever flags Node was started with. */
export const gc: () => void = runInNewContext('gc') as () => void;
