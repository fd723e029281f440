// How planning and following a study grow with its runs: no time of a run or a poll may grow with the square of them.
// Results and the scheduler are made up; the planner and the follower are the program's own.
//
//   npm run bench:planner -- [runs …]      after npm run build; by default 1000 10000 100000
//
// "whole plan" is what planning every branch after each run would take, from the time of one such plan in the middle of
// the study; "by branch" is the time that the planner takes in all; a "look" is one of a follower's, once a second.

import { runName } from "../dist/results/run-name.js";
import { Follower } from "../dist/sweep/cluster/follower.js";
import { taskName } from "../dist/sweep/cluster/task-folder.js";
import { planStudy } from "../dist/sweep/plan.js";
import { StudyPlanner } from "../dist/sweep/planner.js";
import { formatTable } from "../dist/table.js";

/** Of a branch: five rates with two seeds, then five final runs. */
const RUNS_A_BRANCH = 15;
const SLOTS = 1000;
/** Made-up seconds that a run takes. */
const SECONDS = 60;

const facts = [{ name: "mnist", title: "MNIST", verified: true, checksums: {} }];
const ENTRIES = ["rp", "adam", "sgd"].map((name) => ({
  ...{ name, label: name, learningRates: [0.1, 0.316, 1], momentum: 0, nesterov: false },
}));

function configOf(runs) {
  const problems = Math.max(1, Math.round(runs / RUNS_A_BRANCH / ENTRIES.length));
  const datasets = Array.from({ length: problems }, (_, index) => ({
    ...{ name: "mnist", problem: `mnist-${index}`, title: `MNIST ${index}`, layerSizes: [784, 8, 784] },
    ...{ loss: "mse", curvatureBound: "jaakkola-jordan", activation: "tanh", trainLimit: null },
    ...{ epochs: 1, evalEvery: null, tuningEpochs: 1, finalSeeds: 5 },
  }));
  const search = { tuningSeeds: 2, mostRates: 12, mostTrials: 24, seed: 0 };
  return { ...search, datasets, optimizers: ENTRIES, epochs: 1, trainLimit: null, batchSize: 100 };
}

/** The nearer the rate to 0.4, the better. */
function resultOf({ learningRate }) {
  const loss = 0.01 + Math.abs(Math.log10(learningRate / 0.4));
  const row = { epoch: 1, step: 100, trainingSeconds: 1 };
  const rows = [{ ...row, trainLoss: loss, validationLoss: loss, testLoss: loss }];
  return { record: { status: "done", step: 100 }, rows, edited: false };
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** Makes a study run by run, as the jobs of one machine do; and times one whole plan in the middle of it. */
function planned(runs) {
  const config = configOf(runs);
  const made = new Map();
  const of = (run) => made.get(runName(run));
  const begun = performance.now();
  const planner = new StudyPlanner(config, facts, of);
  let whole = 0;
  let count = 0;
  for (let run = planner.find(() => true); run; run = planner.find(() => true)) {
    made.set(runName(run), resultOf(run));
    planner.made(run);
    count += 1;
    if (count !== Math.round(runs / 2)) continue;
    const before = performance.now();
    for (const { runs: each } of planStudy(config, facts, of)) each.filter((one) => !of(one));
    whole = performance.now() - before;
  }
  return { count, whole: (whole * count) / 1000, byBranch: (performance.now() - begun - whole) / 1000 };
}

/** The same by a follower, with tasks that end after a while of a clock that is moved second by second. */
async function followed(runs) {
  const before = heap();
  const made = new Map();
  const planner = new StudyPlanner(configOf(runs), facts, (run) => made.get(runName(run)));
  let clock = 0;
  let written = 0;
  const batches = new Map();
  const waiting = [];
  let running = [];
  const scheduler = {
    ...{ title: "The fake", mostTasks: 1000, outlives: true },
    async submit({ first, count }) {
      for (let index = 0; index < count; index++)
        waiting.push({ number: first + index, task: batches.get(first)[index] });
      return "accepted";
    },
    async tasks() {
      const state =
        (kind) =>
        ({ number }) => [number, { kind }];
      return new Map([...waiting.map(state("waiting")), ...running.map(state("running"))]);
    },
    async cancel() {},
  };
  const desk = {
    results: () => [...made.keys()],
    accept({ run }) {
      planner.made(run);
      return true;
    },
    giveUp: () => true,
    write(tasks, alone) {
      const first = written + 1;
      batches.set(first, tasks);
      written += tasks.length;
      return { first, count: tasks.length, alone };
    },
    notes: () => [],
    removeNote() {},
    batchOf: () => null,
    lastWords: () => null,
    warn(message) {
      throw new Error(message);
    },
  };
  const follower = new Follower(scheduler, desk, () => clock);
  const looks = [];
  while (planner.open > 0) {
    const begun = performance.now();
    follower.want(planner.takeNew().map((run) => ({ kind: "run", run })));
    await follower.look();
    looks.push(performance.now() - begun);
    clock += 1000;
    for (const { task } of running.filter(({ until }) => until <= clock))
      made.set(taskName(task), resultOf(task.run));
    running = running.filter(({ until }) => until > clock);
    for (const one of waiting.splice(0, SLOTS - running.length)) {
      running.push({ ...one, until: clock + SECONDS * 1000 });
    }
  }
  return {
    ...{ looks: looks.length, questions: follower.questions, tasks: written },
    ...{ longest: Math.max(...looks), middle: median(looks), heap: heap() - before },
  };
}

const sizes = process.argv.slice(2).map(Number);
const rows = [];
for (const size of sizes.length > 0 ? sizes : [1000, 10_000, 100_000]) {
  const plan = planned(size);
  const follow = await followed(size);
  rows.push([
    ...[String(plan.count), `${plan.whole.toFixed(1)} s`, `${plan.byBranch.toFixed(2)} s`],
    ...[String(follow.looks), `${follow.middle.toFixed(1)} ms`, `${follow.longest.toFixed(0)} ms`],
    ...[String(follow.questions), `${follow.heap.toFixed(0)} MiB`],
  ]);
}
const head = ["runs", "whole plan", "by branch", "looks", "median look", "longest", "questions", "heap"];
process.stdout.write(`${formatTable([head, ...rows])}\n`);
