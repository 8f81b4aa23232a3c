import * as vscode from "vscode";
import { createApi, type AsyncscopeApi } from "./api.js";
import { AdapterFactory } from "./debug/adapter-factory.js";
import { ConfigurationProvider, debugFile } from "./debug/configuration-provider.js";
import { DeadlockNotifications } from "./diagnosis/deadlock-notifications.js";
import { attachToProcess, pickProcess } from "./debug/process-picker.js";
import { Hints } from "./hints/hints.js";
import { registerDumpCommand } from "./dump/dump-command.js";
import { LastDumps } from "./dump/last-dumps.js";
import { Snapshots } from "./dump/snapshots.js";
import { registerDiagnosisCommands } from "./diagnosis/diagnosis-commands.js";
import { DiagnosisView } from "./diagnosis/diagnosis-view.js";
import { registerFutureCommands } from "./futures/future-commands.js";
import { FuturesView } from "./futures/futures-view.js";
import { LanguageServer } from "./language/language-server.js";
import { registerResourceCommands } from "./resources/resource-commands.js";
import { RESOURCES_VIEW, ResourcesView } from "./resources/resources-view.js";
import { chooseSession } from "./session-picker.js";
import { DEBUG_TYPE, SessionTracker } from "./sessions.js";
import { registerHeapSnapshotCommand } from "./tasks/heap-snapshot.js";
import { guarded, registerTaskCommands } from "./tasks/task-commands.js";
import { TASKS_VIEW, TasksView } from "./tasks/tasks-view.js";
import { TimelineCommands } from "./timeline/timeline-commands.js";

export function activate(context: vscode.ExtensionContext): AsyncscopeApi {
  const start = performance.now();
  const startCpu = process.cpuUsage();
  const sessions = new SessionTracker();
  const tasks = new TasksView(sessions, context.workspaceState);
  const resources = new ResourcesView(sessions);
  const futures = new FuturesView(sessions);
  const lastDumps = new LastDumps(sessions);
  const diagnosis = new DiagnosisView(sessions);
  const provider = new ConfigurationProvider();
  const { Initial, Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    sessions,
    tasks,
    resources,
    diagnosis,
    registerTaskCommands(tasks),
    registerHeapSnapshotCommand(sessions),
    registerResourceCommands(resources, tasks),
    new Hints(sessions, tasks),
    futures,
    registerFutureCommands(futures, tasks),
    lastDumps,
    registerDumpCommand(sessions, lastDumps),
    new Snapshots(sessions, lastDumps),
    new TimelineCommands(sessions, context.extensionUri),
    registerDiagnosisCommands(diagnosis, tasks),
    new DeadlockNotifications(sessions, tasks, diagnosis),
    new LanguageServer(context.extensionUri),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, provider, Initial),
    // The dynamic registration only offers configurations: resolving is called on every registration.
    vscode.debug.registerDebugConfigurationProvider(
      DEBUG_TYPE,
      { provideDebugConfigurations: () => provider.provideDebugConfigurations() },
      Dynamic,
    ),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory(context.extensionUri)),
    sessions.onDidStart(openViews),
    vscode.commands.registerCommand("asyncscope.debugFile", guarded(debugFile)),
    // The same under a name that stands alone: a button of the editor shows no category.
    vscode.commands.registerCommand("asyncscope.debugEditor", guarded(debugFile)),
    // For `${command:PickProcess}` in a configuration.
    vscode.commands.registerCommand("asyncscope.pickProcess", pickProcess),
    vscode.commands.registerCommand("asyncscope.attachToProcess", guarded(attachToProcess)),
    vscode.commands.registerCommand(
      "asyncscope.switchSession",
      guarded(() => chooseSession(sessions)),
    ),
  );
  const { user, system } = process.cpuUsage(startCpu);
  const activation = { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
  return createApi(activation, tasks, resources, diagnosis, futures);
}

/** The editor shows views of extensions closed at first; whoever starts a session of ours wants to see its tasks. */
async function openViews(): Promise<void> {
  if (!vscode.workspace.getConfiguration("asyncscope").get<boolean>("openViewsOnStart", true)) return;
  for (const view of [RESOURCES_VIEW, TASKS_VIEW])
    await vscode.commands.executeCommand(`${view}.focus`, { preserveFocus: true });
}
