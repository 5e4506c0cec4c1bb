import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  BarChart,
  CustomChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

/** Pixels of a plot. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of the series, in their order. */
export const colors: readonly string[] = ['#0f766e', '#2563eb', '#9333ea', '#ea580c', '#64748b', '#be123c'];

/** What all plots have in common, so that they look like one set, on a light page and a dark one. */
const LOOK: EChartsCoreOption = {
  animation: false,
  backgroundColor: '#ffffff',
  color: [...colors],
  textStyle: { fontFamily: 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif' },
};

/** A chart as the text of an SVG file. */
export function renderChart(option: EChartsCoreOption, size: Size): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ ...LOOK, ...option });
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}
