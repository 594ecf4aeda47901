import { documentedColumns, type TppHeader } from "@tcpprobe-plus/tpp";
import { identifier, literal } from "../database.ts";
import { NotACaptureError } from "../errors.ts";
import { readCsv, type StageSelect } from "./stage.ts";

/** Appended fields that `trace` has a column for, with the type of their text. */
const extendedTypes: Readonly<Record<string, string>> = { rcv_wnd: "UINTEGER" };

/**
 * The documented text, one record a line. Fields are found by the names in the header, so a source that appends
 * fields needs nothing here; those with names unknown to us are read as text and left out.
 *
 * A packet's own fields are NULL in records that are not of a packet. A SYN sent begins a handshake.
 */
export function probeStage(header: TppHeader, textPath: string, capture: string, number: number): StageSelect {
  const wire = header.columns ?? documentedColumns.map((column) => column.wire as string);
  const missing = documentedColumns.find((column) => !wire.includes(column.wire as string));
  if (missing) {
    throw new NotACaptureError(
      capture,
      `its header names no field ${missing.wire}, so this is not the documented record text`,
    );
  }
  const types = new Map(documentedColumns.map((column) => [column.wire as string, column.wireType]));
  const typeOf = (name: string) => types.get(name) ?? extendedTypes[name] ?? "VARCHAR";
  const columns = wire.map((name) => `${literal(name)}: ${literal(typeOf(name))}`).join(", ");
  const optional = (name: string) => (wire.includes(name) ? identifier(name) : `NULL::${extendedTypes[name]}`);
  const ofPacket = (name: string) => `CASE WHEN "type" <= 1 THEN ${name} END`;
  return (readOptions) => `
    SELECT
      "type",
      CASE "type" WHEN 3 THEN 2 WHEN 4 THEN 3 WHEN 5 THEN 3 WHEN 1 THEN (tcp_flags >> 1) & 1 ELSE 0 END::UTINYINT AS life,
      "sec.nsec" AS t,
      '${number} ' || saddr || ' ' || sport || ' ' || daddr || ' ' || dport AS ends,
      ${ofPacket("length")}::UINTEGER AS length_bytes,
      ${ofPacket("tcp_flags")} AS tcp_flags,
      ${ofPacket("seq_num")} AS seq_num,
      ${ofPacket("ack_num")} AS ack_num,
      ca_state, snd_nxt, snd_una, write_seq, wqueue AS wqueue_bytes,
      snd_cwnd, ssthresh, snd_wnd AS snd_wnd_bytes,
      srtt AS srtt_8us, mdev AS mdev_4us, rttvar AS rttvar_4us, rto AS rto_ms,
      packets_out, lost_out, sacked_out, retrans_out, retrans, frto_counter AS frto, rto_num,
      sk_pacing_rate AS pacing_rate_bytes,
      ${optional("rcv_wnd")} AS rcv_wnd_bytes,
      NULL::VARCHAR AS detail
    FROM ${readCsv(textPath, "' '")}, columns = {${columns}}${readOptions})`;
}
