import { saved } from "../api/http";

/** Take a letter as it came to this computer. Throws Problem where it is not kept any more. */
export async function saveSource(message: string): Promise<void> {
  const blob = await saved(`/messages/${message}/source`);
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = `${message}.eml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
