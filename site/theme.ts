// Colours of charts: the figures' own, made lighter where they would be lost on a dark page.

const ON_DARK: Record<string, string> = {
  "#D55E00": "#F0813A",
  "#0072B2": "#3B8FE0",
  "#56B4E9": "#A5DDFB",
  "#009E73": "#33C79B",
  "#000000": "#E9ECF1",
  "#882255": "#D9759F",
  "#332288": "#9E93F0",
  "#AA4499": "#D583C6",
  "#999933": "#C4C45A",
  "#c4c4c4": "#3A4553",
};

const dark = matchMedia("(prefers-color-scheme: dark)");

export const colorOf = (color: string): string => (dark.matches ? (ON_DARK[color] ?? color) : color);

/** Of text and lines in a chart. */
export const inks = () =>
  dark.matches ? { text: "#B4BECD", grid: "#28303B" } : { text: "#505B68", grid: "#E6E9ED" };

/** Calls back where a chart would look otherwise: in the other theme, and with the page's letters once they are there. */
export function onLooks(redraw: () => void): void {
  dark.addEventListener("change", redraw);
  document.fonts.ready.then(redraw);
}

export const FONT = 'Inter, "Inter Greek", system-ui, sans-serif';
