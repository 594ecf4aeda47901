/** The user who called sudo. Files that root creates for that user belong to that user. */
export interface Caller {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const number = (text: string | undefined): number => (/^\d{1,10}$/.test(text ?? "") ? Number(text) : 0);

/** Null unless this process is root under another user's sudo. */
export function callerOf(): Caller | null {
  const { SUDO_USER: name = "", SUDO_UID, SUDO_GID } = process.env;
  const [uid, gid] = [number(SUDO_UID), number(SUDO_GID)];
  return process.geteuid?.() === 0 && uid > 0 && gid > 0 && name !== "" ? { name, uid, gid } : null;
}
