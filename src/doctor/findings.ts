/** One thing that `rp-bench doctor` looked at. */
export interface Finding {
  what: string;
  /** absent: `rp-bench run` does its work without it, if slower; bad: it cannot. */
  state: "ok" | "absent" | "bad";
  /** What was found, or why not. */
  detail: string;
  /** The command that mends it. */
  remedy: string | null;
}

export function ok(what: string, detail: string): Finding {
  return { what, state: "ok", detail, remedy: null };
}

export function absent(what: string, detail: string, remedy: string | null): Finding {
  return { what, state: "absent", detail, remedy };
}

export function bad(what: string, detail: string, remedy: string | null): Finding {
  return { what, state: "bad", detail, remedy };
}
