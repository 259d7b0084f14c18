import type { PolicyProblem } from "../../api/generated";
import { Problem } from "../../api/http";
import { useProblemText } from "../../ui/states";
import { reasonOf } from "../routing/policy";
import { useWords } from "../texts";

type MaybeWord = ReturnType<typeof useWords>["maybeWord"];

/** A fault of the routing policy in the reader's language; undefined where the page has no words. */
export function policyFault(maybeWord: MaybeWord, reason: string): string | undefined {
  const known = reasonOf(reason);
  return known && maybeWord(`routing_fault.${known.key}`, known.params);
}

/** The faults of a policy that a refusal names. */
export function faultsIn(problem: Problem): PolicyProblem[] {
  return problem.code === "bad_policy" ? ((problem.body as { problems?: PolicyProblem[] }).problems ?? []) : [];
}

/** A refusal in words: the administration's own where it has them. */
export function useProblemWords(): (error: unknown) => string {
  const text = useProblemText();
  const { maybeWord } = useWords();
  return (error) => {
    if (!(error instanceof Problem)) return text(error);
    const faults = faultsIn(error).map(({ place, reason }) => `${place}: ${policyFault(maybeWord, reason) ?? reason}`);
    return faults.join("\n") || maybeWord(`problem.${error.code}`, { name: String(error.body.name ?? "") }) || text(error);
  };
}
