// What charts are drawn in: on white, or on a dark ground.

export const THEMES = ["light", "dark"] as const;
export type ThemeName = (typeof THEMES)[number];

export interface Theme {
  ground: string;
  text: string;
  /** Of what is said beside. */
  muted: string;
  grid: string;
  /** Of lines without a number. */
  minorGrid: string;
  /** A curve's colour on this ground. */
  curve(color: string): string;
}

/** Colours of curves that would be lost on a dark ground, made lighter. */
export const ON_DARK: Record<string, string> = {
  "#D55E00": "#F0813A",
  "#0072B2": "#3B8FE0",
  "#56B4E9": "#A5DDFB",
  "#009E73": "#33C79B",
  "#000000": "#E9ECF1",
  "#882255": "#D9759F",
  "#332288": "#9E93F0",
  "#AA4499": "#D583C6",
  "#999933": "#C4C45A",
};

const BY_NAME: Record<ThemeName, Theme> = {
  light: {
    ...{ ground: "#ffffff", text: "#222222", muted: "#666666", grid: "#e4e4e4", minorGrid: "#f3f3f3" },
    curve: (color) => color,
  },
  dark: {
    ...{ ground: "#171c23", text: "#e4e8ee", muted: "#a9b2c0", grid: "#36404d", minorGrid: "#232a33" },
    curve: (color) => ON_DARK[color] ?? color,
  },
};

export function themeOf(name: ThemeName): Theme {
  return BY_NAME[name];
}
