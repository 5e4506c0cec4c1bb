import type { Uint64 } from './numbers.ts';

/** The flags of a meta command that carry a number or a mode. Those that were not sent are `undefined`. */
export class MetaArguments {
  /** `T`: seconds to live, or above 30 days a Unix time. */
  declare exptime: number | undefined;
  /** `N`: on a miss, make an item that lives so long. */
  declare vivify: number | undefined;
  /** `R`: who asks when less than these seconds are left is told to recache. */
  declare recache: number | undefined;
  /** `F`: the client's flags. */
  declare flags: number | undefined;
  /** `C`: only if the item has this cas. */
  declare cas: Uint64 | undefined;
  /** `E`: the cas that the item gets. */
  declare newCas: Uint64 | undefined;
  /** `D`: what is added or taken away. */
  declare delta: Uint64 | undefined;
  /** `J`: what the item starts with when `N` makes it. */
  declare initial: Uint64 | undefined;
  /** `M`: the letter of the mode. */
  declare mode: string | undefined;

  constructor() {
    this.exptime = undefined;
    this.vivify = undefined;
    this.recache = undefined;
    this.flags = undefined;
    this.cas = undefined;
    this.newCas = undefined;
    this.delta = undefined;
    this.initial = undefined;
    this.mode = undefined;
  }
}

/** Those of all commands that have none; nobody writes to it. */
export const NO_ARGUMENTS: MetaArguments = new MetaArguments();
