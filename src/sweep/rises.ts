// Where training goes on long enough, the test loss turns up: how low it came, when it rose, and how far.

import { RISE, restingPoint } from "../results/log-measures.js";
import { relativeLoss, type Spread, spreadOf } from "../statistics.js";
import { type Contender, type Paired, pairedOf } from "./claims.js";
import { loss, percent, range } from "./words.js";

interface Rises {
  name: string;
  least: Spread | null;
  leastEpoch: Spread | null;
  /** Of the seeds whose test loss rises. */
  riseEpoch: Spread | null;
  rising: number;
  of: number;
  /** How far the last evaluation is above the least. */
  above: Spread | null;
}

function risesOf({ name, rows }: Contender): Rises {
  const seeds = [...rows.values()].flatMap((log) => restingPoint(log) ?? []);
  const rising = seeds.flatMap(({ riseEpoch }) => riseEpoch ?? []);
  return {
    ...{ name, rising: rising.length, of: seeds.length },
    least: spreadOf(seeds.map(({ least }) => least.testLoss)),
    leastEpoch: spreadOf(seeds.map(({ least }) => least.epoch)),
    riseEpoch: spreadOf(rising),
    above: spreadOf(seeds.map(({ above }) => above)),
  };
}

/** Whether some optimizer's test loss rises in most of its seeds. */
export function anyRises(contenders: readonly Contender[]): boolean {
  return contenders.map(risesOf).some(({ rising, of }) => rising > of / 2);
}

/** Head and rows. */
export function risesTable(contenders: readonly Contender[]): string[][] {
  const head = ["optimizer", "least test loss", "at epoch", `epochs until it is ${100 * RISE} % above`];
  const epoch = (value: number) => String(Number(value.toFixed(1)));
  return [
    [...head, "above the least at the end"],
    ...contenders
      .map(risesOf)
      .map(({ name, least, leastEpoch, riseEpoch, rising, of, above }) => [
        ...[name, range(least, loss), range(leastEpoch, epoch)],
        rising === 0
          ? "never"
          : `${range(riseEpoch, epoch)}${rising < of ? `, ${rising} of ${of} seeds` : ""}`,
        range(above, percent),
      ]),
  ];
}

/** (own − rival) / rival of the least test losses, seed by seed, of seeds that both finished. */
export function leastDifferences(own: Contender, rival: Contender): Paired {
  const leastOf = ({ rows }: Contender, seed: number) => restingPoint(rows.get(seed) ?? [])?.least.testLoss;
  return pairedOf(own, rival, (seed) => {
    const [a, b] = [leastOf(own, seed), leastOf(rival, seed)];
    return a === undefined || b === undefined ? undefined : relativeLoss(a, b);
  });
}
