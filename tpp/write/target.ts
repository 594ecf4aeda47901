/** Where a .tpp goes, and how it gets there. */
import type { FileIdentity } from "./file-identity.ts";

export interface TargetOptions {
  /** Replace a file that is there; without it one is refused. */
  readonly overwrite?: boolean;
  /** Files that are read meanwhile: the output may be none of them, under whatever name. */
  readonly inputs?: readonly string[];
  /** When it is seen under its name: with its header, or only when it is whole. */
  readonly appears?: "begun" | "whole";
  /** Aborted while the header waits for a reader of the output: it waits no longer, and making it fails. */
  readonly signal?: AbortSignal;
  /** Who may read and write it; 0600 unless told, whatever the process's umask. */
  readonly mode?: number;
  /** Whose it is to be, where this process may give it away; else this user's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
}

export interface Target {
  /** For messages. */
  readonly name: string;
  /** Null for what is no regular file. */
  readonly identity: FileIdentity | null;
  /** Writes some of it and returns how much. */
  write(data: Buffer): Promise<number>;
  /** Cuts what is behind `bytes` off again. Returns whether that could be done. */
  truncate(bytes: number): Promise<boolean>;
  /** Gives it its name, where it has not got it yet. */
  publish(): Promise<void>;
  sync(): Promise<void>;
  /** What somebody else did to a file of `bytes` meanwhile, in words; null for nothing. */
  changed(bytes: number): Promise<string | null>;
  close(): Promise<void>;
  /** Takes away what was made here, and nothing else. */
  remove(): Promise<void>;
  /** What waits for a reader waits no longer. */
  giveUp(): void;
}
