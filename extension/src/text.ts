/** Text from the program for the editor: what would be markup there is made harmless. */
import { cleanText } from "@asyncscope/debug-adapter/text/plain-text";

export { cleanText, count, formatDuration, shortLocation } from "@asyncscope/debug-adapter/text/plain-text";

/**
 * Cleaned text as Markdown that shows exactly these characters. All ASCII punctuation becomes character
 * references, so that no emphasis, link, image, bare URL, HTML or icon syntax is left to be recognised.
 */
export function markdownText(text: string, limit = 300): string {
  return cleanText(text, limit).replace(
    /[!-/:-@[-`{-~]/g,
    (character) => `&#${String(character.charCodeAt(0))};`,
  );
}

/** Cleaned text for a notification, where `[label](target)` would become a link. */
export function messageText(text: string, limit = 100): string {
  return cleanText(text, limit).replace(/\](?=\()/g, "] ");
}
