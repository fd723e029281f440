// Okabe and Ito's palette, told apart with every common colour blindness.
const OPTIMIZER_COLORS: Record<string, string> = { rp: "#D55E00", adam: "#0072B2", sgd: "#009E73" };
// Then, for more labels than that, of Tol's muted scheme.
const OTHER_COLORS = [
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
  "#882255",
  "#999933",
  "#332288",
  "#AA4499",
  "#88CCEE",
];

/** One colour a label: of those above its fixed one, others follow in order. */
export function colorsOf(labels: readonly string[]): Map<string, string> {
  const others = labels.filter((label) => !Object.hasOwn(OPTIMIZER_COLORS, label)).sort();
  return new Map(
    labels.map((label) => [
      label,
      Object.hasOwn(OPTIMIZER_COLORS, label)
        ? OPTIMIZER_COLORS[label]
        : OTHER_COLORS[others.indexOf(label) % OTHER_COLORS.length],
    ]),
  );
}

/** A darker tone of a colour, or of black a lighter one: to be told from it where both lie on each other. */
export function shadeOf(color: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const toned = channels.every((channel) => channel < 0x20)
    ? channels.map((channel) => channel + 0x90)
    : channels.map((channel) => Math.round(0.55 * channel));
  return `#${toned.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
