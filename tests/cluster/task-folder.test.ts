// What a study and its tasks say to each other through files, where these are not as they were left.

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { CommandScheduler } from "../../src/sweep/cluster/command.js";
import { TaskFolder } from "../../src/sweep/cluster/task-folder.js";
import { temporaryFolder } from "../support/cli.js";

let study: string;
let files: TaskFolder;
beforeEach(() => {
  study = join(temporaryFolder(), "study");
  mkdirSync(study);
  files = new TaskFolder(study);
  files.create();
});

describe("a study's folder", () => {
  it("is known by its id, and a copy of it by another, whose tasks are not those of the first", () => {
    const id = files.id();
    expect(new TaskFolder(`${study}/.`).id()).toBe(id);
    const copy = `${study}-copy`;
    cpSync(study, copy, { recursive: true });
    const other = new TaskFolder(copy).id();
    expect(other).not.toBe(id);
    expect(new TaskFolder(copy).id()).toBe(other);
    expect(files.id()).toBe(id);
  });

  it("has no note that its task removed while the notes were listed", () => {
    files.note(7, { kind: "stopped" });
    symlinkSync(join(study, "gone"), join(study, "cluster", "notes", "8.json")); // listed, and not there
    expect(files.notes()).toEqual([{ number: 7, note: { kind: "stopped" } }]);
  });

  it("gives the last words of a log, however long it is", () => {
    expect(files.lastWords(1, 0)).toBe(null);
    writeFileSync(files.logPath(1, 0), `${"much\n".repeat(10_000)}no such file\n\n`);
    expect(files.lastWords(1, 0)).toBe("no such file");
    writeFileSync(files.logPath(1, 0), "x".repeat(100_000));
    expect(files.lastWords(1, 0)).toBe("x".repeat(500));
  });
});

describe("a command line for each task", () => {
  it("goes on with the next one where a log cannot be written", async () => {
    const logPath = (first: number, index: number) => files.logPath(first, index);
    const template = "echo made # {task}";
    const scheduler = new CommandScheduler({ study, logPath, template, jobs: 1 });
    mkdirSync(files.logPath(1, 0));
    mkdirSync(files.logPath(1, 2));
    await scheduler.submit({ first: 1, count: 3, alone: null });
    await expect
      .poll(() => scheduler.tasks())
      .toMatchObject(
        new Map([
          [1, { kind: "ended", how: expect.stringMatching(/^its log cannot be written \(.*EISDIR/) }],
          [2, { kind: "done" }],
          [3, { kind: "ended" }],
        ]),
      );
    expect(readFileSync(files.logPath(1, 1), "utf8")).toBe("made\n");
  });
});
