/** Ticks of a logarithmic axis, three to some ten of them: powers of ten, with 2 and 5 between, or finer round numbers. */
export function logarithmicTicks(min: number, max: number): number[] {
  const decades = Math.log10(max / min);
  if (decades > 3) {
    const step = Math.ceil(decades / 9);
    return powersOfTen(min, max).filter((_, index) => index % step === 0);
  }
  const ticks = powersOfTen(min / 10, max)
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((value) => value >= min && value <= max);
  return ticks.length >= 3 ? ticks : roundNumbers(min, max);
}

function powersOfTen(min: number, max: number): number[] {
  const first = Math.ceil(Math.log10(min));
  const last = Math.floor(Math.log10(max));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(`1e${first + index}`));
}

/** Multiples of 1, 2 or 5 times a power of ten, about five of them. */
function roundNumbers(min: number, max: number): number[] {
  const rough = (max - min) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(min / step);
  const last = Math.floor(max / step);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}
