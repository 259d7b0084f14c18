/** The providers there are and the fields of their settings: fixed as long as the service runs. */
import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/http";

export const useProviders = () =>
  useQuery({ queryKey: ["providers"], queryFn: () => get("/accounts/providers"), staleTime: Number.POSITIVE_INFINITY });
