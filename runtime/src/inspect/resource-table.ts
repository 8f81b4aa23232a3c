import type { ResourceId, ResourceKind, SiteId } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
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
  readonly #collected = new FinalizationRegistry<ResourceId>((id) => this.#byId.delete(id));
  #lastId = 0;

  add(primitive: Inspectable, kind: string, site: SiteId): ResourceRecord {
    const record: ResourceRecord = {
      id: ++this.#lastId,
      kind: kind as ResourceKind,
      site,
      ref: new WeakRef(primitive),
    };
    this.#byId.set(record.id, record);
    this.#byObject.set(primitive, record);
    this.#collected.register(primitive, record.id);
    return record;
  }

  /** The record of a primitive; one made before anybody watched is taken in now. */
  of(primitive: object): ResourceRecord | undefined {
    const known = this.#byObject.get(primitive);
    if (known !== undefined) return known;
    const candidate = primitive as Partial<Inspectable>;
    return typeof candidate._inspect === "function" && typeof candidate._kind === "string"
      ? this.add(primitive as Inspectable, candidate._kind, 0)
      : undefined;
  }

  get(id: ResourceId): Inspectable | undefined {
    return this.#byId.get(id)?.ref.deref();
  }

  /** Those that are still alive, oldest first. */
  *alive(): Generator<[ResourceRecord, Inspectable], void, undefined> {
    for (const record of this.#byId.values()) {
      const primitive = record.ref.deref();
      if (primitive !== undefined) yield [record, primitive];
    }
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
