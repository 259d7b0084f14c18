import { CodedPage } from "./CodedPage";

export default function KindsPage() {
  return <CodedPage path="kinds" words="kinds" icon="tag" />;
}
