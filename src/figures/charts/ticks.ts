/** Numbers that an axis has room for, of about 420 units of height. */
const MOST_NUMBERS = 18;

/** Leading digits of the numbers in a decade, the more the fewer decades an axis has. */
const DIGITS = [
  [1, 1.5, 2, 3, 4, 5, 6, 8],
  [1, 2, 3, 5, 7],
  [1, 2, 5],
];

/**
 * Numbers of a logarithmic axis: in every decade as many as there is room for, at least three, or finer round numbers
 * where the axis is short. Only where not even three a decade have room, powers of ten alone.
 *
 * @param most numbers that have room
 */
export function logarithmicTicks(min: number, max: number, most = MOST_NUMBERS): number[] {
  const decades = Math.log10(max / min);
  if (DIGITS[DIGITS.length - 1].length * decades > most) {
    const step = Math.ceil(decades / 9);
    return powersOfTen(min, max).filter((_, index) => index % step === 0);
  }
  const room = Math.min(most, Math.max(ENOUGH, 3 * decades));
  const digits = DIGITS.find((each) => each.length * decades <= room) ?? DIGITS[DIGITS.length - 1];
  const ticks = multiples(min, max, digits);
  return ticks.length >= FEWEST ? ticks : roundNumbers(min, max);
}

/** With so many numbers an axis reads well; a longer one needs three a decade all the same. */
const ENOUGH = 10;
const FEWEST = 4;

/**
 * Where an axis has room for no more than its powers of ten, 2 and 5 times each of them, to be written as these digits alone
 * and small, as on logarithmic paper. Of a longer axis, where even those have no room, none.
 */
export function digitTicks(min: number, max: number, numbers: readonly number[]): number[] {
  const decades = Math.log10(max / min);
  const powers = powersOfTen(min, max);
  const plain = numbers.length === powers.length && numbers.every((value, index) => value === powers[index]);
  return plain && decades <= MOST_DECADES ? multiples(min, max, [2, 5]) : [];
}

const MOST_DECADES = 9;

/** Ticks without a number, between those with one: 1 to 9 times each power of ten, or other round numbers where the axis is short. */
export function minorTicks(min: number, max: number): number[] {
  const decades = Math.log10(max / min);
  if (decades > 12) return [];
  const ticks = multiples(min, max, decades > 4 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  return ticks.length >= FEWEST_MINOR ? ticks : roundNumbers(min, max, FEWEST_MINOR);
}

const FEWEST_MINOR = 10;

function multiples(min: number, max: number, digits: readonly number[]): number[] {
  return powersOfTen(min / 10, max)
    .flatMap((power) => digits.map((digit) => Number((digit * power).toPrecision(12))))
    .filter((value) => value >= min && value <= max);
}

function powersOfTen(min: number, max: number): number[] {
  const first = Math.ceil(Math.log10(min));
  const last = Math.floor(Math.log10(max));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(`1e${first + index}`));
}

/** Multiples of 1, 2 or 5 times a power of ten, the fewest that are enough. */
function roundNumbers(min: number, max: number, enough = FEWEST): number[] {
  const power = 10 ** Math.floor(Math.log10(max - min));
  const step =
    [1, 0.5, 0.2, 0.1].map((factor) => factor * power).find((one) => countOf(min, max, one) >= enough) ??
    0.05 * power;
  const first = Math.ceil(min / step);
  return Array.from({ length: countOf(min, max, step) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function countOf(min: number, max: number, step: number): number {
  return Math.floor(max / step) - Math.ceil(min / step) + 1;
}
