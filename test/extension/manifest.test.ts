import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";

interface Placed {
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category?: string;
      readonly enablement?: string;
      readonly icon?: string;
    }[];
    readonly menus: Readonly<Record<string, readonly (Placed & { readonly group?: string })[]>>;
    readonly keybindings: readonly (Placed & { readonly key: string })[];
    readonly views: Readonly<
      Record<
        string,
        readonly { readonly id: string; readonly name: string; readonly contextualTitle?: string }[]
      >
    >;
    readonly viewsWelcome: readonly {
      readonly view: string;
      readonly contents: string;
      readonly when?: string;
    }[];
  };
}

const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const { commands, menus, keybindings } = contributes;
const palette = new Map(menus["commandPalette"]!.map(({ command, when }) => [command, when]));

/** Contexts that are set only when there is, or was, a program to show. */
const SESSION = /\basyncscope\.(sessionCount|shown|recorded|recording|filtered|hasSnapshot)\b/;
/** What makes sense without a session: it starts one. */
const STARTS = new Set(["asyncscope.debugFile", "asyncscope.debugEditor", "asyncscope.attachToProcess"]);

/** All of them that are not so, for a message that helps. */
function offenders<T>(all: readonly T[], isGood: (each: T) => boolean): T[] {
  return all.filter((each) => !isGood(each));
}

describe("What the extension adds to the editor", () => {
  it("commands are found under Asyncscope, and have a title, and a picture where they are a button", () => {
    for (const { command, title, category } of commands) {
      assert.equal(category, "Asyncscope", command);
      assert.match(title, /^[A-Z]/, command);
    }
    const inTitles = new Set(
      ["view/title", "editor/title", "editor/title/run"]
        .flatMap((menu) => menus[menu]!)
        .filter(({ group }) => group?.startsWith("navigation"))
        .map(({ command }) => command),
    );
    assert.deepEqual(
      offenders(commands, ({ command, icon }) => !inTitles.has(command) || icon !== undefined),
      [],
    );
  });

  it("the command palette offers nothing that needs a program while there is none", () => {
    assert.deepEqual(
      offenders(
        commands.filter(({ command }) => !STARTS.has(command)),
        ({ command }) => {
          const when = palette.get(command);
          return when === "false" || (when !== undefined && SESSION.test(when));
        },
      ),
      [],
    );
  });

  it("buttons and menus have a condition, and name commands that there are", () => {
    const known = new Set(commands.map(({ command }) => command));
    for (const [menu, items] of Object.entries(menus))
      for (const { command, when } of items) {
        assert.ok(known.has(command), `${menu}: ${command}`);
        assert.ok(when !== undefined && when !== "", `${menu}: ${command} is always shown`);
      }
  });

  it("the titles of views have buttons only while there is something to show", () => {
    assert.deepEqual(
      offenders(menus["view/title"]!, ({ when }) => SESSION.test(when!)),
      [],
    );
  });

  it("keys work in our views or in a text while a program is debugged, and nowhere else", () => {
    assert.deepEqual(
      offenders(
        keybindings,
        ({ when = "" }) =>
          SESSION.test(when) && /\b(focusedView == asyncscope\.\w+|editorTextFocus)\b/.test(when),
      ),
      [],
    );
  });

  it("every view has a name of its own wherever it is moved, and says what to do while it is empty", () => {
    for (const { id, name, contextualTitle } of Object.values(contributes.views).flat()) {
      assert.ok(contextualTitle !== undefined && contextualTitle !== name, id);
      const welcome = contributes.viewsWelcome.filter(({ view }) => view === id);
      assert.ok(
        welcome.some(({ when }) => when?.includes("!asyncscope.shown")),
        `${id} is blank without a session`,
      );
    }
  });
});
