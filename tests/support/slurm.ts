// A cluster of one node on this machine, for tests: Slurm's own daemons, with all they write in one folder. They need root.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./processes.js";

const PROGRAMS = ["sbatch", "slurmctld", "slurmd", "munged", "mungekey"];
const NODE = hostname().split(".")[0] ?? "localhost";
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Why there can be no cluster here; null where there can. */
export function noCluster(): string | null {
  const absent = PROGRAMS.filter((name) => !PATH.split(":").some((folder) => existsSync(join(folder, name))));
  if (absent.length > 0) {
    return `${absent.join(", ")} not installed (apt-get install --no-install-recommends slurmctld slurmd slurm-client munge)`;
  }
  return process.getuid?.() === 0 ? null : "Slurm's daemons need root here";
}

/** A cluster, or null with a line on stderr that says why there is none, so that its tests are skipped. */
export async function clusterOrSkip(tasks = 2): Promise<Cluster | null> {
  let reason = noCluster();
  try {
    if (reason === null) return await Cluster.start(tasks);
  } catch (error) {
    reason = String(error);
  }
  process.stderr.write(`tests on a cluster are skipped: ${reason}\n`);
  return null;
}

export class Cluster {
  readonly env: NodeJS.ProcessEnv;

  private constructor(private readonly folder: string) {
    this.env = { SLURM_CONF: join(folder, "slurm.conf"), PATH };
  }

  /** @param tasks how many it runs at a time */
  static async start(tasks: number): Promise<Cluster> {
    // Of a socket the path must be short, and all may reach it.
    const folder = mkdtempSync(join(tmpdir(), "rp-slurm-"));
    chmodSync(folder, 0o755);
    for (const part of ["state", "spool", "run"]) mkdirSync(join(folder, part));
    const ports = await freePorts(2);
    writeFileSync(join(folder, "slurm.conf"), configuration(folder, tasks, ports));
    const cluster = new Cluster(folder);
    try {
      cluster.startDaemons();
      await cluster.until(() => cluster.ask("sinfo", "-h", "-o", "%T") === "idle");
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private startDaemons(): void {
    const [key, run] = [join(this.folder, "munge.key"), join(this.folder, "run")];
    this.do("mungekey", "-c", "-k", key);
    this.do(
      ...(["munged", "-S", `${run}/munge.sock`, `--key-file=${key}`] as const),
      ...[`--pid-file=${run}/munged.pid`, `--seed-file=${run}/munge.seed`],
      `--log-file=${join(this.folder, "munged.log")}`,
    );
    this.startController();
    this.startNode();
  }

  /** Its name in Slurm. */
  get node(): string {
    return NODE;
  }

  startNode(): void {
    this.do("slurmd", "-f", join(this.folder, "slurm.conf"));
  }

  async stopNode(): Promise<void> {
    await this.end("slurmd");
  }

  startController(): void {
    this.do("slurmctld", "-f", join(this.folder, "slurm.conf"));
  }

  async stopController(): Promise<void> {
    await this.end("slurmctld");
  }

  /** What one of Slurm's commands prints; "" where it fails. */
  ask(program: string, ...args: string[]): string {
    const { status, stdout } = this.call(program, args);
    return status === 0 ? stdout.trim() : "";
  }

  /** Runs a command that must succeed. */
  do(program: string, ...args: string[]): void {
    const { status, stderr } = this.call(program, args);
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  }

  /** Tasks in the queue, in one of these states. */
  tasks(states = "pending,running"): string[] {
    return this.ask("squeue", "-h", "-r", "-t", states, "-o", "%i").split("\n").filter(Boolean);
  }

  async until(condition: () => boolean, what = "the cluster"): Promise<void> {
    for (let look = 0; look < 300; look++) {
      if (condition()) return;
      await sleep(100);
    }
    throw new Error(`${what} did not come about within 30 s`);
  }

  /** Ends all tasks, then the daemons. */
  async stop(): Promise<void> {
    const jobs = this.tasks().map((id) => id.split("_")[0] ?? id);
    if (jobs.length > 0) {
      this.ask("scancel", ...new Set(jobs));
      await this.until(() => this.tasks("running,completing").length === 0).catch(() => {});
    }
    for (const name of ["slurmd", "slurmctld", "munged"]) await this.end(name);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(name: string): Promise<void> {
    const path = join(this.folder, "run", `${name}.pid`);
    if (!existsSync(path)) return;
    const pid = Number(readFileSync(path, "utf8"));
    if (!isAlive(pid)) return;
    process.kill(pid, "SIGTERM");
    for (let look = 0; look < 100 && isAlive(pid); look++) await sleep(50);
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }

  private call(program: string, args: string[]) {
    return spawnSync(program, args, { encoding: "utf8", env: { ...process.env, ...this.env } });
  }
}

function configuration(folder: string, tasks: number, [controller, node]: number[]): string {
  const host = NODE;
  const user = userInfo().username;
  return `ClusterName=rp
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
AuthInfo=socket=${folder}/run/munge.sock,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=${controller}
SlurmdPort=${node}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/run/slurmctld.pid
SlurmdPidFile=${folder}/run/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=2
ReturnToService=2
KillWait=5
SlurmdTimeout=10
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${tasks} State=UNKNOWN
PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
