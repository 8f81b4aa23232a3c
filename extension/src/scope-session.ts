/** What the models need of a debug session. Nothing in this file knows the editor. */
import type { CustomRequests } from "@asyncscope/protocol";

export type RequestName = keyof CustomRequests;

/** Arguments of the DAP request `variables` as far as views use it. */
export interface VariablesQuery {
  readonly variablesReference: number;
  readonly filter?: "indexed" | "named";
  readonly start?: number;
  readonly count?: number;
}

/** One value of a DAP `variables` response. */
export interface VariableValue {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  readonly variablesReference: number;
  readonly namedVariables?: number;
  readonly indexedVariables?: number;
}

/** A debug session that answers the custom requests. */
export interface ScopeSession {
  readonly id: string;
  readonly name: string;
  /** Its program was started without us, or without the loader: it may have async functions of which nobody tells. */
  readonly isForeign?: boolean;
  /** Settles in any case: rejects after `patience` milliseconds (default 5 s) without an answer. */
  request<N extends RequestName>(
    name: N,
    args: CustomRequests[N]["arguments"],
    patience?: number,
  ): Promise<CustomRequests[N]["body"]>;
  variables(query: VariablesQuery): Promise<readonly VariableValue[]>;
}
