/** Pictures in a terminal that shows them. */

/** The protocols that terminals understand, the best first. */
export const protocols = ["kitty", "iterm2", "sixel"] as const;

export type Protocol = (typeof protocols)[number];

/** The best protocol that this terminal is known to understand, by its environment; null where there is none. */
export async function knownProtocol(): Promise<Protocol | null> {
  const { createSupportsTerminalGraphics } = await import("supports-terminal-graphics");
  const supported = createSupportsTerminalGraphics();
  return protocols.find((protocol) => supported[protocol]) ?? null;
}

/** What the protocols take: a PNG, or pixels of four bytes. */
export interface InlinePicture {
  readonly png: () => Promise<Uint8Array>;
  readonly pixels: () => Promise<{
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
  }>;
}

/** Widest picture in characters. Beyond that, lines of text beside it would be far away. */
const mostColumns = 120;

/** The escape sequence that shows a picture in a terminal of `columns` characters. */
export async function inlineText(picture: InlinePicture, protocol: Protocol, columns: number): Promise<string> {
  const width = Math.min(columns, mostColumns);
  if (protocol === "kitty") return `${kitty(await picture.png(), width)}\n`;
  if (protocol === "iterm2") return `${iterm2(await picture.png(), width)}\n`;
  const { default: sixel } = await import("sixel");
  const { data, width: pixels, height } = await picture.pixels();
  return `${sixel.image2sixel(data, pixels, height, 256, 1)}\n`;
}

/** Most characters of a part of the data. */
const partLength = 4096;

/** https://sw.kovidgoyal.net/kitty/graphics-protocol/: transmit and show a PNG, without answers. */
function kitty(png: Uint8Array, columns: number): string {
  const data = Buffer.from(png).toString("base64");
  let text = "";
  for (let at = 0; at < data.length; at += partLength) {
    const keys = at === 0 ? `a=T,f=100,q=2,c=${columns},` : "";
    const more = at + partLength < data.length ? 1 : 0;
    text += `\x1b_G${keys}m=${more};${data.slice(at, at + partLength)}\x1b\\`;
  }
  return text;
}

/** https://iterm2.com/documentation-images.html */
const iterm2 = (png: Uint8Array, columns: number): string =>
  `\x1b]1337;File=inline=1;size=${png.length};width=${columns}:${Buffer.from(png).toString("base64")}\x07`;
