// Okabe and Ito's palette, told apart with every common colour blindness.
const OPTIMIZER_COLORS: Record<string, string> = {
  ...{ rp: "#D55E00", adam: "#0072B2", sgd: "#009E73" },
  ...{ adamw: "#56B4E9", amsgrad: "#332288", rmsprop: "#999933", adagrad: "#882255" },
  ...{ adahessian: "#000000", sophia: "#E69F00" },
};
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

/** One colour a label: of those above its fixed one, others follow in order, without what is taken. */
export function colorsOf(labels: readonly string[]): Map<string, string> {
  const taken = labels.flatMap((label) =>
    Object.hasOwn(OPTIMIZER_COLORS, label) ? [OPTIMIZER_COLORS[label]] : [],
  );
  const free = OTHER_COLORS.filter((color) => !taken.includes(color));
  const others = labels.filter((label) => !Object.hasOwn(OPTIMIZER_COLORS, label)).sort();
  return new Map(
    labels.map((label) => [
      label,
      Object.hasOwn(OPTIMIZER_COLORS, label)
        ? OPTIMIZER_COLORS[label]
        : free[others.indexOf(label) % free.length],
    ]),
  );
}

/** A tone of a colour further from the ground, or of one that is as far as can be a nearer one: to be told from it where both lie on each other. */
export function shadeOf(color: string, { ground }: { ground: string } = { ground: "#ffffff" }): string {
  const channels = channelsOf(color);
  const lighter = channelsOf(ground)[0] < 0x80;
  const far = channels.every((channel) => (lighter ? channel > 0xe0 : channel < 0x20));
  const toned = channels.map((channel) => {
    if (far) return lighter ? channel - 0x70 : channel + 0x90;
    return Math.round(lighter ? 0xff - 0.4 * (0xff - channel) : 0.55 * channel);
  });
  return `#${toned.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function channelsOf(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
