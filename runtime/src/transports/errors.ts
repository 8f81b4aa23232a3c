import { RuntimeError } from "../core/errors.js";

/** The connection is gone: closed by this side, or lost (rules SW-04, SW-05). */
export class ConnectionResetError extends Error {
  override name = "ConnectionResetError";
  /** As Node's own resets have it. */
  readonly code = "ECONNRESET";
}

/** `sendFile` with `fallback: false`: Node has no way to let the kernel copy the file. */
export class SendfileNotAvailableError extends RuntimeError {
  override name = "SendfileNotAvailableError";
}

const SYSTEM_CODE = /^(E[A-Z]+$|ERR_SSL|ERR_TLS|CERT_|UNABLE_|DEPTH_ZERO|SELF_SIGNED)/;

/**
 * @internal Whether the network, not the program, is to blame: what asyncio calls an OSError. Errors of TLS count as
 * such (rule TP-09).
 */
export function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  return (
    typeof errno === "number" ||
    typeof syscall === "string" ||
    (typeof code === "string" && SYSTEM_CODE.test(code))
  );
}
