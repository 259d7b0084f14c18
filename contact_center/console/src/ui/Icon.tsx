import { memo } from "react";
import { ICONS, type IconName } from "./icons";

export interface IconProps {
  name: IconName;
  size?: number;
  className?: string;
  label?: string;
}

export const Icon = memo(function Icon({ name, size = 18, className, label }: IconProps) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={size <= 14 ? 2 : 1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className}
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
      focusable="false"
    >
      {ICONS[name].map((path) =>
        path.startsWith("!") ? (
          <path key={path} d={path.slice(1)} fill="currentColor" stroke="none" />
        ) : (
          <path key={path} d={path} />
        ),
      )}
    </svg>
  );
});

const MEDIA: Record<string, IconName> = {
  chat: "chat",
  messenger: "messenger",
  sms: "sms",
  mail: "mail",
  voice: "voice",
  post: "post",
  review: "star",
  portal: "globe",
  "in-person": "user",
};

export function mediumIcon(medium: string): IconName {
  return MEDIA[medium] ?? "chat";
}
