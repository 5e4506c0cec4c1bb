import type { Curve, Point, Series } from './curve.ts';

/** Makes one of curves of the same title, with the newest of each point. @param curves oldest first */
export function mergeCurves(curves: readonly Curve[]): Curve[] {
  return grouped(curves, ({ title }) => title).map(mergeAlike);
}

function mergeAlike(curves: readonly Curve[]): Curve {
  const series = grouped(
    curves.flatMap((curve) => curve.series),
    ({ name }) => name,
  );
  return { ...curves.at(-1)!, series: series.map(mergeSeries) };
}

function mergeSeries(series: readonly Series[]): Series {
  return { name: series[0]!.name, points: mergePoints(series.flatMap(({ points }) => points)) };
}

function mergePoints(points: readonly Point[]): Point[] {
  const newest = grouped(points, ({ x }) => x).map((same) => same.at(-1)!);
  newest.sort((a, b) => a.x - b.x);
  return newest;
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Item[][] {
  const groups = new Map<unknown, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}
