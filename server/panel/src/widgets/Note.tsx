/** A sentence that needs to be read: a problem, a warning, a success, a piece of advice. */
import { Alert, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { sentence } from "../api/problem";
import { Icon, type IconName } from "./Icon";

type Tone = "problem" | "warning" | "good" | "advice";
const LOOKS: Record<Tone, { color: string; icon: IconName }> = {
  problem: { color: "red", icon: "hold" },
  warning: { color: "orange", icon: "hold" },
  good: { color: "step", icon: "check" },
  advice: { color: "gray", icon: "comment" },
};

export function Note({ tone, title, children }: { tone: Tone; title?: string; children?: ReactNode }) {
  const look = LOOKS[tone];
  return (
    <Alert
      variant="light"
      color={look.color}
      icon={<Icon name={look.icon} />}
      title={title}
      role={tone === "problem" ? "alert" : "status"}
      py="xs"
      className="note"
    >
      {children !== undefined && <Text component="div" className="wrap">{children}</Text>}
    </Alert>
  );
}

/** The sentence of an error, when there is one. */
export function Problem({ error, title }: { error: unknown; title?: string }) {
  if (error === null || error === undefined) return null;
  return <Note tone="problem" {...(title === undefined ? {} : { title })}>{sentence(error)}</Note>;
}
