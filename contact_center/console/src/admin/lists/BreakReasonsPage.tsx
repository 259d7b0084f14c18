import { CodedPage } from "./CodedPage";

export default function BreakReasonsPage() {
  return <CodedPage path="break-reasons" words="break_reasons" icon="coffee" />;
}
