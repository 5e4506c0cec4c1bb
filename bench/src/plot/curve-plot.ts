import type { Curve } from '../report/curve.ts';
import { numberText } from '../report/number-text.ts';
import { renderChart } from './render-chart.ts';

/** How something grows: a line for each series with a band between the least and the greatest of its rounds. Both axes are logarithmic. */
export function curvePlot({ title, x, y, series }: Curve): string {
  return renderChart(
    {
      title: { text: title, left: 16, top: 10 },
      legend: { top: 40, left: 16, data: series.map(({ name }) => name) },
      grid: { left: 80, right: 40, top: 90, bottom: 60 },
      xAxis: {
        type: 'log',
        name: x,
        nameLocation: 'middle',
        nameGap: 32,
        axisLabel: { formatter: numberText },
        splitLine: { lineStyle: { color: '#f1f5f9' } },
      },
      yAxis: {
        type: 'log',
        name: y,
        nameLocation: 'middle',
        nameGap: 56,
        min: 'dataMin',
        axisLabel: { formatter: numberText },
        splitLine: { lineStyle: { color: '#e2e8f0' } },
      },
      series: series.map(({ name, points }) => ({
        name,
        type: 'line',
        symbol: 'circle',
        symbolSize: 7,
        lineStyle: { width: 2.5 },
        data: points.map((point) => [point.x, point.y]),
      })),
    },
    { width: 960, height: 420 },
  );
}
