/**
 * `node --import asyncscope/register FILE`: plain async functions of the program become tasks that the inspector shows.
 * Nothing else about the program changes.
 */
import { join } from "node:path";
import { installLoader } from "./loader/install-loader.js";

installLoader(__filename, join(__dirname, "register-hooks.mjs"));
