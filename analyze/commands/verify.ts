import { NotTppError, verifyTpp } from "@tcpprobe-plus/tpp";
import { InputError, NotACaptureError } from "../errors.ts";
import { expand } from "../ingest/inputs.ts";
import type { Io } from "../io.ts";
import { bytes, plural } from "../output/units.ts";

const exitDamaged = 65;

/** Checks captures frame by frame. Returns 0 where all are whole, 65 where one is damaged or cut. */
export async function verify(paths: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  for (const path of (await Promise.all(paths.map(expand))).flat()) {
    const walk = await verifyTpp(path).catch((error) => {
      if (error instanceof NotTppError) throw new NotACaptureError(path, error.message.slice(path.length + 2));
      throw new InputError(path, error);
    });
    const lines = walk.frames.reduce((sum, frame) => sum + (frame.lines ?? 0), 0);
    const intact = `${plural(walk.frames.length, "frame")}, ${plural(lines, "line")}`;
    if (walk.damage.length === 0) {
      io.stdout.write(`${path}: whole: ${intact}, ${bytes(walk.fileBytes)}\n`);
    } else {
      exitCode = exitDamaged;
      for (const { text } of walk.damage) io.stdout.write(`${path}: ${text}\n`);
      io.stdout.write(
        `${path}: ${intact} are intact; \`capture recover ${path} -o NEW.tpp\` writes them to a whole file\n`,
      );
    }
  }
  return exitCode;
}
