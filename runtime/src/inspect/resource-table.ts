import type { ResourceId, ResourceKind, SiteId } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import { deref, mapDelete, mapForEach, mapGet, mapSet, weakMapGet, weakMapSet } from "./primordials.js";
import { clean } from "./text.js";

const KIND_NAMES: Readonly<Record<ResourceKind, string>> = {
  queue: "Queue",
  "priority-queue": "PriorityQueue",
  "lifo-queue": "LifoQueue",
  lock: "Lock",
  event: "Event",
  condition: "Condition",
  semaphore: "Semaphore",
  "bounded-semaphore": "BoundedSemaphore",
  barrier: "Barrier",
  "worker-pool": "WorkerPool",
};

/** What the registry knows of a queue, lock or other primitive. */
export interface ResourceRecord {
  readonly id: ResourceId;
  readonly kind: ResourceKind;
  readonly site: SiteId;
  readonly ref: WeakRef<Inspectable>;
}

/** The primitives of the program, held weakly: watching must not keep a queue alive. */
export class ResourceTable {
  readonly #byId = new Map<ResourceId, ResourceRecord>();
  readonly #byObject = new WeakMap<object, ResourceRecord>();
  readonly #collected = new FinalizationRegistry<ResourceId>((id) => {
    mapDelete(this.#byId, id);
  });
  #lastId = 0;

  add(primitive: Inspectable, kind: string, site: SiteId): ResourceRecord {
    const record: ResourceRecord = {
      id: ++this.#lastId,
      kind: kind as ResourceKind,
      site,
      ref: new WeakRef(primitive),
    };
    mapSet(this.#byId, record.id, record);
    weakMapSet(this.#byObject, primitive, record);
    this.#collected.register(primitive, record.id);
    return record;
  }

  /** The record of a primitive; one made before anybody watched is taken in now. */
  of(primitive: object): ResourceRecord | undefined {
    const known = weakMapGet(this.#byObject, primitive);
    if (known !== undefined) return known;
    const candidate = primitive as Partial<Inspectable>;
    return typeof candidate._inspect === "function" && typeof candidate._kind === "string"
      ? this.add(primitive as Inspectable, candidate._kind, 0)
      : undefined;
  }

  get(id: ResourceId): Inspectable | undefined {
    const record = mapGet(this.#byId, id);
    return record === undefined ? undefined : deref(record.ref);
  }

  /** Calls `visit` with those that are still alive, oldest first. */
  forEach(visit: (record: ResourceRecord, primitive: Inspectable) => void): void {
    mapForEach(this.#byId, (record) => {
      const primitive = deref(record.ref);
      if (primitive !== undefined) visit(record, primitive);
    });
  }

  nameOf(record: ResourceRecord, primitive: Inspectable): string {
    return primitive._name === null ? `${KIND_NAMES[record.kind]}-${record.id}` : clean(primitive._name, 200);
  }

  /** `Queue jobs`, `Lock-3`: the kind is said once. */
  labelOf(record: ResourceRecord, primitive: Inspectable): string {
    const name = this.nameOf(record, primitive);
    return primitive._name === null ? name : `${KIND_NAMES[record.kind]} ${name}`;
  }
}
