// Which process is meant, on any host and in any container. A number alone says little: each container counts its own,
// and numbers are used again.

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { sha256Of } from "../checksum.js";
import { isErrno } from "../errors.js";

/** A process as it names itself. */
export interface ProcessIdentity {
  host: string;
  /** Of the kernel that runs; another after every start of the machine. Empty where the system does not tell. */
  boot: string;
  /** Within which its number means something: a container has one of its own. Empty where there are none. */
  namespace: string;
  pid: number;
  /** When it began, in the kernel's count; empty where the system does not tell. */
  started: string;
  /** Drawn at random. */
  token: string;
}

const place = {
  host: hostname(),
  boot: optional(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
  namespace: optional(() => readlinkSync("/proc/self/ns/pid")),
};

/** This process. */
export const self: ProcessIdentity = {
  ...place,
  pid: process.pid,
  started: startOf("self"),
  token: randomBytes(8).toString("hex"),
};

/** Whether numbers of processes mean the same there as here. */
export function isLocal(there: Pick<ProcessIdentity, keyof typeof place>): boolean {
  return there.host === place.host && there.boot === place.boot && there.namespace === place.namespace;
}

/** Whether a process of this host and container runs. One that has ended and waits to be reaped does not. */
export function isRunning({ pid, started }: Pick<ProcessIdentity, "pid" | "started">): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isErrno(error, "EPERM")) return false;
  }
  // Without a start time, and where /proc is that of another container, the number has to do.
  return !procIsOurs || startOf(pid) === started;
}

/** "process 12", and where it runs if that is not here. */
export function nameOf({ host, boot, pid }: ProcessIdentity, local: boolean): string {
  if (local) return `process ${pid}`;
  if (host === place.host && boot === place.boot) return `process ${pid} of another container on ${host}`;
  return `process ${pid} on ${host}`;
}

/** What an unfinished file's name says about the process that writes it. */
const PLACE_TAG = sha256Of(Buffer.from(JSON.stringify(place))).slice(0, 8);
const TAG = /^(?<at>[0-9a-f]{8})-(?<pid>\d+)-(?<started>\d*)-[0-9a-f]{8}$/;

/** For the name of an unfinished file: whose it is, and a part that no other file has. */
export function newTag(): string {
  return [PLACE_TAG, self.pid, self.started, randomBytes(4).toString("hex")].join("-");
}

/** Whose an unfinished file is; null where the text is no tag. */
export function ownerOfTag(tag: string): "running" | "ended" | "elsewhere" | null {
  const { at, pid, started } = TAG.exec(tag)?.groups ?? {};
  if (at === undefined || started === undefined) return null;
  if (at !== PLACE_TAG) return "elsewhere";
  return isRunning({ pid: Number(pid), started }) ? "running" : "ended";
}

/** Also where /proc was mounted for another container, `self` is this process; other names in it are then of others. */
const procIsOurs = optional(() => readlinkSync("/proc/self")) === String(process.pid);

/** "" for one that has ended, whether it was reaped or not, and where the system does not tell. */
function startOf(pid: number | "self"): string {
  return optional(() => {
    // Fields 3 and 22, counted after the name in parentheses, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
    return fields[0] === "Z" || fields[0] === "X" ? "" : (fields[19] ?? "");
  });
}

function optional(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
