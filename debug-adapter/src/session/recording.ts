import { recordable } from "../tasks/timeline-recorder.js";
import type { TimelineRecorder } from "../tasks/timeline-recorder.js";
import type { Handlers, SessionContext } from "./context.js";

/** The custom requests about recordings. Their bodies are described in the protocol package. */
export function recordingHandlers(context: SessionContext, recorder: TimelineRecorder): Handlers {
  return {
    "asyncscope/recordingStart": async (args) => {
      const { tasks } = context.target(args.command);
      await tasks.probe();
      const capacity = args.count("capacity");
      return recorder.start(recordable(tasks), capacity === undefined ? {} : { capacity });
    },
    "asyncscope/recordingStop": () => recorder.stop(),
    "asyncscope/recordingState": () => recorder.body,
    "asyncscope/recordingData": (args) => recorder.data(args.requiredCount("from"), args.count("limit")),
  };
}
