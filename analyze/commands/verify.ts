/** `analyze verify`: every frame's checksum. */
import { exitCodes, foreignText, TppInputError, verifyTpp } from "@tcpprobe-plus/tpp";
import { expand } from "../captures/inputs.ts";
import { InputError, NotACaptureError } from "../errors.ts";
import { bytes, plural } from "../terminal/units.ts";
import type { CommandIo } from "./open.ts";

/** Checks captures frame by frame. Returns 0 where all are whole, 65 where one is damaged or cut. */
export async function verify(paths: readonly string[], io: CommandIo): Promise<number> {
  let exitCode: number = exitCodes.ok;
  for (const path of (await Promise.all(paths.map(expand))).flat()) {
    const walk = await verifyTpp(path, io.opening?.reading).catch((error) => {
      throw error instanceof TppInputError ? new NotACaptureError(path, error.why) : new InputError(path, error);
    });
    const say = (text: string) => io.stdout.write(`${foreignText(path)}: ${foreignText(text)}\n`);
    const lines = walk.frames.reduce((sum, frame) => sum + (frame.lines ?? 0), 0);
    const intact = `${plural(walk.frames.length, "frame")}, ${plural(lines, "line")}`;
    if (walk.damage.length === 0) {
      say(`whole: ${intact}, ${bytes(walk.fileBytes)}`);
    } else {
      exitCode = exitCodes.badInput;
      for (const { text } of walk.damage) say(text);
      const next = walk.header
        ? `\`capture recover ${path} -o NEW.tpp\` writes them to a whole file`
        : "without a header their records have no meaning";
      say(`${intact} are intact; ${next}`);
    }
  }
  return exitCode;
}
