/** Makes elements. Text is only ever set as text, and shown with nothing in it that could mislead. */
import { foreignText } from "@tcpprobe-plus/tpp/base";

export type Child = Node | string | null | undefined | false;

type Handler = (event: Event) => void;

/**
 * An element with attributes and children. Attributes that are null or false are left out; those that begin with `on`
 * are listeners.
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number | boolean | null | undefined | Handler>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : foreignText(String(value)));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map(nodeOf));
  return element;
}

const nodeOf = (child: Node | string): Node | string => (typeof child === "string" ? foreignText(child) : child);

/** Replaces what an element contains. */
export function fill(element: Element, ...children: readonly Child[]): void {
  const kept = children.filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(...kept.map(nodeOf));
}

export function setText(element: Element, text: string): void {
  const shown = foreignText(text);
  if (element.textContent !== shown) element.textContent = shown;
}
