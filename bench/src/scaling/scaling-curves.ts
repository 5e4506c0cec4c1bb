import type { Curve, Point, Series } from '../report/curve.ts';
import { spreadOf } from '../report/spread.ts';
import type { Pair, Sides } from '../side-by-side/measure-pairs.ts';
import type { ServerSlice } from '../side-by-side/measure-slice.ts';
import type { Scale, Step } from './scale.ts';

/** What was measured at each step. */
export type MeasuredSteps = ReadonlyMap<Step, readonly Pair[]>;

/** Throughput and memory of ours and of the peer over what was made larger. */
export function scalingCurves(scale: Scale, measured: MeasuredSteps): Curve[] {
  const over = { x: scale.name, xOfBytes: scale.ofBytes, setting: scale.setting };
  return [
    {
      ...over,
      title: `Throughput over ${scale.name}`,
      y: scale.unit,
      yOfBytes: scale.unit === 'bytes/s',
      series: seriesOf(scale, measured, ({ perSecond }, { worth }) => perSecond * worth),
    },
    {
      ...over,
      title: `Memory over ${scale.name}`,
      y: 'resident memory',
      yOfBytes: true,
      series: seriesOf(scale, measured, ({ rssBytes }) => rssBytes),
    },
  ];
}

function seriesOf(
  { ours, peer }: Scale,
  measured: MeasuredSteps,
  figure: (slice: ServerSlice, step: Step) => number,
): Series[] {
  const pointsOf = (side: keyof Sides<unknown>): Point[] =>
    Array.from(measured, ([step, pairs]) => {
      const { median, low, high } = spreadOf(pairs.map((pair) => figure(pair[side], step)));
      return { x: step.x, y: median, low, high };
    });
  return [
    { name: ours, points: pointsOf('ours') },
    { name: peer, points: pointsOf('peer') },
  ];
}
