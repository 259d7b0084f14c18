/** Whether a connection carries a file, told before it is sent. Pure. */

/** The kind of a file by what the browser takes it for; the server looks into it. */
export function kindOf(type: string): string {
  const [major = ""] = type.split("/");
  return ["image", "video", "audio"].includes(major) && type !== "image/svg+xml" ? major : "file";
}

export type Refused = "kind" | "size";

/** `carries`: the largest size of each kind that is carried, in bytes. */
export function refused(file: { kind: string; size: number | null }, carries: Record<string, number>): Refused | null {
  const most = carries[file.kind];
  if (most === undefined) return "kind";
  return (file.size ?? 0) > most ? "size" : null;
}
