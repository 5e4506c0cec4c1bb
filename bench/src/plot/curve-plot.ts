import type { CustomSeriesRenderItem } from 'echarts/types/dist/shared';

import type { Curve, Point } from '../report/curve.ts';
import { bytesText, numberText } from '../report/number-text.ts';
import { logTicks } from './log-ticks.ts';
import { colors, renderChart } from './render-chart.ts';

const count = new Intl.NumberFormat('en');

const RANGE = 'median, and the range of the rounds';

/** Of the range of x, left free at both ends. */
const MARGIN = 0.03;

/** How something grows: a line for each series in a band between the least and the greatest of its rounds. Both axes are logarithmic. */
export function curvePlot({ title, setting, x, y, xOfBytes = false, yOfBytes = false, series }: Curve): string {
  const points = series.flatMap((each) => each.points);
  const xs = [...new Set(points.map((point) => point.x))];
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const margin = Math.max(most / least, 2) ** MARGIN;
  const yTicks = logTicks(
    Math.min(...points.map(({ low }) => low)),
    Math.max(...points.map(({ high }) => high)),
    yOfBytes,
  );
  return renderChart(
    {
      title: { text: title, subtext: setting === undefined ? RANGE : `${setting}; ${RANGE}`, left: 16, top: 12 },
      legend: { top: 14, right: 24, icon: 'circle', itemGap: 32, data: series.map(({ name }) => name) },
      grid: { left: 96, right: 32, top: 76, bottom: 64 },
      xAxis: {
        type: 'log',
        name: x,
        nameLocation: 'middle',
        nameGap: 34,
        min: least / margin,
        max: most * margin,
        axisTick: { customValues: xs },
        axisLabel: {
          customValues: xs,
          formatter: (value: number) => (xOfBytes ? bytesText(value) : count.format(value)),
        },
        splitLine: { lineStyle: { color: '#f1f5f9' } },
      },
      yAxis: {
        type: 'log',
        name: y,
        nameLocation: 'middle',
        nameGap: 68,
        min: yTicks[0],
        max: yTicks.at(-1),
        axisLine: { show: false },
        axisTick: { show: false, customValues: yTicks },
        axisLabel: { customValues: yTicks, formatter: yOfBytes ? bytesText : numberText },
        splitLine: { lineStyle: { color: '#e2e8f0' } },
      },
      series: [
        ...series.map(({ points: own }, index) => ({
          type: 'custom',
          renderItem: band(own, colors[index % colors.length]!),
          data: [own.map((point) => point.x)],
          silent: true,
          z: 1,
        })),
        ...series.map(({ name, points: own }, index) => ({
          name,
          type: 'line',
          symbol: 'circle',
          symbolSize: 7,
          color: colors[index % colors.length],
          lineStyle: { width: 2.5 },
          data: own.map((point) => [point.x, point.y]),
          z: 2,
        })),
      ],
    },
    { width: 960, height: 420 },
  );
}

/** The area between the least and the greatest of the rounds, in one piece. */
function band(points: readonly Point[], color: string): CustomSeriesRenderItem {
  return (_params, api) => {
    const outline = points.map(({ x, high }) => api.coord([x, high]));
    for (let at = points.length - 1; at >= 0; at--) outline.push(api.coord([points[at]!.x, points[at]!.low]));
    return { type: 'polygon', shape: { points: outline }, style: { fill: color, opacity: 0.16 } };
  };
}
