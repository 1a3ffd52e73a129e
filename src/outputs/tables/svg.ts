import type { TopLevelSpec } from 'vega-lite';

/** Names are never cut in a legend. */
export const WHOLE_LABELS = { labelLimit: 0 } as const;

/** Vega is loaded only when something is drawn: it takes longer than most commands. */
export async function svgOf(spec: TopLevelSpec): Promise<string> {
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(lite.compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
