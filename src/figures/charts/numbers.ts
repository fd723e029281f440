/** Beyond these a number is written with a power of ten. */
const [LEAST, MOST] = [1e-5, 1e6];

/** Whether a logarithmic axis ends so near to its begin that its numbers have as many decimals each. */
export function isShort(min: number, max: number): boolean {
  return max < 10 * min;
}

/**
 * How all numbers of one axis are written, so that no two are of different styles: as decimals, or all with a power of
 * ten. @param aligned whether all have as many decimals as the one that needs most, as on a linear axis
 */
export function numberStyle(values: readonly number[], aligned: boolean): (value: number) => string {
  const shown = values.map((value) => Number(value.toPrecision(6)));
  const sizes = shown.filter((value) => value !== 0).map(Math.abs);
  if (sizes.some((size) => size < LEAST || size >= MOST)) return (value) => signed(exponential(value));
  const decimals = aligned ? Math.max(0, ...shown.map(decimalsOf)) : null;
  return (value) => {
    const short = Number(value.toPrecision(6));
    return signed(decimals === null ? String(short) : short.toFixed(decimals));
  };
}

function exponential(value: number): string {
  const short = Number(value.toPrecision(6));
  return short === 0 ? "0" : short.toExponential().replace("e+", "e");
}

/** Of a number from LEAST on, whose text has no exponent but near it. */
function decimalsOf(value: number): number {
  for (let decimals = 0; decimals < 12; decimals++) {
    if (Number(value.toFixed(decimals)) === value) return decimals;
  }
  return 12;
}

/** With a minus sign of a digit's width. */
function signed(text: string): string {
  return text.replace(/^-/, "−");
}
