import type { DiagnosisBody, FuturesBody, GroupsBody, ResourcesBody, TreeBody } from "@asyncscope/protocol";

const NO_COUNTS: TreeBody["counts"] = {
  created: 0,
  scheduled: 0,
  running: 0,
  suspended: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
};

/** Answers about a program of which nothing is known. */
export const EMPTY_TREE: TreeBody = {
  status: "none",
  now: 0,
  version: 0,
  pages: [],
  tasks: [],
  counts: NO_COUNTS,
  hidden: 0,
};
export const EMPTY_FUTURES: FuturesBody = {
  status: "none",
  now: 0,
  version: 0,
  futures: [],
  total: 0,
  otherWaits: 0,
  tasks: [],
};
export const EMPTY_GROUPS: GroupsBody = {
  status: "none",
  now: 0,
  version: 0,
  groups: [],
  total: 0,
  grouped: 0,
  hiddenTasks: 0,
  pages: [],
  tasks: [],
  counts: NO_COUNTS,
};
export const EMPTY_DIAGNOSIS: DiagnosisBody = {
  status: "none",
  now: 0,
  version: 0,
  findings: [],
  hiddenTasks: 0,
  idle: false,
  tasks: [],
};
export const EMPTY_RESOURCES: ResourcesBody = {
  status: "none",
  now: 0,
  version: 0,
  resources: [],
  total: 0,
  tasks: [],
};
