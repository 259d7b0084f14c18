import { Problem } from "../../api/http";
import { useProblemText } from "../../ui/states";
import { useWords } from "../texts";

/** A refusal in words: the administration's own where it has them. */
export function useProblemWords(): (error: unknown) => string {
  const text = useProblemText();
  const { maybeWord } = useWords();
  return (error) => (error instanceof Problem && maybeWord(`problem.${error.code}`, { name: String(error.body.name ?? "") })) || text(error);
}
