import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";

/** A TCP port that a process listens on. */
export interface ListeningPort {
  readonly port: number;
  /** Only this machine can reach it. */
  readonly loopback: boolean;
}

const TIMEOUT_MS = 5000;
const LISTEN = "0A";

/** The TCP ports that a process of this user listens on; none where the system does not tell. */
export async function listeningPorts(pid: number): Promise<ListeningPort[]> {
  try {
    return process.platform === "linux" ? fromProc(pid) : await fromLsof(pid);
  } catch {
    return [];
  }
}

function fromProc(pid: number): ListeningPort[] {
  const sockets = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`))
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) sockets.add(inode);
    } catch {
      // Closed in between.
    }
  const ports: ListeningPort[] = [];
  for (const table of ["tcp", "tcp6"])
    for (const line of readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n").slice(1)) {
      // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
      const fields = line.trim().split(/\s+/);
      const [address = "", port = ""] = (fields[1] ?? "").split(":");
      if (fields[3] !== LISTEN || !sockets.has(fields[9] ?? "")) continue;
      const loopback = /7F$|^0{24}01000000$|^0{16}FFFF0000.*7F$/.test(address);
      ports.push({ port: parseInt(port, 16), loopback });
    }
  return ports;
}

async function fromLsof(pid: number): Promise<ListeningPort[]> {
  if (process.platform === "win32") return [];
  const { stdout } = await promisify(execFile)(
    "lsof",
    ["-a", "-p", String(pid), "-iTCP", "-sTCP:LISTEN", "-P", "-n", "-Fn"],
    { timeout: TIMEOUT_MS },
  );
  return [...stdout.matchAll(/^n(.*):(\d+)$/gm)].map(([, address = "", port]) => ({
    port: Number(port),
    loopback: /^(?:127\.|\[::1\])/.test(address),
  }));
}
