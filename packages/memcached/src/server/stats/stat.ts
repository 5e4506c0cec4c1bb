/** A statistic: its name, and what it is now. */
export type Stat = readonly [name: string, value: string | number];
