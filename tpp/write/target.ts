/** The interface of outputs for a .tpp. */
import type { FileIdentity } from "./file-identity.ts";

export interface TargetOptions {
  /** Replace an existing file. Without it, an existing file is refused. */
  readonly overwrite?: boolean;
  /** Files that are being read. The output must not be one of them, under any name. */
  readonly inputs?: readonly string[];
  /** When the file appears under its name: once it has its header, or only when it is complete. */
  readonly appears?: "begun" | "whole";
  /** If aborted while the header waits for a reader of the output, creating the output fails. */
  readonly signal?: AbortSignal;
  /** Permission bits, whatever the umask. The default is 0600. */
  readonly mode?: number;
  /** The owner, if this process may change it. Otherwise the file belongs to this user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
}

export interface Target {
  /** For messages. */
  readonly name: string;
  /** Null if the output is not a regular file. */
  readonly identity: FileIdentity | null;
  /** Writes some of the data and returns how many bytes. */
  write(data: Buffer): Promise<number>;
  /** Truncates the file to `bytes`. Returns whether this was possible. */
  truncate(bytes: number): Promise<boolean>;
  /** Gives the file its name if it does not have it yet. */
  publish(): Promise<void>;
  sync(): Promise<void>;
  /** Describes what somebody else did to a file of `bytes` meanwhile. Null for nothing. */
  changed(bytes: number): Promise<string | null>;
  close(): Promise<void>;
  /** Removes what was created here, and nothing else. */
  remove(): Promise<void>;
  /** Makes writes that wait for a reader fail. */
  giveUp(): void;
}
