/** The contact whose letters are drawn, for what a letter says of its people. */
import { createContext, useContext } from "react";
import type { Contact } from "../api/types";

const AboutContext = createContext<Contact | undefined>(undefined);

export const AboutContact = AboutContext.Provider;

export function useAbout(): Contact | undefined {
  return useContext(AboutContext);
}
