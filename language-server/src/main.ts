/** Entry of the language server: a process of its own, spoken to over stdio or IPC as its arguments say. */
import { createConnection, ProposedFeatures } from "vscode-languageserver/node.js";
import { serve } from "./server.js";

const connection = createConnection(ProposedFeatures.all);
serve(connection);
connection.listen();
