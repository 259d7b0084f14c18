import { CodedPage } from "./CodedPage";

export default function ResultCodesPage() {
  return <CodedPage path="result-codes" words="result_codes" icon="flag" ofQueues />;
}
